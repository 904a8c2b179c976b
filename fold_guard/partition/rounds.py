"""Rounds: the train/test splits that a column of folds stands for."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from fold_guard.errors import InfeasibleError
from fold_guard.partition.intervals import Intervals
from fold_guard.partition.purging import Embargo, embargoed_rows, purged_rows

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

# The fold of a row that is in neither side of any round.
EXCLUDED = -2


@dataclass(frozen=True, slots=True)
class Round:
    """One train/test split.

    Attributes
    ----------
    index : int
        The fold that is tested, 0..k-1; where several are tested at once, the number of the round.
    train, test : ndarray of bool, shape (n_rows,)
        Which rows are on which side; on both only where audited index pairs say so. A row on
        neither side was purged.
    """

    index: int
    train: BoolArray
    test: BoolArray


class Rounds(Sequence[Round]):
    """Rounds that are made when they are asked for: one pair of masks at a time in memory.

    Parameters
    ----------
    indices : range
        The folds that are tested.
    make : callable int -> Round
    """

    __slots__ = ("_indices", "_make")

    def __init__(self, indices: range, make: Callable[[int], Round]) -> None:
        self._indices = indices
        self._make = make

    @property
    def number(self) -> int:
        """How many rounds there are; unlike ``len`` it has no bound."""
        indices = self._indices
        return indices.index(indices[-1]) + 1 if indices else 0

    def __len__(self) -> int:
        """Return the number of rounds.

        Raises
        ------
        InfeasibleError
            More than Python can count by ``len``; each of them can be had all the same.
        """
        if self.number > sys.maxsize:
            raise InfeasibleError(
                f"there are more than {sys.maxsize:,} rounds",
                remedy="Test fewer folds at once, or ask for single rounds.",
            )
        return self.number

    @overload
    def __getitem__(self, at: int) -> Round: ...

    @overload
    def __getitem__(self, at: slice) -> Rounds: ...

    def __getitem__(self, at: int | slice) -> Round | Rounds:
        """Return one round, or those of a slice."""
        if isinstance(at, slice):
            return Rounds(self._indices[at], self._make)
        return self._make(self._indices[at])


def kfold_rounds(folds: IntArray, n_splits: int | None = None) -> Rounds:
    """Round j tests fold j and trains on every other row but the excluded, those of -1 included.

    Parameters
    ----------
    folds : ndarray of int64, shape (n_rows,)
        0..k-1; -1 is in no test set; -2 (`EXCLUDED`) is in neither side.
    n_splits : int, optional
        k; default: up to the highest fold.

    Examples
    --------
    >>> import numpy as np
    >>> [r.test.tolist() for r in kfold_rounds(np.array([0, 1, -1]))]
    [[True, False, False], [False, True, False]]
    """

    def make(j: int) -> Round:
        test = folds == j
        return Round(j, ~test & (folds != EXCLUDED), test)

    return Rounds(range(_count(folds, n_splits)), make)


def forward_rounds(
    folds: IntArray,
    n_splits: int | None = None,
    *,
    window: int | None = None,
    units: IntArray | None = None,
    time: npt.NDArray[np.int64] | npt.NDArray[np.float64] | None = None,
    embargo: float = 0,
) -> Rounds:
    """Round j (from 1 on) tests fold j and trains on the rows with 0 <= fold < j.

    Parameters
    ----------
    folds : ndarray of int64, shape (n_rows,)
    n_splits : int, optional
        k; default: up to the highest fold.
    window : int, optional
        A sliding window of so many folds before the test fold; None: all of them.
    units : ndarray of int64, shape (n_rows,), optional
        Rows of a unit that has rows in the test block are purged from the train side.
    time : ndarray, shape (n_rows,), optional
        Needed for an embargo, in the unit of ``embargo``.
    embargo : float
        Train rows with ``time >= min(test time) - embargo`` are purged; 0 purges nothing.

    Examples
    --------
    >>> import numpy as np
    >>> day = np.array([1, 2, 3, 4])
    >>> [r] = forward_rounds(np.array([0, 0, 0, 1]), time=day, embargo=2)
    >>> r.train.tolist()  # days 2 and 3 are the two days of embargo
    [True, False, False, False]
    """

    def make(j: int) -> Round:
        test = folds == j
        train = (folds >= (0 if window is None else max(j - window, 0))) & (folds < j)
        if units is not None and test.any():
            train &= ~np.isin(units, units[test])
        if time is not None and embargo > 0 and test.any():
            train &= time < embargo_starts(time[test].min(), embargo)
        return Round(j, train, test)

    return Rounds(range(1, _count(folds, n_splits)), make)


def combinatorial_rounds(folds: IntArray, n_test_folds: int, n_splits: int | None = None) -> Rounds:
    """Test every choice of folds together, in lexicographic order, and train on all other rows.

    There may be any number of choices: each is worked out from its number when it is asked for.

    Parameters
    ----------
    folds : ndarray of int64, shape (n_rows,)
        As for `kfold_rounds`.
    n_test_folds : int
        Folds tested at once, 1..k-1.
    n_splits : int, optional
        k; default: up to the highest fold.

    Examples
    --------
    >>> import numpy as np
    >>> [r.test.tolist() for r in combinatorial_rounds(np.array([0, 1, 2]), 2)]
    [[True, True, False], [True, False, True], [False, True, True]]
    """
    n_folds = _count(folds, n_splits)

    def make(at: int) -> Round:
        test = np.isin(folds, _choice(at, n_folds, n_test_folds))
        return Round(at, ~test & (folds != EXCLUDED), test)

    return Rounds(range(math.comb(n_folds, n_test_folds)), make)


def purged_rounds(rounds: Rounds, intervals: Intervals, embargo: Embargo | None = None) -> Rounds:
    """Take the rows out of the train sides that overlap a test row or fall under the embargo.

    Parameters
    ----------
    rounds : Rounds
    intervals : Intervals
        From prediction to evaluation time, of all rows.
    embargo : Embargo, optional

    Examples
    --------
    >>> import numpy as np
    >>> day = np.arange(4)
    >>> rounds = purged_rounds(kfold_rounds(day // 2), Intervals(day, day + 1))
    >>> [r.train.tolist() for r in rounds]  # days 1 and 2 share an evening
    [[False, False, False, True], [True, False, False, False]]
    """

    def make(at: int) -> Round:
        each = rounds[at]
        train = each.train & ~purged_rows(intervals, each.test, each.train)
        if embargo is not None:
            train &= ~embargoed_rows(intervals, each.test, train, embargo)
        return Round(each.index, train, each.test)

    return Rounds(range(rounds.number), make)


def _choice(at: int, n_folds: int, n_chosen: int) -> list[int]:
    """Return the choice of folds that has so many choices before it in lexicographic order."""
    chosen: list[int] = []
    for fold in range(n_folds):
        if len(chosen) == n_chosen:
            break
        with_it = math.comb(n_folds - fold - 1, n_chosen - len(chosen) - 1)
        if at < with_it:
            chosen.append(fold)
        else:
            at -= with_it
    return chosen


def _count(folds: IntArray, n_splits: int | None) -> int:
    return int(folds.max(initial=-1)) + 1 if n_splits is None else n_splits


def embargo_starts(first: np.int64 | np.float64, embargo: float) -> int | float:
    """Return the earliest instant that lies within an embargo before the first test row.

    Nanoseconds since 1970 have more digits than a float: whole instants stay whole numbers.

    >>> embargo_starts(np.int64(2**60 + 1), 2.5) == 2**60 - 1
    True
    """
    if isinstance(first, np.integer):
        return int(first) - math.floor(embargo)
    return float(first) - embargo
