"""Distinct whole numbers and how often each occurs, without a sort where that is possible."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
_SMALL = 2**16


def distinct_counts(values: IntArray, weights: IntArray | None = None) -> tuple[IntArray, IntArray]:
    """Return the distinct values, ascending, and how often each occurs.

    Parameters
    ----------
    values : ndarray of int64, shape (n,)
        At least 0.
    weights : ndarray of int64, shape (n,), optional
        How often each one counts, at least once; their sum is below 2**53.

    Examples
    --------
    >>> distinct_counts(np.array([7, 2, 7]))
    (array([2, 7]), array([1, 2]))
    """
    bound = int(values.max(initial=-1)) + 1
    if bound > 4 * len(values) + _SMALL:
        distinct, values = np.unique(values, return_inverse=True)
        return distinct, np.bincount(values, weights).astype(np.int64)
    counts = np.bincount(values, weights).astype(np.int64)
    distinct = np.flatnonzero(counts)
    return distinct, counts[distinct]


def first_of_runs(ordered: IntArray) -> BoolArray:
    """Mark the first of each run of equal values.

    >>> first_of_runs(np.array([3, 3, 5])).tolist()
    [True, False, True]
    """
    first = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return first
