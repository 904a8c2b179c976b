"""The k nearest others of every sample, and where a tie leaves open who they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.family import BoolArray, FloatArray
from fold_guard.crossval.exact.rulers import Ruler

IntArray = npt.NDArray[np.int64]

# Candidates beyond the k-th: ties are looked for among them, without a look at all others.
_SPARE = 4
_BLOCK_BYTES = 3_000_000
# Of a block in single precision, one row in so many by itself; more of them, the block anew.
_MANY = 8


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """Neighbours of every sample among all others.

    Attributes
    ----------
    positions : ndarray of int64, shape (n_samples, k)
        By distance, equal ones by position.
    distances : ndarray of float64, shape (n_samples, k)
    open : ndarray of bool, shape (n_samples,)
        Samples whose k-th neighbour is tied with others of another kind: who is taken is up to
        the estimator, and it matters.
    coarse : ndarray of bool, shape (n_samples,)
        Samples with a neighbour so near, and not equal, that its distance has few digits.
    """

    positions: IntArray
    distances: FloatArray
    open: BoolArray
    coarse: BoolArray


def nearest(ruler: Ruler, k: int, kinds: IntArray) -> Nearest:
    """Find the neighbours, a block of samples at a time.

    Parameters
    ----------
    ruler : Ruler
    k : int
        At most n_samples - 1.
    kinds : ndarray of int64, shape (n_samples,)
        Equal for samples that are worth the same as neighbours.
    """
    n = len(kinds)
    found = Nearest(
        np.empty((n, k), dtype=np.int64),
        np.empty((n, k)),
        np.zeros(n, dtype=bool),
        np.zeros(n, dtype=bool),
    )
    size = max(1, _BLOCK_BYTES // (8 * n))
    for start in range(0, n, size):
        block = slice(start, min(n, start + size))
        wide = min(n - 1, k + _SPARE)
        unsure = _fill(found, ruler, block, wide, k, kinds, single=True)
        if _MANY * len(unsure) > size:
            unsure = _fill(found, ruler, block, wide, k, kinds)
        for row in unsure.tolist():
            _fill(found, ruler, slice(row, row + 1), n - 1, k, kinds)
    return found


def _fill(
    found: Nearest,
    ruler: Ruler,
    block: slice,
    wide: int,
    k: int,
    kinds: IntArray,
    *,
    single: bool = False,
) -> IntArray:
    """Write down the neighbours of a block; return the rows that may have others."""
    rough, constant = ruler.rough(block, single=single)
    own = np.arange(block.start, block.stop)
    rough[own - block.start, own] = np.inf
    if wide < rough.shape[1] - 1:
        others, furthest = _smallest(rough, wide)
        furthest = furthest + constant
    else:
        others = np.argsort(rough, axis=1)[:, :-1]
        furthest = np.full(len(rough), np.inf)
    # By position first, so that the stable sort leaves equal ones in that order.
    others = np.sort(others, axis=1)
    measures = ruler.sharp(block, others)
    order = np.argsort(measures, axis=1, kind="stable")
    others = np.take_along_axis(others, order, axis=1)
    measures = np.take_along_axis(measures, order, axis=1)
    last = measures[:, k - 1]
    rounding = ruler.rounding(block, last)
    found.positions[block] = others[:, :k]
    found.distances[block] = ruler.distances(measures[:, :k])
    found.coarse[block] = np.any(
        (measures[:, :k] > 0) & (measures[:, :k] < 1e4 * rounding[:, None]), axis=1
    )
    found.open[block] = _matters(measures, last, 2 * rounding, kinds[others], k)
    unseen = last + 4 * rounding
    if single:
        unseen = unseen + ruler.coarseness(constant, unseen)
    return own[furthest <= unseen]


def _smallest(values: npt.NDArray[Any], count: int) -> tuple[IntArray, npt.NDArray[Any]]:
    """Return where the smallest of each row are, in any order, and the largest of them.

    The smallest lie in the groups of smallest minimum, as many as are wanted: so that only the
    minima are partitioned, and then what is in those groups.
    """
    columns = values.shape[1]
    size = max(1, int(np.sqrt(columns / count)))
    groups = columns // size
    if size < 2 or groups <= count:
        return _smallest_plainly(values, count)
    minima = values[:, : size * groups].reshape(len(values), size, groups).min(axis=1)
    best = np.argpartition(minima, count - 1, axis=1)[:, :count]
    members = [best + groups * step for step in range(size)]
    rest = np.arange(size * groups, columns)
    members.append(np.broadcast_to(rest, (len(values), len(rest))))
    candidates = np.concatenate(members, axis=1)
    places, largest = _smallest_plainly(np.take_along_axis(values, candidates, axis=1), count)
    return np.take_along_axis(candidates, places, axis=1), largest


def _smallest_plainly(values: npt.NDArray[Any], count: int) -> tuple[IntArray, npt.NDArray[Any]]:
    places = np.argpartition(values, count - 1, axis=1)[:, :count]
    return places, np.take_along_axis(values, places, axis=1).max(axis=1)


def _matters(
    measures: FloatArray, last: FloatArray, rounding: FloatArray, kinds: IntArray, k: int
) -> BoolArray:
    if measures.shape[1] == k:
        return np.zeros(len(measures), dtype=bool)
    tied = np.abs(measures - last[:, None]) <= rounding[:, None]
    crossing = tied[:, k]
    several = np.where(tied, kinds, kinds.max(initial=0) + 1).min(axis=1) != np.where(
        tied, kinds, -1
    ).max(axis=1)
    return np.asarray(crossing & several)
