"""Deal single rows to folds: every stratum, and all rows together, as even as can be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fold_guard.errors import InfeasibleError
from fold_guard.partition import kernel

IntArray = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]


def deal_rows(
    strata: IntArray | None, keys: Keys, n_splits: int, order: Callable[[], IntArray]
) -> IntArray:
    """Cut the rows of each stratum, in the order of their keys, into k stretches.

    Counts of a stratum differ by one row at most between folds, and so do the sizes: no other
    assignment is more even. The cuts lie where a share of the keys ends, so a table that grows
    by 1% moves only the few rows near a cut.

    Parameters
    ----------
    strata : ndarray of int64, shape (n_rows,), or None
        0..n_strata-1; None is one stratum for all.
    keys : ndarray of uint64, shape (n_rows,)
        A seeded hash of each row's id, say.
    n_splits : int
        k >= 2.
    order : callable -> ndarray of int64, shape (n_rows,)
        All rows by key and then by whatever tells equal keys apart; asked for only when two rows
        at a cut have the same key.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        0..k-1.

    Raises
    ------
    InfeasibleError
        Fewer rows than folds.

    Examples
    --------
    >>> keys = np.array([40, 10, 30, 20], dtype=np.uint64)
    >>> deal_rows(None, keys, 2, lambda: np.argsort(keys)).tolist()
    [1, 0, 1, 0]
    """
    n_rows = len(keys)
    if n_rows < n_splits:
        raise InfeasibleError(
            f"{n_rows} rows cannot fill {n_splits} folds",
            remedy=f"Use n_splits <= {n_rows}." if n_rows > 1 else "Add data.",
        )
    codes = np.zeros(n_rows, dtype=np.int64) if strata is None else np.ascontiguousarray(strata)
    per_stratum = np.bincount(codes).astype(np.int64)
    wanted = _wanted(per_stratum, n_splits)
    starts = np.concatenate([[0], np.cumsum(per_stratum)])
    by_stratum = np.empty(n_rows, dtype=np.uint64)
    kernel.bucket(codes, keys, starts[:-1].copy(), by_stratum)
    cuts = _cuts(by_stratum, starts, wanted)
    folds, filled = np.empty(n_rows, dtype=np.int64), np.zeros_like(wanted)
    kernel.cut(codes, keys, cuts, folds, filled)
    if (filled != wanted).any():
        # Two rows of one key on either side of a cut: the whole order decides.
        ordered = order()
        ordered = ordered[np.argsort(codes[ordered], kind="stable")]
        folds[ordered] = np.repeat(np.tile(np.arange(n_splits), len(wanted)), wanted.ravel())
    return folds


def _wanted(per_stratum: IntArray, n_splits: int) -> IntArray:
    """Rows of each stratum in each fold; the odd ones go to the folds in turn."""
    even, odd = np.divmod(per_stratum, n_splits)
    first = (np.cumsum(odd) - odd)[:, None]
    turn = (np.arange(n_splits)[None, :] - first) % n_splits
    wanted: IntArray = even[:, None] + (turn < odd[:, None])
    return wanted


def _cuts(by_stratum: Keys, starts: IntArray, wanted: IntArray) -> Keys:
    """Find the key at which each fold but the first begins; past the last key: none begins."""
    n_strata, n_splits = wanted.shape
    cuts = np.full((n_strata, n_splits - 1), np.iinfo(np.uint64).max, dtype=np.uint64)
    upto = np.cumsum(wanted, axis=1)[:, :-1]
    for stratum in range(n_strata):
        keys = by_stratum[starts[stratum] : starts[stratum + 1]]
        at = upto[stratum]
        inside = at[at < len(keys)]
        if len(inside):
            keys.partition(np.unique(inside))
            cuts[stratum, : len(inside)] = keys[inside]
    return cuts
