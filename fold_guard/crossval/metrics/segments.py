"""Metrics of the rows that have one value in a column, and how far such segments lie apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.intervals.bootstrap import Resampled, resample
from fold_guard.crossval.intervals.means import Interval
from fold_guard.crossval.metrics.pool import Origin, Pool, blocks_of, pool_of
from fold_guard.crossval.metrics.pooled import Terms, refused, score_pool
from fold_guard.crossval.metrics.registry import metric_of, metric_range
from fold_guard.crossval.metrics.side import Side
from fold_guard.crossval.metrics.tables import Table, drawable, tables_of
from fold_guard.crossval.result import Pooled, SegmentGap, SegmentScore

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_Extremes: TypeAlias = tuple[SegmentScore, SegmentScore, int]

LEAST_ROWS = 20
"""A segment of fewer rows has no scores: they would be noise, and the extremes of every gap."""
LEAST_OF_CLASS = 5
"""In a segment, a metric that rests on fewer rows of a class has no value."""


def score_segments(
    side: Side,
    columns: Mapping[str, npt.NDArray[Any]],
    origin: Origin,
    terms: Terms,
) -> tuple[tuple[SegmentScore, ...], tuple[SegmentGap, ...]]:
    """Score each value of each segment column by itself, and the extremes against each other.

    Parameters
    ----------
    side : Side
    columns : mapping of str to ndarray of object (str), shape (n_predictions,)
        The segment of each prediction's row; one that is None is in no segment.
    origin : Origin
    terms : Terms
        Of all predictions together; a segment has to have the rows that are said below.

    Returns
    -------
    scores : tuple of SegmentScore
        By column, in the order given, and value, in the order of code points. Metrics of fewer
        than 20 rows, and those that rest on fewer than 5 rows of a class, are undefined.
    gaps : tuple of SegmentGap
        Of each metric that two segments of a column have at least, the highest minus the lowest.
        The interval is a bootstrap by unit of this difference; a unit that is in both segments is
        drawn for both.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.arange(80)
    >>> actual, predicted = rows % 2, np.where(rows < 20, 0, rows % 2)
    >>> scores, gaps = score_segments(
    ...     Side("classification", ("no", "yes"), actual, predicted),
    ...     {"ward": np.where(rows < 40, "east", "west").astype(object)},
    ...     Origin(rows, None, rows),
    ...     Terms(inflation=2.0, confidence=0.95, seed=0),
    ... )
    >>> [(each.value, each.metrics["accuracy"].value) for each in scores]
    [('east', 0.75), ('west', 1.0)]
    >>> gaps[0].metric, gaps[0].highest, gaps[0].difference
    ('accuracy', 'west', 0.25)
    """
    scores: list[SegmentScore] = []
    gaps: list[SegmentGap] = []
    whole = pool_of(side, origin.rows, origin.repeats, origin.units)
    terms = replace(terms, least_rows=LEAST_ROWS, least_of_class=LEAST_OF_CLASS)
    for column, values in columns.items():
        picked = _positions(values)
        mine = []
        for value, at in picked.items():
            metrics = (
                refused(side.take(at), origin.rows[at], origin.units[at])
                if whole is None
                else score_pool(whole.take(at), terms)
            )
            shown = next(iter(metrics.values()))
            mine.append(SegmentScore(column, value, shown.rows, shown.units, metrics))
        scores += mine
        if whole is not None and mine:
            gaps += _gaps(whole, picked, mine, terms)
    return tuple(scores), tuple(gaps)


def _positions(values: npt.NDArray[Any]) -> dict[str, IntArray]:
    given = values.tolist()
    names = sorted({value for value in given if value is not None})
    code = {name: number for number, name in enumerate(names)}
    code[None] = len(names)
    codes = np.fromiter((code[value] for value in given), np.int64, len(given))
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(names) + 1))
    return {
        name: order[start:end]
        for name, start, end in zip(names, [0, *ends[:-1]], ends[: len(names)], strict=False)
    }


def _gaps(
    whole: Pool, picked: Mapping[str, IntArray], scores: Sequence[SegmentScore], terms: Terms
) -> Iterator[SegmentGap]:
    column = scores[0].column
    extremes = {name: pair for name in scores[0].metrics if (pair := _extremes(name, scores))}
    tables = tables_of(whole.side)
    bands: dict[str, tuple[Interval | None, str]] = {}
    for table in tables:
        mine = {name: extremes[name] for name in table.names if name in extremes}
        bands |= _intervals(whole, picked, table, mine, terms)
    for name, (highest, lowest, among) in extremes.items():
        band, note = bands.get(name, (None, f"no interval: {metric_of(name).why_no_interval}"))
        most = f"the largest gap among {among} segments is too large on average"
        notes = [note, most if among > 2 else ""]
        yield SegmentGap(
            column=column,
            metric=name,
            highest=highest.value,
            lowest=lowest.value,
            difference=_value(highest, name) - _value(lowest, name),
            low=None if band is None else band.low,
            high=None if band is None else band.high,
            note="; ".join(each for each in notes if each),
        )


def _value(score: SegmentScore, name: str) -> float:
    value = score.metrics[name].value
    assert value is not None
    return value


def _extremes(name: str, scores: Sequence[SegmentScore]) -> _Extremes | None:
    known = [each for each in scores if each.metrics[name].value is not None]
    if len(known) < 2:
        return None
    ordered = sorted(known, key=lambda each: _value(each, name))
    return ordered[-1], ordered[0], len(known)


def _intervals(
    whole: Pool,
    picked: Mapping[str, IntArray],
    table: Table,
    extremes: Mapping[str, _Extremes],
    terms: Terms,
) -> dict[str, tuple[Interval | None, str]]:
    needed = sorted({each.value for pair in extremes.values() for each in pair[:2]})
    if not needed:
        return {}
    # One table side by side: the sums of a unit stay together, whichever segments it is in.
    blocks, n_blocks = blocks_of(whole, table.width * len(needed), seed=terms.seed)
    sums = [table.sums(whole.take(picked[v]), blocks[picked[v]], n_blocks) for v in needed]
    drawn = resample(drawable(np.hstack(sums)), inflation=terms.inflation, seed=terms.seed)
    start = {value: table.width * place for place, value in enumerate(needed)}
    found = {}
    for name, (high, low, _) in extremes.items():
        band, note = _interval(drawn, table, name, start[high.value], start[low.value], terms)
        if band is not None and table.parts(name):
            band = _at_least(band, high.metrics[name], low.metrics[name])
        found[name] = band, note
    return found


def _at_least(band: Interval, high: Pooled, low: Pooled) -> Interval:
    # As for a mean over classes itself: draws of few rows that are all right do not vary. The
    # distances to the bounds of both, which are wide enough, add up by their squares.
    most, least = _bounds(high), _bounds(low)
    if most is None or least is None:
        return band
    difference = most[1] - least[1]
    return Interval(
        min(band.low, difference - math.hypot(most[1] - most[0], least[2] - least[1])),
        max(band.high, difference + math.hypot(most[2] - most[1], least[1] - least[0])),
    )


def _bounds(given: Pooled) -> tuple[float, float, float] | None:
    if given.low is None or given.value is None or given.high is None:
        return None
    return given.low, given.value, given.high


def _interval(
    drawn: Resampled, table: Table, name: str, high: int, low: int, terms: Terms
) -> tuple[Interval | None, str]:
    statistic = table.statistic(name)

    def difference(sums: FloatArray) -> FloatArray:
        mine, other = sums[:, high : high + table.width], sums[:, low : low + table.width]
        return statistic(mine) - statistic(other)

    # The difference is known no better than the score that rests on fewer units.
    rests = [start + table.counted(name) for start in (high, low)]
    least, most = metric_range(name)
    try:
        band = drawn.interval(
            difference,
            confidence=terms.confidence,
            limits=(least - most, most - least),
            counted=min(rests, key=lambda column: float(drawn.observed[column])),
        )
    except ValueError as error:
        return None, f"no interval: {error}"
    return band, ""
