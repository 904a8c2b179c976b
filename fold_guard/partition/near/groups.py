"""Groups of rows within which near duplicates are looked for, and the pairs in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
KeyArray = npt.NDArray[np.uint64]
Pairs = tuple[IntArray, IntArray]
Keep = Callable[[IntArray, IntArray], BoolArray]
# Candidates held in memory at once.
_AT_ONCE = 2**21


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Rows by group; a row may be in several, and only rows of one group may be near.

    Attributes
    ----------
    rows : ndarray of int64, shape (n_entries,)
        Entries of one group stand together.
    sizes : ndarray of int64, shape (n_groups,)
        At least two each.
    """

    rows: IntArray
    sizes: IntArray

    @classmethod
    def of(cls, rows: IntArray, keys: KeyArray) -> Groups:
        """Group rows by key, and let go of those that are alone.

        Examples
        --------
        >>> found = Groups.of(np.array([5, 6, 7, 8]), np.array([2, 1, 2, 3], dtype=np.uint64))
        >>> found.rows.tolist(), found.n_pairs
        ([5, 7], 1)
        """
        order = np.argsort(keys, kind="stable")
        ascending = keys[order]
        starts = np.flatnonzero(np.concatenate([[True], ascending[1:] != ascending[:-1]]))
        sizes = np.diff(np.append(starts, len(keys)))[: len(keys)]
        several = sizes > 1
        return cls(rows[order[np.repeat(several, sizes)]], sizes[several])

    @property
    def n_pairs(self) -> int:
        """The pairs of rows that share a group; counted once for each group they share."""
        # In floating point: the count may lie beyond 64 bits.
        return int((self.sizes.astype(np.float64) * (self.sizes - 1)).sum()) // 2

    @property
    def codes(self) -> IntArray:
        """The number of the group of each entry."""
        return np.repeat(np.arange(len(self.sizes), dtype=np.int64), self.sizes)

    def pairs(self) -> Iterator[Pairs]:
        """Yield the pairs of rows in the groups, a block at a time."""
        ends = np.repeat(np.cumsum(self.sizes), self.sizes)
        at = np.arange(len(self.rows), dtype=np.int64)
        partners = ends - at - 1
        before = np.cumsum(partners) - partners
        start = 0
        while start < len(at):
            stop = int(np.searchsorted(before, before[start] + _AT_ONCE, side="right"))
            stop = max(stop, start + 1)
            count = partners[start:stop]
            first = np.repeat(at[start:stop], count)
            past = np.repeat(np.cumsum(count) - count, count)
            second = first + 1 + np.arange(len(first)) - past
            yield self.rows[first], self.rows[second]
            start = stop


def mixed(keys: KeyArray, more: npt.NDArray[np.int64] | KeyArray) -> KeyArray:
    """Mix further numbers into keys; equal stays equal, and different hardly ever becomes equal.

    Examples
    --------
    >>> first, second, third = mixed(np.zeros(3, dtype=np.uint64), np.array([1, 1, 2])).tolist()
    >>> first == second, first == third
    (True, False)
    """
    # The finaliser of splitmix64 (Steele, Lea and Flood 2014, Fast splittable pseudorandom
    # number generators).
    word = (keys * np.uint64(0xD1342543DE82EF95)) ^ more.astype(np.uint64)
    word = word + np.uint64(0x9E3779B97F4A7C15)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


def pairs_kept(several: Iterable[Groups], n_rows: int, keep: Keep, limit: int) -> Pairs | None:
    """Return the pairs of rows in any of the groupings that a test keeps, each once.

    Parameters
    ----------
    several : iterable of Groups
    n_rows : int
        Rows are numbered below it.
    keep : callable (left, right) -> ndarray of bool
    limit : int
        The most pairs to return.

    Returns
    -------
    tuple of ndarray of int64, or None
        ``left < right``, ascending; None when there are more than ``limit``.

    Examples
    --------
    >>> both = Groups.of(np.array([2, 0, 1]), np.zeros(3, dtype=np.uint64))
    >>> left, right = pairs_kept([both, both], 3, lambda a, b: a + b != 1, 10)
    >>> left.tolist(), right.tolist()
    ([0, 1], [2, 2])
    """
    found, pending, waiting = np.empty(0, dtype=np.int64), list[IntArray](), 0
    for groups in several:
        for left, right in groups.pairs():
            # A row may stand twice in a group that was cut out of overlapping ones.
            low, high = np.minimum(left, right), np.maximum(left, right)
            apart = low < high
            low, high = low[apart], high[apart]
            kept = keep(low, high)
            pending.append(low[kept] * n_rows + high[kept])
            waiting += len(pending[-1])
            # Merging sorts all: not before there is as much again.
            if waiting > max(_AT_ONCE, len(found)):
                found, pending, waiting = np.unique(np.concatenate([found, *pending])), [], 0
                if len(found) > limit:
                    return None
    found = np.unique(np.concatenate([found, *pending]))
    if len(found) > limit:
        return None
    return found // max(n_rows, 1), found % max(n_rows, 1)
