"""Rounds: the train/test splits that a column of folds stands for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Round:
    """One train/test split.

    Attributes
    ----------
    index : int
        The fold that is tested, 0..k-1.
    train, test : ndarray of bool, shape (n_rows,)
        Which rows are on which side; never both. A row on neither side was purged.
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

    def __len__(self) -> int:
        return len(self._indices)

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
    """Round j tests fold j and trains on every other row, those of fold -1 included.

    Parameters
    ----------
    folds : ndarray of int64, shape (n_rows,)
        0..k-1; -1 is in no test set.
    n_splits : int, optional
        k; default: up to the highest fold.

    Examples
    --------
    >>> import numpy as np
    >>> [r.test.tolist() for r in kfold_rounds(np.array([0, 1, -1]))]
    [[True, False, False], [False, True, False]]
    """
    return Rounds(range(_count(folds, n_splits)), lambda j: Round(j, folds != j, folds == j))


def forward_rounds(
    folds: IntArray,
    n_splits: int | None = None,
    *,
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
        train = (folds >= 0) & (folds < j)
        if units is not None and test.any():
            train &= ~np.isin(units, units[test])
        if time is not None and embargo > 0 and test.any():
            train &= time < _embargo_starts(time[test].min(), embargo)
        return Round(j, train, test)

    return Rounds(range(1, _count(folds, n_splits)), make)


def _count(folds: IntArray, n_splits: int | None) -> int:
    return int(folds.max(initial=-1)) + 1 if n_splits is None else n_splits


def _embargo_starts(first: np.int64 | np.float64, embargo: float) -> int | float:
    # Nanoseconds since 1970 have more digits than a float: whole instants stay whole numbers.
    if isinstance(first, np.integer):
        return int(first) - math.floor(embargo)
    return float(first) - embargo
