"""Deal some rows of a table to folds, whole units of them: what every layout rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.dataset.strata import Strata
from fold_guard.folds.manifest import BinFacts
from fold_guard.folds.material import Material
from fold_guard.folds.plan import FoldPlan
from fold_guard.identity.hashing import xxh64_ids
from fold_guard.identity.seeds import derived_seed
from fold_guard.partition.assignment import assign_units
from fold_guard.partition.counts import UnitCounts, count_labels, count_units
from fold_guard.partition.dealing import deal_rows
from fold_guard.partition.units import rank_units

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
ALWAYS_TRAIN = -1


@dataclass(frozen=True, slots=True, eq=False)
class Dealt:
    """Rows with their folds.

    Attributes
    ----------
    units : ndarray of int64, shape (n_rows,)
    folds : ndarray of int64, shape (n_repeats, n_rows)
        0..k-1; -1 always train; -2 in neither side.
    n_folds : int
        k.
    warnings : tuple of str
    bins : tuple of BinFacts
        How much the folds of a continuous label hang on the number of bins.
    n_alone : int
        How many of the folds, the last ones, are a unit left out by itself.
    """

    units: IntArray
    folds: IntArray
    n_folds: int
    warnings: tuple[str, ...]
    bins: tuple[BinFacts, ...] = ()
    n_alone: int = 0


def repeat_seed(plan: FoldPlan, repeat: int) -> int:
    """Return the seed of a repeat; the first has the plan's own."""
    return plan.seed if repeat == 0 else derived_seed(plan.seed, repeat)


def deal_part(
    material: Material,
    plan: FoldPlan,
    units: IntArray,
    strata: Strata | None,
    rows: BoolArray,
    n_splits: int,
    seed: int,
    *,
    shuffled: bool = False,
) -> IntArray:
    """Deal some rows, whole units of them, to folds.

    Parameters
    ----------
    material : Material
    plan : FoldPlan
    units : ndarray of int64, shape (n_rows,)
    strata : Strata or None
        Of all rows.
    rows : ndarray of bool, shape (n_rows,)
        The rows that are dealt.
    n_splits, seed : int
    shuffled : bool
        See `assign_units`.

    Returns
    -------
    ndarray of int64, shape (rows.sum(),)

    Raises
    ------
    InfeasibleError
        Fewer units than folds.
    """
    ids, part = material.ids, strata
    if not rows.all():
        ids = ids.filter(rows)
        part = None if strata is None else strata.take(rows)
        units = np.unique(units[rows], return_inverse=True)[1].reshape(-1).astype(np.int64)
    keys = xxh64_ids(ids, seed)

    def order() -> IntArray:
        # Rows stand in the order of their ids, which tell equal keys apart.
        return np.argsort(keys, kind="stable")

    if not plan.keeps_groups and (part is None or part.indptr is None):
        return deal_rows(None if part is None else part.codes, keys, n_splits, order)
    rank = rank_units(units, keys, order)
    counts = counted(units, part)
    return assign_units(counts, rank, n_splits, quality=plan.quality, seed=seed, shuffled=shuffled)[
        units
    ]


def counted(units: IntArray, strata: Strata | None) -> UnitCounts:
    """Count the rows of each unit in each stratum."""
    if strata is not None and strata.indptr is not None:
        return count_labels(units, strata.indptr, strata.codes, len(strata.names))
    return count_units(units, None if strata is None else strata.codes)
