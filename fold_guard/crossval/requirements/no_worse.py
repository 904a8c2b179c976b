"""Targets on a baseline: a paired test that a metric is no worse than it was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.crossval.design import Design
from fold_guard.crossval.intervals.bootstrap import paired_unit_bootstrap
from fold_guard.crossval.intervals.means import corrected_interval
from fold_guard.crossval.metrics.pool import Pool, blocks_of, pool_of
from fold_guard.crossval.metrics.registry import lower_is_better, metric_of, metric_range
from fold_guard.crossval.metrics.side import Side
from fold_guard.crossval.metrics.tables import Table, tables_of
from fold_guard.crossval.requirements.baseline import Baseline
from fold_guard.crossval.requirements.requirement import Requirement, RequirementOutcome
from fold_guard.crossval.result import Result

IntArray = npt.NDArray[np.int64]

# Scores read back are rounded so: without rounding ours, too, equal models would differ.
_DIGITS = 6
_SHORT = 12
_SINGLE = Design()


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """What a comparison needs to know beyond the two results.

    Attributes
    ----------
    design : Design
    units : ndarray of int64, shape (n_predictions,), or None
        Unit of each prediction, in the order of ``Result.predictions``; None: rows are units.
    inflation : float or None
        Of a pooled variance, 1 + n_tested / n_train. None: computed from the rounds, and where
        each tests one row, about 2.
    fold_map : str or None
        Digest of the fold map now.
    seed : int
    """

    design: Design = _SINGLE
    units: IntArray | None = None
    inflation: float | None = None
    fold_map: str | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class _Compared:
    """Both numbers, the lower end of the interval of what was gained, and how it was made."""

    now: float
    then: float
    least_gain: float
    how: str


class _NotComparable(Exception):
    """Why there is no comparison."""


def hold_to_baseline(
    result: Result, requirement: Requirement, baseline: Baseline, pairing: Pairing
) -> RequirementOutcome:
    """Test whether a metric is no worse than in the baseline, by the margin.

    It is met if the lower end of the one-sided interval of the gain is not below minus the margin;
    the gain is now minus then, for a loss then minus now. Over rounds the interval is the
    corrected t interval of the differences round by round, pooled it is a bootstrap by unit, both
    models drawn together. What the two have in common, the rows that are hard for any model,
    cancels out, so the interval is narrower than that of either.

    Parameters
    ----------
    result : Result
    requirement : Requirement
        With ``no_worse_than``.
    baseline : Baseline
    pairing : Pairing

    Returns
    -------
    RequirementOutcome
        Not met, and said why, where the two cannot be compared: other fold maps, other rows.
    """
    subject = requirement.subject
    confidence = requirement.confidence or result.confidence
    try:
        found = _compared(result, requirement, baseline, pairing, confidence)
    except _NotComparable as reason:
        message = f"{subject} cannot be compared with {baseline.path}: {reason}"
        return RequirementOutcome(requirement, False, None, message)
    loss = lower_is_better(requirement.metric)
    gain = found.then - found.now if loss else found.now - found.then
    margin = requirement.margin
    allowed = f"at most {margin:g} worse" if margin else "no worse"
    message = (
        f"{subject} is {found.now:.4f}, {found.then:.4f} in {baseline.path}: "
        f"{_better(gain)}, with {confidence:.0%} confidence {_at_least(found.least_gain)} "
        f"({found.how}), required {allowed}"
    )
    met = found.least_gain >= -margin
    return RequirementOutcome(requirement, met, found.least_gain, message)


def _better(gain: float) -> str:
    return "no different" if gain == 0 else f"{abs(gain):.4f} {'better' if gain > 0 else 'worse'}"


def _at_least(gain: float) -> str:
    if gain >= 0:
        return f"at least {gain:.4f} better" if gain > 0 else "no worse"
    return f"at most {-gain:.4f} worse"


def _compared(
    result: Result,
    requirement: Requirement,
    baseline: Baseline,
    pairing: Pairing,
    confidence: float,
) -> _Compared:
    name, other = requirement.metric, baseline.result
    if (result.task, result.classes) != (other.task, other.classes):
        raise _NotComparable(f"it is a {other.task} of {_named(other)}, now of {_named(result)}")
    summary, before = result.summary.get(name), other.summary.get(name)
    if summary is None or before is None:
        raise _NotComparable("it has no such metric")
    aggregate = requirement.aggregate or summary.aggregate
    same_folds = _require_same_rows(result, baseline, pairing)
    if aggregate == "rounds":
        if not same_folds:
            raise _NotComparable("its rows lie in other folds, so that rounds make no pairs")
        return _over_rounds(result, other, requirement, pairing.design, confidence)
    return _pooled(result, other, requirement, pairing, confidence)


def _require_same_rows(result: Result, baseline: Baseline, pairing: Pairing) -> bool:
    """Return whether the rows lie in the same folds, too."""
    then, now = baseline.fold_map, pairing.fold_map
    if then is not None and now is not None and then != now:
        raise _NotComparable(
            f"it was scored on another fold map ({then[:_SHORT]}, now {now[:_SHORT]}); "
            "score the baseline on this one"
        )
    mine, others = result.predictions, baseline.result.predictions
    if mine["row_id"].dtype != others["row_id"].dtype:
        raise _NotComparable("its ids are of another type")
    here, there = (each.select("row_id").unique() for each in (mine, others))
    more = here.join(there, on="row_id", how="anti").height
    fewer = there.join(here, on="row_id", how="anti").height
    if more or fewer:
        raise _NotComparable(f"other rows were tested: {more:,} only now, {fewer:,} only then")
    if mine.height != others.height or result.number != baseline.result.number:
        raise _NotComparable("its rows were tested another number of times")
    if not mine["label"].equals(others["label"]):
        changed = int((mine["label"] != others["label"]).sum())
        raise _NotComparable(f"{changed:,} of the test rows have another label now")
    return mine[result.number].equals(others[result.number])


def _over_rounds(
    result: Result, other: Result, requirement: Requirement, design: Design, confidence: float
) -> _Compared:
    if design.no_interval:
        raise _NotComparable(f"the rounds give no interval: {design.no_interval}")
    name = requirement.metric
    before = {each.index: each.test.values.get(name) for each in other.rounds}
    pairs = [
        (each, mine, theirs)
        for each in result.rounds
        if (mine := each.test.values.get(name)) is not None
        and (theirs := before.get(each.index)) is not None
    ]
    wanted = len(result.rounds) if requirement.min_rounds is None else requirement.min_rounds
    if len(pairs) < max(wanted, 2):
        raise _NotComparable(
            f"it is defined both now and then in {len(pairs)} of {len(result.rounds)} rounds, "
            f"{max(wanted, 2)} required"
        )
    now, then = (np.round([pair[side] for pair in pairs], _DIGITS) for side in (1, 2))
    gains = then - now if lower_is_better(name) else now - then
    band = corrected_interval(
        np.round(gains, _DIGITS),
        [each.train_rows for each, _, _ in pairs],
        [each.test_rows for each, _, _ in pairs],
        confidence=2 * confidence - 1,
        parts=design.parts,
    )
    how = f"corrected t of the differences in {len(pairs)} rounds"
    return _Compared(float(now.mean()), float(then.mean()), band.low, how)


def _pooled(
    result: Result, other: Result, requirement: Requirement, pairing: Pairing, confidence: float
) -> _Compared:
    name = requirement.metric
    if not metric_of(name).pooled:
        raise _NotComparable(f"it cannot be pooled: {metric_of(name).why_not_pooled}")
    summary, before = result.summary[name].pooled, other.summary[name].pooled
    if summary is None or before is None or summary.value is None or before.value is None:
        why = next((each.note for each in (summary, before) if each and each.value is None), "")
        raise _NotComparable(f"it is undefined ({why or 'not pooled'})")
    now, then = (_pool(each, result, pairing) for each in (result, other))
    if now is None or then is None:
        raise _NotComparable("rows are tested unequally often")
    table = _table(now.side, then.side, name)
    blocks, n_blocks = blocks_of(now, 2 * table.width, seed=pairing.seed)
    band = paired_unit_bootstrap(
        table.sums(now, blocks, n_blocks),
        table.sums(then, blocks, n_blocks),
        table.statistic(name),
        inflation=_inflation(result, pairing),
        confidence=2 * confidence - 1,
        limits=metric_range(name),
        counted=table.counted(name),
        seed=pairing.seed,
    )
    least = -band.high if lower_is_better(name) else band.low
    how = f"paired bootstrap of {now.n_units:,} units"
    return _Compared(round(summary.value, _DIGITS), round(before.value, _DIGITS), least, how)


def _table(now: Side, then: Side, name: str) -> Table:
    if (now.probabilities is None) != (then.probabilities is None):
        raise _NotComparable("one of the two has no probabilities")
    for table in tables_of(now):
        if name in table.names:
            return table
    raise _NotComparable(f"pooled it has no interval: {metric_of(name).why_no_interval}")


def _pool(scored: Result, result: Result, pairing: Pairing) -> Pool | None:
    frame = scored.predictions
    _, rows = np.unique(_ids(frame), return_inverse=True)
    rows = rows.astype(np.int64)
    units = rows if pairing.units is None else pairing.units
    repeats = None
    if result.retested:
        if pairing.design.rounds_a_repeat is None:
            return None
        repeats = frame[result.number].to_numpy() // pairing.design.rounds_a_repeat
    return pool_of(_side(scored), rows, repeats, units)


def _ids(frame: pl.DataFrame) -> npt.NDArray[np.uint32]:
    # Sorted by id, so that the rank is the same for both.
    return frame["row_id"].rle_id().to_numpy()


def _side(result: Result) -> Side:
    labels, predictions = result.predictions["label"], result.predictions["prediction"]
    if result.task == "regression":
        return Side("regression", (), labels.to_numpy(), predictions.to_numpy())
    return Side(
        "classification",
        result.classes,
        result.codes(labels),
        result.codes(predictions),
        result.probabilities,
    )


def _inflation(result: Result, pairing: Pairing) -> float:
    if pairing.inflation is not None:
        return pairing.inflation
    rows = result.predictions["row_id"].n_unique()
    if not result.rounds:
        return 1 + rows / max(rows - 1, 1)
    repeat = pairing.design.rounds_a_repeat
    tested = sum(each.test_rows for each in result.rounds[:repeat])
    train, test = zip(*((each.train_rows, each.test_rows) for each in result.rounds), strict=True)
    return 1 + tested / float(np.average(train, weights=test))


def _named(result: Result) -> str:
    if result.task == "regression":
        return "numbers"
    return f"{len(result.classes)} classes ({', '.join(result.classes[:5])})"
