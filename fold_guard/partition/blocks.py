"""Time blocks: contiguous stretches of time with about equally many rows; ties stay together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fold_guard.errors import InfeasibleError

IntArray = npt.NDArray[np.int64]


def time_blocks(time: npt.NDArray[np.int64] | npt.NDArray[np.float64], n_blocks: int) -> IntArray:
    """Cut time into blocks.

    Parameters
    ----------
    time : ndarray, shape (n_rows,)
        Instants as numbers; no NaN.
    n_blocks : int

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        0 for the earliest block to n_blocks-1 for the latest; none is empty, and rows of one
        instant share a block.

    Raises
    ------
    InfeasibleError
        Fewer distinct instants than blocks.

    Examples
    --------
    >>> import numpy as np
    >>> time_blocks(np.array([3, 1, 2, 2, 4]), 2).tolist()
    [1, 0, 0, 0, 1]
    """
    instants, instant_of, per_instant = np.unique(time, return_inverse=True, return_counts=True)
    n_instants = len(instants)
    if n_instants < n_blocks:
        raise InfeasibleError(
            f"{n_instants} distinct instants cannot fill {n_blocks} blocks",
            remedy=f"Use n_splits <= {n_instants}." if n_instants > 1 else "Add data.",
        )
    upto = np.concatenate([[0], np.cumsum(per_instant)])
    cuts = [0]
    for block in range(1, n_blocks):
        ideal = len(time) * block
        after = int(np.searchsorted(upto * n_blocks, ideal))
        before = max(after - 1, 0)
        below, above = ideal - upto[before] * n_blocks, upto[after] * n_blocks - ideal
        nearer = before if below <= above else after
        # At least one instant in this block and one left for each block to come.
        cuts.append(min(max(nearer, cuts[-1] + 1), n_instants - (n_blocks - block)))
    block_of = np.searchsorted(np.array(cuts), np.arange(n_instants), side="right") - 1
    return block_of[instant_of.reshape(-1)].astype(np.int64)
