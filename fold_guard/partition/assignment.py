"""Assign units to k folds so that every fold's strata are close to the ideal.

A greedy start, then a local search. Both lower the sum over folds and strata of
``(count - ideal)**2 / total``, fold sizes being one more stratum (a chi-squared distance). Few
units leave much to choose from, so there a second search goes for what is reported in the end:
the largest deviation of a class share, at even sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from fold_guard.errors import InfeasibleError, UsageError
from fold_guard.partition import kernel
from fold_guard.partition.counts import UnitCounts

IntArray = npt.NDArray[np.int64]
Quality = Literal["standard", "high"]

ALGORITHM = "fold-guard/assign/2"
"""Names the rules below in every manifest; another result on any input needs another name."""

# Weights are whole multiples of 2**-30. No cost exceeds 4 * k * 2**30 times the counts of a unit.
_SCALE, _ROOM = 1 << 30, 1 << 60
# The second search looks at every stratum of two folds a try: for few strata, and few units, only.
_FEW_UNITS, _FEW_STRATA = 20_000, 64
# What a point of uneven sizes weighs against a point of uneven class shares.
_SIZE_WEIGHT = 0.43


@dataclass(frozen=True, slots=True)
class _Effort:
    passes: int
    swaps_per_unit: int
    most_swaps: int
    tries_per_unit: int
    most_tries: int


_EFFORTS = {
    "standard": _Effort(3, 2, 50_000, 4_000, 200_000),
    "high": _Effort(20, 10, 10_000_000, 40_000, 2_000_000),
}


def assign_units(
    counts: UnitCounts,
    rank: IntArray,
    n_splits: int,
    *,
    fixed: IntArray | None = None,
    quality: Quality = "standard",
    seed: int = 0,
    shuffled: bool = False,
) -> IntArray:
    """Assign each unit to a fold.

    Parameters
    ----------
    counts : UnitCounts
        Rows of each unit in each stratum; no unit is empty.
    rank : ndarray of int64, shape (n_units,)
        A permutation that orders units of equal counts; the seed enters here.
    n_splits : int
        k >= 2.
    fixed : ndarray of int64, shape (n_units,), optional
        The fold of units that keep theirs, -1 for the others.
    quality : {"standard", "high"}
        How long the local search goes on.
    seed : int
        Where the local search begins; at least 0.
    shuffled : bool
        Place units in the order of their ranks, not the largest first: other ranks then lead to
        other folds, as repeats need them, at nearly the same balance.

    Returns
    -------
    ndarray of int64, shape (n_units,)
        0..k-1; every fold holds at least one unit. The same for the same counts and ranks in
        whatever order the units come.

    Raises
    ------
    InfeasibleError
        Fewer units than folds, or than folds that the fixed units leave empty.
    UsageError
        An unknown quality.

    Examples
    --------
    >>> from fold_guard.partition.counts import count_units
    >>> counts = count_units(np.array([0, 0, 0, 1, 2, 2]))
    >>> assign_units(counts, np.arange(3), 2).tolist()
    [0, 1, 1]
    """
    if quality not in get_args(Quality):
        raise UsageError(f"quality must be standard or high, got {quality!r}")
    folds = np.full(counts.n_units, -1, dtype=np.int64) if fixed is None else fixed.copy()
    free = np.flatnonzero(folds < 0)
    held = np.bincount(folds[folds >= 0], minlength=n_splits).astype(np.int64)
    if len(free) < (held == 0).sum():
        raise InfeasibleError(
            f"{counts.n_units} units cannot fill {n_splits} folds"
            if fixed is None
            else f"{len(free)} new units cannot fill {int((held == 0).sum())} empty folds",
            remedy=f"Use n_splits <= {counts.n_units}."
            if fixed is None and counts.n_units > 1
            else "Add data.",
        )
    if not len(free):
        return folds
    by_fold = counts.by_fold(folds, n_splits)
    totals = by_fold.sum(axis=0) + counts.by_fold(np.where(folds < 0, 0, -1), 1)[0]
    weights = _weights(counts, totals, n_splits)
    # Big stones first: in the order of what a unit costs on its own.
    alone = np.add.reduceat(weights[counts.strata] * counts.counts**2, counts.indptr[:-1])
    order = free[np.argsort(rank[free]) if shuffled else np.lexsort((rank[free], -alone[free]))]

    effort = _EFFORTS[quality]
    off = n_splits * by_fold - totals
    matrix = (counts.indptr, counts.strata, counts.counts, weights)
    kernel.place(*matrix, order, n_splits, folds, off, held)
    scratch = np.zeros(counts.n_strata + 1, dtype=np.int64)
    # A state of the generator: 1..2**31-2.
    state = seed % (2**31 - 2) + 1
    swaps = min(effort.swaps_per_unit * len(order), effort.most_swaps)
    for _ in range(effort.passes):
        # Every count within one row of the ideal: nothing is left to be gained.
        if (np.abs(off) < n_splits).all():
            return folds
        changed = kernel.relocate(*matrix, order, n_splits, folds, off, held)
        changed += kernel.swap(*matrix, order, n_splits, folds, off, scratch, swaps, state)
        if not changed:
            break
    if counts.n_units <= _FEW_UNITS and 0 < counts.n_strata <= _FEW_STRATA:
        tries = min(effort.tries_per_unit * len(order), effort.most_tries)
        return _polished(counts, order, n_splits, folds, held, tries, state)
    return folds


def _weights(counts: UnitCounts, totals: IntArray, n_splits: int) -> IntArray:
    largest = int(np.add.reduceat(counts.counts, counts.indptr[:-1]).max())
    scale = min(_SCALE, _ROOM // (4 * n_splits * largest))
    weights: IntArray = np.maximum(scale // np.maximum(totals, 1), 1)
    return weights


def _polished(
    counts: UnitCounts,
    order: IntArray,
    n_splits: int,
    folds: IntArray,
    held: IntArray,
    tries: int,
    state: int,
) -> IntArray:
    by_fold = counts.by_fold(folds, n_splits)
    totals = by_fold.sum(axis=0)
    best = folds.copy()
    kernel.polish(
        counts.dense(),
        np.ascontiguousarray(counts.sizes),
        order,
        n_splits,
        folds,
        np.ascontiguousarray(by_fold[:, :-1]),
        np.ascontiguousarray(by_fold[:, -1]),
        held,
        totals[:-1] / totals[-1],
        _SIZE_WEIGHT,
        np.zeros(max(tries // 100, 1)),
        np.zeros(n_splits),
        best,
        tries,
        state,
    )
    return best
