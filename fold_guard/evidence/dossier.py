"""The dossier: everything that the pipeline's HTML report shows, gathered as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fold_guard.crossval.metrics.registry import lower_is_better, metric_range, spoken_metric
from fold_guard.crossval.requirements.requirement import FAILURE_RATE, RequirementOutcome
from fold_guard.crossval.result import Concern, Failure, Result
from fold_guard.evidence.report import Report
from fold_guard.folds.manifest import Manifest
from fold_guard.gate.verdict import Verdict

FAILED_ROUNDS = "failed_rounds"
_ERRORS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class TimeBin:
    """Rows of each fold in one stretch of time.

    Attributes
    ----------
    start : str
        The first instant, as people read it.
    rows : tuple of int, length k
    """

    start: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LargeUnit:
    """One of the largest units: its rows in each fold."""

    rows: int
    by_fold: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PlanDossier:
    """One plan: what was checked, what was decided, what was scored.

    Attributes
    ----------
    report : Report
    verdict : Verdict
    manifest : Manifest
    result : Result or None
        None when no score stands: training was refused, or the scores are absent, stale or edited.
    requirements : tuple of RequirementOutcome
        Empty without a result.
    timeline : tuple of TimeBin
        Empty without a time column.
    largest_units : tuple of LargeUnit
        Empty without a group key.
    rounds : tuple of (round, train rows, test rows, purged rows)
    reason : str
        Why there is no result; empty when there is one.
    awaited : bool
        Whether a result was to be there: false in a project that ends at a gate which stands.
    """

    report: Report
    verdict: Verdict
    manifest: Manifest
    result: Result | None
    requirements: tuple[RequirementOutcome, ...]
    timeline: tuple[TimeBin, ...]
    largest_units: tuple[LargeUnit, ...]
    rounds: tuple[tuple[int, int, int, int], ...]
    reason: str = ""
    awaited: bool = True

    @property
    def name(self) -> str:
        """The plan's name in params.yaml."""
        return self.verdict.plan

    @property
    def passed(self) -> bool:
        """Whether the gate passed, the scores stand, and nothing speaks against them."""
        met = all(each.met for each in self.requirements)
        free = not any(each.blocking for each in self.concerns)
        return self.verdict.passed and self.result is not None and met and free

    @property
    def targets(self) -> tuple[RequirementOutcome, ...]:
        """What somebody required; what is built in stands in `concerns`."""
        return tuple(each for each in self.requirements if not each.built_in)

    @property
    def concerns(self) -> tuple[Concern, ...]:
        """What a reader of the score has to know, as `concerns_of`."""
        return () if self.result is None else concerns_of(self.result, self.requirements)


def concerns_of(
    result: Result, requirements: Sequence[RequirementOutcome] = ()
) -> tuple[Concern, ...]:
    """Return what speaks against a score, the blocking concerns first.

    Rounds that failed are a concern, too. It blocks, except where a requirement on the failure
    rate allows for them.

    Parameters
    ----------
    result : Result
    requirements : sequence of RequirementOutcome
        What became of the requirements on this result.
    """
    found = list(result.concerns)
    if result.failures:
        allowed = any(each.met and each.requirement.metric == FAILURE_RATE for each in requirements)
        found.insert(0, Concern(FAILED_ROUNDS, failure_sentence(result), blocking=not allowed))
    return tuple(sorted(found, key=lambda each: not each.blocking))


def failure_sentence(result: Result) -> str:
    """Say how many rounds failed, and of what: the commonest errors first.

    Parameters
    ----------
    result : Result
        With at least one failure.
    """
    failures: Sequence[Failure] = result.failures
    rate = f"{result.failure_rate:.1%}" if result.failure_rate >= 0.0005 else "below 0.1%"
    counted = Counter(each.error for each in failures).most_common()
    shown = [f"{error} x{count:,}" for error, count in counted[:_ERRORS_SHOWN]]
    if len(counted) > _ERRORS_SHOWN:
        shown.append(f"{len(counted) - _ERRORS_SHOWN:,} other errors")
    noun = "round" if result.n_rounds == 1 else "rounds"
    first = min(each.round for each in failures)
    return (
        f"{len(failures):,} of {result.n_rounds:,} {noun} failed ({rate}): "
        f"{', '.join(shown)}; first round {first}"
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two plans side by side on one metric: how much the looser one flatters.

    Attributes
    ----------
    metric : str
    loose, strict : str
        Names of the plans.
    ignores : str
        What the looser plan ignores, in words ("time").
    loose_estimate, strict_estimate, difference : float
        The reported numbers; the difference is loose minus strict.
    """

    metric: str
    loose: str
    strict: str
    ignores: str
    loose_estimate: float
    strict_estimate: float

    @property
    def difference(self) -> float:
        """Loose minus strict."""
        return self.loose_estimate - self.strict_estimate

    @property
    def sentence(self) -> str:
        """The comparison in words.

        >>> Comparison("accuracy", "a", "b", "time", 0.5, 0.4).sentence
        'Ignoring time makes accuracy look 0.10 better than it is.'
        """
        metric = spoken_metric(self.metric)
        # A metric in the unit of the label may be far below 1, or far above.
        bounded = metric_range(self.metric)[1] <= 1
        amount = format(abs(self.difference), ".2f" if bounded else ",.3g")
        if float(amount.replace(",", "")) == 0:
            small = " (below 0.005)" if bounded else ""
            return f"Ignoring {self.ignores} makes no difference to {metric}{small}."
        flatters = (self.difference > 0) is not lower_is_better(self.metric)
        word = "better" if flatters else "worse"
        return f"Ignoring {self.ignores} makes {metric} look {amount} {word} than it is."


@dataclass(frozen=True, slots=True, eq=False)
class Dossier:
    """The whole pipeline's evidence.

    Attributes
    ----------
    title, claim : str
        From params: what the report is about, and what was claimed.
    headline : tuple of str
        Metric names to lead with.
    plans : tuple of PlanDossier
    comparison : Comparison or None
    parameters : str
        The text of params.yaml.
    versions : mapping of package to version
    """

    title: str
    claim: str
    headline: tuple[str, ...]
    plans: tuple[PlanDossier, ...]
    comparison: Comparison | None
    parameters: str
    versions: Mapping[str, str]

    @property
    def results(self) -> tuple[tuple[str, Result], ...]:
        """The scores that stand, by plan."""
        return tuple((each.name, each.result) for each in self.plans if each.result is not None)
