"""Rounds: the train/test splits that a column of folds stands for."""

from __future__ import annotations

import math
from dataclasses import dataclass

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


def kfold_rounds(folds: IntArray) -> tuple[Round, ...]:
    """Round j tests fold j and trains on every other row, those of fold -1 included.

    Parameters
    ----------
    folds : ndarray of int64, shape (n_rows,)
        0..k-1; -1 is in no test set.

    Examples
    --------
    >>> import numpy as np
    >>> [r.test.tolist() for r in kfold_rounds(np.array([0, 1, -1]))]
    [[True, False, False], [False, True, False]]
    """
    count = int(folds.max(initial=-1)) + 1
    return tuple(Round(j, folds != j, folds == j) for j in range(count))


def forward_rounds(
    folds: IntArray,
    *,
    units: IntArray | None = None,
    time: npt.NDArray[np.int64] | npt.NDArray[np.float64] | None = None,
    embargo: float = 0,
) -> tuple[Round, ...]:
    """Round j (from 1 on) tests fold j and trains on the rows with 0 <= fold < j.

    Parameters
    ----------
    folds : ndarray of int64, shape (n_rows,)
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
    rounds = []
    for j in range(1, int(folds.max(initial=-1)) + 1):
        test = folds == j
        train = (folds >= 0) & (folds < j)
        if units is not None and test.any():
            train &= ~np.isin(units, units[test])
        if time is not None and embargo > 0 and test.any():
            train &= time < _embargo_starts(time[test].min(), embargo)
        rounds.append(Round(j, train, test))
    return tuple(rounds)


def _embargo_starts(first: np.int64 | np.float64, embargo: float) -> int | float:
    # Nanoseconds since 1970 have more digits than a float: whole instants stay whole numbers.
    if isinstance(first, np.integer):
        return int(first) - math.floor(embargo)
    return float(first) - embargo
