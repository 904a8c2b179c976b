"""Purge and embargo: train rows that share time with the test rows, or follow them too closely.

After Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 7. A fold map, a
splitter and check FG307 count with these functions and no others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fold_guard.errors import UsageError
from fold_guard.partition.intervals import BoolArray, Intervals, Times


@dataclass(frozen=True, slots=True)
class Embargo:
    """How long after a test row's interval no train row may start.

    Attributes
    ----------
    span : float
        In the unit of time; 0 is none.
    rows : int
        Instead of ``span``: so many rows in the order of their start. Rows of one instant stay
        together, so a few more may go.

    Raises
    ------
    UsageError
        A negative or infinite length, or both kinds at once.
    """

    span: float = 0
    rows: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no length."""
        if not math.isfinite(self.span) or self.span < 0 or self.rows < 0:
            raise UsageError(
                f"an embargo is a length of at least 0, got {self.span if self.span else self.rows}"
            )
        if self.span and self.rows:
            raise UsageError("an embargo is counted in time or in rows, not in both")


def purged_rows(intervals: Intervals, test: BoolArray, train: BoolArray) -> BoolArray:
    """Tell which train rows to purge: their interval shares an instant with that of a test row.

    Parameters
    ----------
    intervals : Intervals
        Of all rows.
    test, train : ndarray of bool, shape (n_rows,)

    Returns
    -------
    ndarray of bool, shape (n_rows,)

    Examples
    --------
    >>> spans = Intervals(np.array([1, 2, 3, 4]), np.array([2, 3, 4, 5]))
    >>> test = np.array([False, False, False, True])
    >>> purged_rows(spans, test, ~test).tolist()
    [False, False, True, False]
    """
    return _placed(intervals.of(train).meeting(intervals.of(test)), train)


def embargoed_rows(
    intervals: Intervals, test: BoolArray, train: BoolArray, embargo: Embargo
) -> BoolArray:
    """Tell which train rows start within the embargo after the interval of a test row.

    A train row that starts at x falls under an embargo of length e when some test row ends in
    [x - e, x). For a contiguous block of test rows whose overlaps are purged that is the book's
    rule: the rows that start after the last end of the block, up to e later.

    Parameters
    ----------
    intervals : Intervals
        Of all rows.
    test, train : ndarray of bool, shape (n_rows,)
    embargo : Embargo

    Returns
    -------
    ndarray of bool, shape (n_rows,)

    Examples
    --------
    >>> spans = Intervals(np.array([1, 2, 3, 4]), np.array([1, 2, 3, 4]))
    >>> test = np.array([True, False, False, False])
    >>> embargoed_rows(spans, test, ~test, Embargo(span=2)).tolist()
    [False, True, True, False]
    """
    if not (embargo.span or embargo.rows) or not test.any():
        return np.zeros(len(intervals), dtype=bool)
    ends: Times = np.sort(intervals.end[test])
    starts = intervals.start[train]
    # The latest end before a start reaches farthest: the other ends need not be looked at.
    ended = np.searchsorted(ends, starts, side="left")
    latest: Times = ends[np.maximum(ended - 1, 0)]
    if embargo.rows:
        in_order: Times = np.sort(intervals.start)
        near = starts <= _after_rows(in_order, latest, embargo.rows)
    else:
        near = _within(starts, latest, embargo.span)
    return _placed((ended > 0) & near, train)


def _after_rows(in_order: Times, ends: Times, rows: int) -> Times:
    """Return the start of the last of the so many rows that start after each end."""
    first = np.searchsorted(in_order, ends, side="right")
    last: Times = in_order[np.minimum(first + rows - 1, len(in_order) - 1)]
    return last


def _within(starts: Times, ends: Times, span: float) -> BoolArray:
    if starts.dtype.kind == "f":
        return starts <= ends + span
    # The distance of two nanoseconds has more digits than a float and may exceed 63 bits.
    distance = starts.astype(np.uint64) - ends.astype(np.uint64)
    return distance <= np.uint64(min(math.floor(span), 2**64 - 1))


def _placed(chosen: BoolArray, among: BoolArray) -> BoolArray:
    rows = np.zeros(len(among), dtype=bool)
    rows[among] = chosen
    return rows
