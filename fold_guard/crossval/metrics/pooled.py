"""Metrics of the predictions of all rounds together, with their intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.intervals.bootstrap import DRAWS, resample
from fold_guard.crossval.intervals.means import Interval, wilson_interval
from fold_guard.crossval.metrics.calibration_error import LEAST_ROWS, calibration_error
from fold_guard.crossval.metrics.counts import class_counts
from fold_guard.crossval.metrics.pool import Origin, Pool, blocks_of, pool_of
from fold_guard.crossval.metrics.reasons import why_class, why_numbers, why_whole
from fold_guard.crossval.metrics.registry import (
    class_metric,
    metric_names,
    metric_of,
    metric_range,
)
from fold_guard.crossval.metrics.regression import of_order
from fold_guard.crossval.metrics.side import Side
from fold_guard.crossval.metrics.tables import Table, drawable, tables_of
from fold_guard.crossval.result import Pooled

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

UNEQUAL = "rows are tested unequally often: pooled, some would count for more than others"


@dataclass(frozen=True, slots=True)
class Terms:
    """How pooled metrics and their intervals are made.

    Attributes
    ----------
    inflation : float
        What the variance of independent rows is multiplied by: 1 + n_tested / n_train, after
        Nadeau and Bengio. Rows of different rounds share training rows, and what their models
        have in common varies with those.
    confidence : float
    seed : int
    least_rows, least_of_class : int
        A set of fewer rows, or a metric that rests on fewer rows of a class, has no value.
    """

    inflation: float
    confidence: float
    seed: int
    least_rows: int = 1
    least_of_class: int = 1


def pool(side: Side, origin: Origin, terms: Terms) -> dict[str, Pooled]:
    """Score predictions of different models as one set, where that means something.

    A rate of rows that are units of their own has the interval of Wilson, over its rows divided
    by the inflation. Everything else that is a function of sums over rows has a bootstrap by unit
    (:mod:`fold_guard.crossval.intervals.bootstrap`). Where rows are dealt several times, the value
    is the mean over the repeats, and the interval that of the sums over all repeats: a unit's
    predictions are drawn together, so repeats add no units.

    Parameters
    ----------
    side : Side
        Predictions of all rounds, one after the other.
    origin : Origin
    terms : Terms

    Returns
    -------
    dict of str to Pooled
        Every metric that may be pooled, by name. Where rows are tested unequally often, each is
        without a value.

    Examples
    --------
    >>> import numpy as np
    >>> actual, predicted = np.array([0, 1] * 20), np.array([0, 1, 1, 1] * 10)
    >>> side, rows = Side("classification", ("no", "yes"), actual, predicted), np.arange(40)
    >>> found = pool(side, Origin(rows, None, rows), Terms(inflation=2.0, confidence=0.95, seed=0))
    >>> found["accuracy"].value, found["accuracy"].method
    (0.75, 'Wilson, variance of 40 rows times 2.0000')
    """
    given = pool_of(side, origin.rows, origin.repeats, origin.units)
    return refused(side, origin.rows, origin.units) if given is None else score_pool(given, terms)


def refused(side: Side, rows: IntArray, units: IntArray) -> dict[str, Pooled]:
    """Return every metric without a value, as rows are tested unequally often."""
    n_rows, n_units = len(np.unique(rows)), len(np.unique(units))
    return dict.fromkeys(_poolable(side), Pooled(None, None, None, n_rows, n_units, note=UNEQUAL))


def score_pool(given: Pool, terms: Terms) -> dict[str, Pooled]:
    """Score a pool of predictions; see :func:`pool`.

    Returns
    -------
    dict of str to Pooled
        Every metric that may be pooled, in the order of the registry.
    """
    names = _poolable(given.side)
    if given.n_rows < terms.least_rows:
        note = f"{_rows(given.n_rows)}, fewer than {terms.least_rows}"
        return dict.fromkeys(names, _pooled(given, None, note=note))
    found: dict[str, Pooled] = {}
    for table in tables_of(given.side):
        found |= _of_table(given, table, terms)
    found |= _of_order(given) if given.side.task == "regression" else _calibration(given)
    return {
        name: found[name] if name in found else _pooled(given, None, note=_why(name, given))
        for name in names
    }


def _poolable(side: Side) -> list[str]:
    return [name for name in metric_names(side.task, side.classes) if metric_of(name).pooled]


def _pooled(
    given: Pool,
    value: float | None,
    band: Interval | None = None,
    method: str = "",
    note: str = "",
) -> Pooled:
    if band is None:
        return Pooled(value, None, None, given.n_rows, given.n_units, note=note)
    return Pooled(value, band.low, band.high, given.n_rows, given.n_units, method, note)


def _of_table(given: Pool, table: Table, terms: Terms) -> dict[str, Pooled]:
    by_repeat = table.sums(given, given.repeats, given.n_repeats)
    blocks, n_blocks = blocks_of(given, table.width, seed=terms.seed)
    sums = drawable(table.sums(given, blocks, n_blocks))
    drawn = resample(sums, inflation=terms.inflation, seed=terms.seed)
    how = drawing(given, n_blocks, terms)
    found = {}
    for name in table.names:
        value = float(table.statistic(name)(by_repeat).mean())
        if not np.isfinite(value):
            continue
        resting = float(table.resting(name)(by_repeat).mean())
        if resting < terms.least_of_class:
            note = f"it rests on {_rows(resting)}, fewer than {terms.least_of_class}"
            found[name] = _pooled(given, None, note=note)
        elif given.single and metric_of(name).interval == "rate":
            found[name] = _wilson(given, value, resting, terms)
        else:
            try:
                band = drawn.interval(
                    table.statistic(name),
                    confidence=terms.confidence,
                    limits=metric_range(name),
                    counted=table.counted(name),
                )
            except ValueError as error:
                found[name] = _pooled(given, value, note=f"no interval: {error}")
                continue
            found[name] = _pooled(given, value, band, how)
    for name in table.names:
        if table.parts(name) and name in found and found[name].low is not None:
            found[name] = _at_least(found[name], [found[part] for part in table.parts(name)])
    return found


def _at_least(mean: Pooled, parts: Sequence[Pooled]) -> Pooled:
    """Widen the interval of a mean over classes to what the intervals of the classes make it.

    Draws of a class whose few rows are all right do not vary; its own interval knows better. The
    distances to the bounds of independent estimates add up by their squares (G. Y. Zou and A.
    Donner, Construction of confidence limits about effect measures, Statistics in Medicine 27
    (2008), 1693-1702); a class without an interval may be anything from 0 to 1.
    """
    assert mean.value is not None
    assert mean.low is not None
    assert mean.high is not None
    values = np.array([each.value for each in parts], dtype=np.float64)
    lows = np.array([0.0 if each.low is None else each.low for each in parts])
    highs = np.array([1.0 if each.high is None else each.high for each in parts])
    down, up = (np.sqrt(np.sum((values - ends) ** 2)) / len(parts) for ends in (lows, highs))
    return replace(
        mean,
        low=min(mean.low, mean.value - float(down)),
        high=max(mean.high, mean.value + float(up)),
        method=f"{mean.method}, or the intervals of the classes combined where that is wider",
    )


def drawing(given: Pool, n_blocks: int, terms: Terms) -> str:
    """Say how a bootstrap was made."""
    blocks = f" in {n_blocks:,} random blocks" if n_blocks < given.n_units else ""
    return f"bootstrap by unit{blocks}, {DRAWS:,} draws, variance times {terms.inflation:.4f}"


def _wilson(given: Pool, value: float, resting: float, terms: Terms) -> Pooled:
    trials = resting / terms.inflation
    if trials < 1:
        note = f"no interval: {_rows(resting)} / {terms.inflation:.2f} is less than one row"
        return _pooled(given, value, note=note)
    band = wilson_interval(value * trials, trials, confidence=terms.confidence)
    method = f"Wilson, variance of {_rows(resting)} times {terms.inflation:.4f}"
    return _pooled(given, value, band, method)


def _rows(count: float) -> str:
    # With several repeats it is a mean, and may be no whole number.
    return "1 row" if count == 1 else f"{count:,.10g} rows"


def _of_order(given: Pool) -> dict[str, Pooled]:
    each = [of_order(side.actual, side.predicted) for side in _by_repeat(given)]
    return {
        name: _pooled(
            given,
            float(np.mean([values[name] for values in each])),
            note=f"no interval: {metric_of(name).why_no_interval}",
        )
        for name in each[0]
    }


def _calibration(given: Pool) -> dict[str, Pooled]:
    side, name = given.side, "calibration_error"
    if side.probabilities is None:
        return {}
    errors = {
        class_metric(name, label): calibration_error(
            side.actual == code, side.probabilities[:, code], given.repeats, given.n_repeats
        )
        for code, label in enumerate(side.classes)
    }
    known = [each for each in errors.values() if each is not None]
    if not known:
        note = f"{_rows(given.n_rows)}, and two bins need {2 * LEAST_ROWS}"
        return dict.fromkeys([name, *errors], _pooled(given, None, note=note))

    def found(value: float, by_chance: float) -> Pooled:
        note = (
            f"no interval: {metric_of(name).why_no_interval}; "
            f"calibrated, it would be {by_chance:.4f} by chance"
        )
        return _pooled(given, value, note=note)

    # Bins depend on the number of rows alone: all classes have an error, or none has.
    whole = found(
        float(np.mean([each.value for each in known])),
        float(np.mean([each.by_chance for each in known])),
    )
    return {name: whole} | {
        each: found(error.value, error.by_chance)
        for each, error in errors.items()
        if error is not None
    }


def _by_repeat(given: Pool) -> Iterator[Side]:
    for repeat in range(given.n_repeats):
        yield given.side if given.n_repeats == 1 else given.side.take(given.repeats == repeat)


def _why(name: str, given: Pool) -> str:
    """Return why a metric is undefined in some repeat."""
    reasons = []
    for side in _by_repeat(given):
        if side.task == "regression":
            reasons.append(why_numbers(name, side.actual, side.predicted))
            continue
        counts = class_counts(side.actual, side.predicted, len(side.classes))
        base, bracket, label = name.partition("[")
        known = side.probabilities is not None
        reasons.append(
            why_class(base, side.classes.index(label[:-1]), counts, side.classes, forecasts=known)
            if bracket
            else why_whole(name, counts, side.classes, forecasts=known)
        )
    return next((reason for reason in reasons if reason), "")
