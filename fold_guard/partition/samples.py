"""Samples: a test side, a train side, and what is left over, for shuffle splits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fold_guard.partition.shares import whole_shares

IntArray = npt.NDArray[np.int64]

TEST, TRAIN, UNUSED = 0, 1, 2


def sampled(order: IntArray, n_test: int, n_train: int) -> IntArray:
    """Take the first of an order as test, the next as train.

    Parameters
    ----------
    order : ndarray of int64, shape (n,)
        A permutation of rows or units.
    n_test, n_train : int

    Returns
    -------
    ndarray of int64, shape (n,)
        `TEST`, `TRAIN` or `UNUSED`.

    Examples
    --------
    >>> sampled(np.array([2, 0, 3, 1]), 1, 2).tolist()
    [1, 2, 0, 1]
    """
    sides = np.full(len(order), UNUSED, dtype=np.int64)
    sides[order[:n_test]] = TEST
    sides[order[n_test : n_test + n_train]] = TRAIN
    return sides


def sampled_by_class(
    codes: IntArray, order: IntArray, rank: IntArray, n_test: int, n_train: int
) -> IntArray:
    """Sample rows with the class shares of the whole, each class on both sides.

    Parameters
    ----------
    codes : ndarray of int64, shape (n_rows,)
        0..n_classes-1, each at least twice.
    order : ndarray of int64, shape (n_rows,)
        A permutation of the rows.
    rank : ndarray of int64, shape (n_classes,)
        A permutation that decides among equal remainders.
    n_test, n_train : int
        At least n_classes each.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        `TEST`, `TRAIN` or `UNUSED`.

    Examples
    --------
    >>> codes = np.array([0, 0, 0, 1, 1, 1])
    >>> sampled_by_class(codes, np.arange(6), np.arange(2), 2, 3).tolist()
    [0, 1, 1, 0, 1, 2]
    """
    totals = np.bincount(codes)
    tests = whole_shares(totals, n_test, rank, most=totals - 1)
    trains = whole_shares(totals, n_train, rank, most=totals - tests)
    # Whole numbers of 16 bits are sorted in linear time.
    sortable = codes.astype(np.int16) if len(totals) < 2**15 else codes
    order = order[np.argsort(sortable[order], kind="stable")]
    classes = codes[order]
    turns = np.arange(len(codes)) - (np.cumsum(totals) - totals)[classes]
    sides = np.full(len(codes), UNUSED, dtype=np.int64)
    sides[order[turns < (tests + trains)[classes]]] = TRAIN
    sides[order[turns < tests[classes]]] = TEST
    return sides
