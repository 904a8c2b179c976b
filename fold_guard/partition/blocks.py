"""Time blocks: contiguous stretches of time with about equally many rows; ties stay together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fold_guard.errors import InfeasibleError

IntArray = npt.NDArray[np.int64]


def time_blocks(time: npt.NDArray[np.int64 | np.float64], n_blocks: int) -> IntArray:
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
    ideals = [len(time) * block for block in range(1, n_blocks)]
    cuts = nearest_cuts(upto, ideals, scale=n_blocks)
    block_of = np.searchsorted(cuts, np.arange(n_instants), side="right")
    return block_of[instant_of.reshape(-1)].astype(np.int64)


def nearest_cuts(upto: IntArray, ideals: Sequence[int], scale: int = 1) -> IntArray:
    """Choose cuts between instants, each as near to its ideal number of rows as can be.

    Parameters
    ----------
    upto : ndarray of int64, shape (n_instants + 1,)
        Rows before each instant, and all rows; n_instants > len(ideals).
    ideals : sequence of int
        Rows before each cut, times ``scale``; ascending.
    scale : int
        Keeps fractions of a row whole.

    Returns
    -------
    ndarray of int64, shape (len(ideals),)
        The instant after each cut: ascending, from 1 to n_instants-1, no two alike. Of two cuts
        that are equally near the earlier is taken.

    Examples
    --------
    >>> nearest_cuts(np.array([0, 1, 4, 6]), [3]).tolist()
    [2]
    """
    n_instants = len(upto) - 1
    scaled = upto * scale
    cuts: list[int] = []
    for at, ideal in enumerate(ideals):
        after = int(np.searchsorted(scaled, ideal))
        before = max(after - 1, 0)
        below, above = ideal - scaled[before], scaled[after] - ideal
        nearer = before if below <= above else after
        # At least one instant before the first cut, between two, and after the last.
        least = cuts[-1] + 1 if cuts else 1
        cuts.append(min(max(nearer, least), n_instants - (len(ideals) - at)))
    return np.array(cuts, dtype=np.int64)
