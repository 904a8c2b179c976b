"""FG501: what is fitted on train does not change when the test rows do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.outcome import Finding, Outcome, unjudged
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.places import round_name
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.training.comparing import Change
from fold_guard.checks.training.isolation import AGAIN, EVERY, Trial, is_duration, try_round
from fold_guard.checks.training.perturb import Parts, Sides
from fold_guard.checks.training.training_function import (
    SEED,
    TrainingFunction,
    described,
    is_estimator,
    label_values,
    training_of_estimator,
)
from fold_guard.checks.wording import counted, listed
from fold_guard.dataset.labels import is_quantity
from fold_guard.dataset.ordering import ascending
from fold_guard.errors import FoldGuardError, UsageError
from fold_guard.partition.rounds import Round

if TYPE_CHECKING:
    import pandas

_SHOWN = 5
_SAID = {
    "values": "the values of test rows are others",
    "signal": "other columns of the test rows carry their labels",
    "labels": "the labels of test rows are others",
    "order": "test rows change places",
    "fewer": "half of the test rows are gone",
    "more": "test rows are there twice",
    AGAIN: "other test rows were seen before",
}


class PreprocessingIsolationRule(Rule):
    """Thresholds of FG501.

    Attributes
    ----------
    max_rounds : int
        Rounds to look at, spread from the first to the last; each costs nine trainings.
    tolerance : float
        Numbers count as changed beyond this share of the largest in their array.
    """

    max_rounds: int = Field(2, ge=1)
    tolerance: float = Field(1e-6, ge=0, lt=1)


def run(subject: Subject, rule: PreprocessingIsolationRule) -> Iterator[Outcome]:
    """Yield one outcome over the rounds that were looked at."""
    table = _table(subject)
    n_rounds = len(table.rounds)
    chosen = np.unique(np.linspace(0, n_rounds - 1, min(rule.max_rounds, n_rounds)).astype(int))
    trials: dict[int, Trial] = {}
    for at in chosen.tolist():
        each, where = table.rounds[at], round_name(subject, at)
        # A row that is on both sides may well change what is fitted; FG303 counts it.
        test = table.positions(each.test & ~each.train)
        sides = Sides(table.frame, table.positions(each.train), test)
        if not len(sides.train) or not len(test):
            raise FoldGuardError("a side has no rows of its own", where=where)
        train = _training(subject, table, sides)
        trials[at] = try_round(train, sides, table.parts, tolerance=rule.tolerance, where=where)
    yield _outcome(subject, rule, trials, n_rounds)


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The table that training is given, by ascending id, with its rounds in the stored order."""

    frame: pandas.DataFrame
    plain: pl.DataFrame
    parts: Parts
    rounds: Sequence[Round]
    order: npt.NDArray[np.int64] | None

    def positions(self, side: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        return np.flatnonzero(side if self.order is None else side[self.order])


def _table(subject: Subject) -> _Table:
    roles = subject.roles
    named = roles.named()
    rows = subject.rows(tuple(dict.fromkeys((*named, *subject.features, *subject.taken_for_ids))))
    # By id: nothing may depend on the order in which the rows are stored.
    order = ascending(rows.row_ids)
    plain = rows.frame if order is None else rows.frame[order]
    labels = (roles.label,) if roles.label is not None else roles.labels
    shuffled = [each for each in named if each not in (*labels, *roles.id)]
    parts = Parts(subject.features, labels, shuffled)
    return _Table(plain.to_pandas(), plain, parts, rows.rounds, order)


def _training(subject: Subject, table: _Table, sides: Sides) -> TrainingFunction:
    given = subject.estimator
    if not is_estimator(given):
        assert callable(given)
        return given
    train = table.plain[sides.train]
    if subject.roles.label is None:
        label = train.select(subject.roles.labels).to_numpy()
        return training_of_estimator(
            given, list(subject.features), label, np.ones(len(label), dtype=np.bool_)
        )
    column = table.plain[subject.roles.label]
    binned = subject.traits.strata == "bins"
    continuous = binned or is_quantity(column)
    label = label_values(column, continuous=continuous)[sides.train]
    plain = column.fill_nan(None) if column.dtype.is_float() else column
    known = plain.is_not_null().to_numpy()[sides.train]
    return training_of_estimator(given, list(subject.features), label, known)


def _outcome(
    subject: Subject,
    rule: PreprocessingIsolationRule,
    trials: Mapping[int, Trial],
    n_rounds: int,
) -> Outcome:
    found = _by_artefact(trials)
    unsteady = sorted({name for trial in trials.values() for name in trial.unsteady})
    opaque = {name for trial in trials.values() for name in trial.opaque}
    compared = {
        each
        for trial in trials.values()
        for each in trial.artefacts
        if each[1] not in unsteady and each[1] not in opaque
    }
    places = {(c.leaf.place, c.leaf.artefact) for seen in found.values() for *_, c in seen}
    looked = f"{len(trials)} of {n_rounds} rounds looked at"
    outcome = CHECK.outcome(
        rule,
        broken=bool(found),
        target="training",
        summary=_summary(subject, found, len(places), len(compared), looked, trials, unsteady),
        measured={
            "rounds_checked": len(trials),
            "rounds_in_all": n_rounds,
            "perturbations": {
                kind: len({name for name, seen in found.items() if kind in _kinds(seen)})
                for kind in EVERY
                if any(kind in trial.changes for trial in trials.values())
            },
            "artefacts_compared": len(compared | places),
            "artefacts_changed": len(places),
            "not_deterministic": unsteady,
            "not_looked_into": sorted(opaque),
            "changed": {
                name: {"perturbations": _kinds(seen), "how": _worst(seen)[2].how}
                for name, seen in sorted(found.items())
            },
            "training": described(subject.estimator),
            "seed": SEED,
        },
        findings=_findings(subject, found),
    )
    if found:
        return outcome
    reason = _unseen(trials, unsteady, compared)
    return unjudged(outcome, f"{reason} ({looked})") if reason else outcome


_Seen = list[tuple[int, str, Change]]


def _by_artefact(trials: Mapping[int, Trial]) -> dict[str, _Seen]:
    """Gather what changed by artefact: in which round, by which perturbation, how."""
    found: dict[str, _Seen] = defaultdict(list)
    for at, trial in trials.items():
        for kind, changes in trial.changes.items():
            for change in changes:
                found[change.leaf.artefact].append((at, kind, change))
    return dict(found)


def _kinds(seen: _Seen) -> list[str]:
    kinds = {kind for _, kind, _ in seen}
    return [kind for kind in EVERY if kind in kinds]


def _worst(seen: _Seen) -> tuple[int, str, Change]:
    """Return the change that tells most: of the first perturbation and round, the widest."""
    first = _kinds(seen)[0]
    return min(
        (each for each in seen if each[1] == first),
        key=lambda each: (each[0], -each[2].values, each[2].leaf.place),
    )


def _unseen(trials: Mapping[int, Trial], unsteady: Sequence[str], compared: Sized) -> str:
    """Return why nothing can be said although nothing was found, or ""."""
    for trial in trials.values():
        for kind, error in trial.errors.items():
            return f"cannot be judged: where {_SAID[kind]}, {error}"
    drawn = [name for name in unsteady if not is_duration(name)]
    if drawn or not compared:
        return (
            f"not deterministic, cannot be judged: {listed(drawn or unsteady, 3)} "
            "differ between two trainings on the same rows; fix the random state"
        )
    blind = {name for trial in trials.values() if trial.predictions for name in trial.opaque}
    if blind:
        return (
            f"cannot be judged: nobody can look into {listed(sorted(blind), 3)}, and "
            f"{next(t.predictions for t in trials.values() if t.predictions)}"
        )
    return ""


def _summary(
    subject: Subject,
    found: Mapping[str, _Seen],
    changed: int,
    compared: int,
    looked: str,
    trials: Mapping[int, Trial],
    unsteady: Sequence[str],
) -> str:
    if found:
        others = f" and {counted(changed - 1, 'more artefact')} of train" if changed > 1 else ""
        text = f"the test rows change {_ranked(found)[0]}{others}"
    else:
        text = f"the test rows change none of {counted(compared, 'artefact')} of train"
    parts = [f"{text} ({looked})"]
    untried = {kind for trial in trials.values() for kind in trial.unchanged_table}
    if untried:
        parts.append(f"not tried, nothing to change: {listed(sorted(untried))}")
    if unsteady:
        parts.append(f"not deterministic, not judged: {listed(unsteady, 3)}")
    if not found and is_estimator(subject.estimator):
        parts.append(
            "an estimator alone is handed train rows only: what is done to the table "
            "before is seen in a training function"
        )
    return "; ".join(parts)


def _ranked(found: Mapping[str, _Seen]) -> list[str]:
    """Put first what is nearest to the cause: what transforms, then what predicts, then how.

    What labels do not move (a scaler) stands before what all moves (the model behind it).
    """

    def place(name: str) -> tuple[object, ...]:
        kinds, last = _kinds(found[name]), name == "predictions on train rows"
        model = all(change.leaf.model for *_, change in found[name])
        return last, model, EVERY.index(kinds[0]), len(kinds), name

    return sorted(found, key=place)


def _findings(subject: Subject, found: Mapping[str, _Seen]) -> tuple[Finding, ...]:
    findings = []
    for name in _ranked(found)[:_SHOWN]:
        seen = found[name]
        at, kind, change = _worst(seen)
        others = [each for each in _kinds(seen) if each != kind]
        also = f"; also with {listed(others)}" if others else ""
        text = f"{name} changed {change.how} when {_SAID[kind]} ({round_name(subject, at)}{also})"
        count = max(Counter((at, kind) for at, kind, _ in seen).values())
        findings.append(Finding(text, count=max(count, change.values), key=name))
    return tuple(findings)


def _lacks(subject: Subject) -> str:
    given = subject.estimator
    if given is None:
        return "no estimator or training function was given (--estimator MODULE:NAME)"
    if not is_estimator(given):
        if isinstance(given, type) or not callable(given):
            raise UsageError(
                f"{described(given)} is neither an estimator nor a training function",
                where="estimator",
                remedy="Give train(frame, train_positions, test_positions), or an estimator that "
                "is made already.",
            )
        return ""
    if subject.roles.label is None and not subject.roles.labels:
        return "there is no label column to fit the estimator to"
    return "" if subject.features else "there is no feature column"


CHECK = Check(
    code="FG501",
    name="preprocessing_isolation",
    rule=PreprocessingIsolationRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "What is fitted before the split has seen the test rows: a scaler, an imputer, a "
            "target encoding, a feature selection, oversampled rows, the epoch at which training "
            "stopped. The check hands the user's own training function tables whose test rows "
            "have other values, other labels, another order or another number, trains again, and "
            "compares everything that was fitted on train and what it predicts there. Training "
            "is run twice on the same table first: what differs then is not deterministic and "
            "cannot be judged. It sees what moves by more than rounding in the rounds that it "
            "looks at; an estimator alone is handed train rows only and can hardly leak."
        ),
        example=(
            "StandardScaler.mean_ changed in column 3 by 0.52 when the values of test rows are "
            "others."
        ),
        fix=(
            "Fit every step inside the round: a Pipeline that is fitted on train rows, a "
            "validation set for early stopping cut out of train, oversampling of train rows only."
        ),
        references=(
            "S. Kaufman, S. Rosset, C. Perlich and O. Stitelman, Leakage in data mining: "
            "formulation, detection, and avoidance, ACM TKDD 6(4), 2012",
            "scikit-learn user guide, Common pitfalls and recommended practices: data leakage",
        ),
        measured={
            "rounds_checked": "rounds that were looked at",
            "rounds_in_all": "rounds that there are",
            "perturbations": "artefacts that each change of the test rows changed",
            "artefacts_compared": "fitted attributes, returned values and predictions on train",
            "artefacts_changed": "those of them that any change of the test rows changed",
            "not_deterministic": "artefacts that differ between two trainings on the same rows",
            "not_looked_into": "artefacts that hold nothing that can be compared",
            "changed": "by artefact: what changed it, and how",
            "training": "what was trained",
            "seed": "of the perturbations, and of random numbers during training",
        },
    ),
    lacks=_lacks,
    opt_in=True,
    totals=("artefacts_changed",),
)
