"""Cut time into blocks again, as near as can be to folds that do not follow it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fold_guard.errors import InfeasibleError

IntArray = npt.NDArray[np.int64]


def recut_blocks(
    time: npt.NDArray[np.int64 | np.float64], folds: IntArray, n_blocks: int
) -> IntArray:
    """Put every row into the block of its time, the cuts where the fewest rows change their fold.

    Let ``kept(b, i)`` be the most rows that can stay when blocks 0..b share the first i instants,
    none of them empty. With P_b(i), the rows of fold b among the first i instants,
    ``kept(b, i) = P_b(i) + max over j < i of (kept(b - 1, j) - P_b(j))``: a running maximum, so
    all cuts are weighed in O(n_blocks * n_instants). Rows of one instant stay together. Of cuts
    that are equally good the one nearest to blocks of equal size is taken, from the last backwards.

    Parameters
    ----------
    time : ndarray, shape (n_rows,)
        Instants as numbers; no NaN.
    folds : ndarray of int64, shape (n_rows,)
        0..k-1; rows below 0 are in no round that follows time and stay as they are.
    n_blocks : int
        k.

    Returns
    -------
    ndarray of int64, shape (n_rows,)

    Raises
    ------
    InfeasibleError
        Fewer distinct instants than blocks.

    Examples
    --------
    >>> recut_blocks(np.array([1, 2, 3, 4]), np.array([0, 1, 0, 1]), 2).tolist()
    [0, 1, 1, 1]
    """
    dealt = folds >= 0
    distinct, instant = np.unique(time[dealt], return_inverse=True)
    instant, n_instants = instant.reshape(-1), len(distinct)
    if n_instants < n_blocks:
        raise InfeasibleError(
            f"{n_instants:,} distinct instants cannot fill {n_blocks:,} blocks",
            remedy=f"At most {n_instants:,} blocks can follow time."
            if n_instants > 1
            else "All rows are of one instant: name another time column.",
        )
    kept, before = _weighed(instant, folds[dealt], n_instants, n_blocks)
    upto = np.concatenate([[0], np.cumsum(np.bincount(instant, minlength=n_instants))])
    cuts: list[int] = []
    end = n_instants
    for block in range(n_blocks - 1, 0, -1):
        gain = kept[block - 1][block:end] - before[block][block:end]
        best = block + np.flatnonzero(gain == gain.max())
        ideal = int(upto[-1]) * block
        end = int(best[np.abs(upto[best] * n_blocks - ideal).argmin()])
        cuts.append(end)
    moved = folds.copy()
    moved[dealt] = np.searchsorted(np.array(cuts[::-1], dtype=np.int64), instant, side="right")
    return moved


def _weighed(
    instant: IntArray, folds: IntArray, n_instants: int, n_blocks: int
) -> tuple[list[IntArray], list[IntArray]]:
    """Return ``kept`` and P for each block; entry i is about the first i instants."""
    kept: list[IntArray] = []
    before: list[IntArray] = []
    for block in range(n_blocks):
        rows = np.bincount(instant[folds == block], minlength=n_instants)
        upto = np.concatenate([[0], np.cumsum(rows)]).astype(np.int64)
        before.append(upto)
        if block == 0:
            kept.append(upto)
            continue
        # Blocks 0..b need b + 1 instants: what lies before is never looked at.
        gain = np.maximum.accumulate((kept[-1] - upto)[block:])
        reach = np.zeros(n_instants + 1, dtype=np.int64)
        reach[block + 1 :] = upto[block + 1 :] + gain[:-1]
        kept.append(reach)
    return kept, before
