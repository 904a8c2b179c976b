"""Portions: whole units in test, train and unused portions of unequal size, classes balanced.

A random start that the seed decides, then steepest descent: the move of one unit that helps most,
and where none helps the best swap of two. All costs are whole numbers. Beyond 20,000 units the
search looks at a part of them.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

from fold_guard.partition.blocks import nearest_cuts

IntArray = npt.NDArray[np.int64]

# As in `assignment`: strata weigh in inverse proportion to their size, in units of 2**-30. No
# value exceeds 8 * rows * 2**30, so 10**9 rows stay exact.
_WEIGHT = 1 << 30
# Units that are looked at for a move, evenly spaced in the random order, and of each portion for a
# swap: among so many there is one that fits as well as any.
_MOVABLE, _SWAPPABLE = 20_000, 300


def portioned_units(counts: IntArray, order: IntArray, sizes: tuple[int, ...]) -> IntArray:
    """Put each unit into a portion, so that every portion has its share of every stratum.

    Minimises the sum over portions and strata of ``(count - ideal)**2 / total``; the result is a
    local optimum that hangs on the start, as a sample shall.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_units, n_strata)
        Rows of each unit in each stratum; no unit is empty.
    order : ndarray of int64, shape (n_units,)
        A permutation of the units: where the search starts, and which of two equal moves is made.
    sizes : tuple of int
        Rows that each portion shall hold; they add up to all rows. A portion of size 0 stays
        empty, and one with rows gets a unit at least.

    Returns
    -------
    ndarray of int64, shape (n_units,)
        Index into ``sizes``; there are at least as many units as portions with rows.

    Examples
    --------
    >>> counts = np.array([[2, 0], [0, 2], [2, 0], [0, 2]])
    >>> portions = portioned_units(counts, np.arange(4), (4, 4))
    >>> counts[portions == 0].sum(axis=0).tolist()
    [2, 2]
    """
    search = _Search(counts[order], np.array(sizes))
    while search.moved() or search.swapped():
        pass
    placed = np.empty_like(search.portions)
    placed[order] = search.portions
    return placed


class _Search:
    """Where the units are, and how far the portions are from their ideals."""

    def __init__(self, counts: IntArray, sizes: IntArray) -> None:
        self.counts = np.hstack([counts, counts.sum(axis=1, keepdims=True)])
        totals = self.counts.sum(axis=0)
        self.pull = self.counts * (_WEIGHT // np.maximum(totals, 1))
        # What a unit costs on its own.
        self.alone = (self.counts * self.pull).sum(axis=1)
        self.stride = -(-len(counts) // _MOVABLE)
        self.used = np.flatnonzero(sizes > 0)
        self.portions = self.used[_start(self.counts[:, -1], sizes[self.used])]
        self.units = np.bincount(self.portions, minlength=len(sizes))
        n = int(totals[-1])
        # Ideals in whole rows: units are far coarser than the half row that is lost.
        self.excess = -((2 * np.outer(sizes, totals) + n) // (2 * n))
        np.add.at(self.excess, self.portions, self.counts)

    def moved(self) -> bool:
        """Make the best move of one unit, if one helps."""
        at = self.portions[:: self.stride]
        slopes = self.pull[:: self.stride] @ self.excess[self.used].T
        own = slopes[np.arange(len(slopes)), np.searchsorted(self.used, at)]
        gains = own[:, None] - slopes - self.alone[:: self.stride, None]
        gains[self.units[at] == 1] = 0
        unit, to = divmod(int(gains.argmax()), len(self.used))
        if gains[unit, to] <= 0:
            return False
        self._put(unit * self.stride, int(self.used[to]))
        return True

    def swapped(self) -> bool:
        """Make the best swap of two units, if one helps."""
        best, pair = 0, (0, 0)
        for a, b in combinations(self.used, 2):
            left, right = (np.flatnonzero(self.portions == at)[:_SWAPPABLE] for at in (a, b))
            tilt = self.excess[a] - self.excess[b]
            apart = self.alone[left][:, None] + self.alone[right]
            apart -= 2 * (self.pull[left] @ self.counts[right].T)
            gains = (self.pull[left] @ tilt)[:, None] - self.pull[right] @ tilt - apart
            u, v = divmod(int(gains.argmax()), len(right))
            if gains[u, v] > best:
                best, pair = int(gains[u, v]), (int(left[u]), int(right[v]))
        if not best:
            return False
        u, v = pair
        source, target = int(self.portions[u]), int(self.portions[v])
        self._put(u, target)
        self._put(v, source)
        return True

    def _put(self, unit: int, target: int) -> None:
        source = self.portions[unit]
        for portion, sign in ((source, -1), (target, 1)):
            self.excess[portion] += sign * self.counts[unit]
            self.units[portion] += sign
        self.portions[unit] = target


def _start(rows: IntArray, sizes: IntArray) -> IntArray:
    """Fill one portion after the other in the order given; each gets a unit at least."""
    upto = np.concatenate([[0], np.cumsum(rows)])
    cuts = nearest_cuts(upto, np.cumsum(sizes)[:-1].tolist())
    return np.searchsorted(cuts, np.arange(len(rows)), side="right")
