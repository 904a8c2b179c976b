"""Forward maps as data grows: every new row into the block of its time, by the old cuts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fold_guard.errors import Refused
from fold_guard.folds.growth.held import Held
from fold_guard.folds.manifest import OnConflict
from fold_guard.folds.material import Material
from fold_guard.partition.links import FREE
from fold_guard.partition.rounds import EXCLUDED

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
_SHOWN = 5


def continued(material: Material, held: Held, n_blocks: int, on_conflict: OnConflict) -> IntArray:
    """Return the block of each row.

    A block begins at the first of its old rows. A new row belongs to the last block that has begun
    by its time; what is later than everything belongs to the last block, what is earlier to the
    first. An old row whose time was changed so that it lies in another block is a conflict.

    Parameters
    ----------
    material : Material
    held : Held
    n_blocks : int
    on_conflict : {"fail", "exclude", "move"}

    Raises
    ------
    Refused
        A conflict, and the policy does not settle it; or blocks that overlap in time.
    """
    assert material.when is not None
    # Ranks in place of instants: nanoseconds since 1970 have more digits than a float.
    _, when = np.unique(material.when, return_inverse=True)
    when, folds = when.reshape(-1).astype(np.int64), held.folds.copy()
    wrong = held.disputed | _misplaced(material, when, folds, held.settled, n_blocks)
    if wrong.any() and on_conflict == "fail":
        rows = material.ids.filter(wrong).sort()
        first = ", ".join(repr(each) for each in rows.head(_SHOWN))
        raise Refused(
            f"{len(rows):,} old row{'' if len(rows) == 1 else 's'} no longer "
            f"{'lies' if len(rows) == 1 else 'lie'} in the time of the old block: {first}"
            + (" ..." if len(rows) > _SHOWN else ""),
            where=f"column {material.roles.time}",
            remedy="Correct the times if they are wrong, or choose --on-conflict exclude (these "
            "rows are left out of every round) or move (each to the block of its time).",
        )
    folds[wrong] = EXCLUDED if on_conflict == "exclude" else FREE
    starts, _ = _spans(material, when, folds, n_blocks)
    new = folds == FREE
    folds[new] = np.maximum(np.searchsorted(starts, when[new], side="right") - 1, 0)
    return folds


def _misplaced(
    material: Material, when: IntArray, folds: IntArray, settled: BoolArray, n_blocks: int
) -> BoolArray:
    """Find changed rows that lie among the unchanged rows of another block, or beyond them."""
    known = folds >= 0
    sure = np.zeros(n_blocks, dtype=np.bool_)
    sure[folds[known & settled]] = True
    # Where every row of a block was changed (a new column), they must tell of each other.
    told = known & (settled | ~sure[np.maximum(folds, 0)])
    starts, ends = _spans(material, when, np.where(told, folds, FREE), n_blocks)
    low = np.concatenate([[-1], ends[:-1]])
    high = np.concatenate([starts[1:], [len(when)]])
    at = np.maximum(folds, 0)
    return known & ~settled & ((when <= low[at]) | (when >= high[at]))


def _spans(
    material: Material, when: IntArray, folds: IntArray, n_blocks: int
) -> tuple[IntArray, IntArray]:
    """Return the first and last rank of each block; of a block without rows, its neighbours'."""
    first, last = np.full(n_blocks, len(when)), np.full(n_blocks, -1)
    inside = folds >= 0
    np.minimum.at(first, folds[inside], when[inside])
    np.maximum.at(last, folds[inside], when[inside])
    starts = np.minimum.accumulate(first[::-1])[::-1]
    ends = np.maximum.accumulate(last)
    overlapping = np.flatnonzero(ends[:-1] >= starts[1:])
    if overlapping.size:
        raise Refused(
            f"blocks {overlapping[0]} and {overlapping[0] + 1} of the old map overlap in time",
            where=f"column {material.roles.time}",
            remedy="Make a new map: the times are not those that it was made from.",
        )
    return starts, ends
