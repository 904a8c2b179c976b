"""Closed intervals of time: from when a label is predicted to when it is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.errors import DataError

BoolArray = npt.NDArray[np.bool_]
Times = npt.NDArray[np.int64 | np.float64]


@dataclass(frozen=True, slots=True)
class Intervals:
    """One closed interval [start, end] a row.

    Attributes
    ----------
    start, end : ndarray of int64 or float64, shape (n_rows,)
        Both of one dtype; start <= end, no NaN.

    Raises
    ------
    DataError
        An interval that ends before it starts, or NaN.

    Examples
    --------
    >>> spans = Intervals(np.array([1, 5]), np.array([3, 5]))
    >>> spans.meeting(spans.of(np.array([True, False]))).tolist()
    [True, False]
    """

    start: Times
    end: Times

    def __post_init__(self) -> None:
        """Refuse intervals that hold no instant."""
        wrong = np.flatnonzero(~(self.start <= self.end))
        if wrong.size:
            first = int(wrong[0])
            raise DataError(
                f"{wrong.size:,} {'row ends' if wrong.size == 1 else 'rows end'} before "
                f"{'it starts' if wrong.size == 1 else 'they start'}, the first at position "
                f"{first} ({self.start[first]} to {self.end[first]})",
                remedy="The evaluation time of a row is not before its prediction time.",
            )

    def __len__(self) -> int:
        return len(self.start)

    def of(self, rows: BoolArray) -> Intervals:
        """Return the intervals of some rows."""
        return Intervals(self.start[rows], self.end[rows])

    def meeting(self, others: Intervals) -> BoolArray:
        """Tell which intervals share an instant with any of ``others``; O(n log n).

        Returns
        -------
        ndarray of bool, shape (len(self),)
        """
        if not len(others):
            return np.zeros(len(self), dtype=bool)
        order = np.argsort(others.start, kind="stable")
        starts = others.start[order]
        # Of the intervals that start in time, the one that lasts longest decides.
        longest = np.maximum.accumulate(others.end[order])
        started = np.searchsorted(starts, self.end, side="right")
        return (started > 0) & (longest[np.maximum(started - 1, 0)] >= self.start)
