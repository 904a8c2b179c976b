"""Whole shares: how many rows each class gives to a sample of a given size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


def whole_shares(totals: IntArray, size: int, rank: IntArray, most: IntArray) -> IntArray:
    """Divide a sample among classes in proportion to their totals, one row a class at least.

    Largest remainders first (Hamilton's method), with bounds.

    Parameters
    ----------
    totals : ndarray of int64, shape (n_classes,)
        Rows of each class, n in all.
    size : int
        Rows of the sample; at least n_classes, at most ``most.sum()``.
    rank : ndarray of int64, shape (n_classes,)
        A permutation that decides among equal remainders.
    most : ndarray of int64, shape (n_classes,)
        The most rows that a class can give; at least 1.

    Returns
    -------
    ndarray of int64, shape (n_classes,)
        Adds up to ``size``.

    Examples
    --------
    >>> whole_shares(np.array([6, 3, 1]), 5, np.arange(3), np.array([6, 3, 1])).tolist()
    [3, 1, 1]
    """
    n = int(totals.sum())
    shares = np.clip(totals * size // n, 1, most)
    while (missing := size - int(shares.sum())) != 0:
        step = 1 if missing > 0 else -1
        movable = np.flatnonzero(shares < most if step > 0 else shares > 1)
        # Rows that a class is owed, times n.
        owed = step * (totals * size - shares * n)[movable]
        order = movable[np.lexsort((rank[movable], -owed))]
        shares[order[: abs(missing)]] += step
    return shares
