"""The dossier: everything that the pipeline's HTML report shows, gathered as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fold_guard.crossval.metrics import lower_is_better, spoken_metric
from fold_guard.crossval.requirements import RequirementOutcome
from fold_guard.crossval.result import Result
from fold_guard.evidence.report import Report
from fold_guard.folds.manifest import Manifest
from fold_guard.gate.verdict import Verdict


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

    @property
    def name(self) -> str:
        """The plan's name in params.yaml."""
        return self.verdict.plan

    @property
    def passed(self) -> bool:
        """Whether the gate passed, the scores stand and every requirement is met."""
        met = all(each.met for each in self.requirements)
        return self.verdict.passed and self.result is not None and met


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
        Means over rounds; the difference is loose minus strict.
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

        >>> Comparison("recall", "a", "b", "time", 0.5, 0.4).sentence
        'Ignoring time makes recall look 0.10 better than it is.'
        """
        amount, metric = f"{abs(self.difference):.2f}", spoken_metric(self.metric)
        if amount == "0.00":
            return f"Ignoring {self.ignores} makes no difference to {metric} (below 0.005)."
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
