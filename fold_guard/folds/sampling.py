"""Shuffle splits: each repeat draws a test side and a train side of rows or of whole units."""

from __future__ import annotations

from math import ceil, floor

import numpy as np
import numpy.typing as npt

from fold_guard.dataset.strata import Strata
from fold_guard.errors import InfeasibleError
from fold_guard.folds.dealing import ALWAYS_TRAIN, Dealt, counted, repeat_seed
from fold_guard.folds.material import Material
from fold_guard.folds.plan import FoldPlan
from fold_guard.identity.hashing import xxh64_ids
from fold_guard.identity.seeds import derived_seed
from fold_guard.partition.portions import portioned_units
from fold_guard.partition.rounds import EXCLUDED
from fold_guard.partition.samples import TEST, TRAIN, sampled, sampled_by_class

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


def deal_sampled(material: Material, plan: FoldPlan, units: IntArray) -> Dealt:
    """Draw a test side (fold 0), a train side (-1) and what is left out (-2) for each repeat.

    Parameters
    ----------
    material : Material
    plan : FoldPlan
    units : ndarray of int64, shape (n_rows,)

    Raises
    ------
    InfeasibleError
        A side would be empty, or could not hold each class.
    """
    n_rows, n_units = len(units), int(units.max(initial=-1)) + 1
    by_rows = not plan.keeps_groups or plan.balances_classes
    n = n_rows if by_rows else n_units
    n_test = ceil(plan.test_size * n)
    n_train = floor(plan.train_size * n) if plan.train_size else n - n_test
    n_sides = 2 + (n_test + n_train < n)
    if n_train < 1 or n_test + n_train > n or n_units < n_sides:
        raise InfeasibleError(
            f"{n} {'rows' if by_rows else 'groups'} do not fill a test side of {n_test} and a "
            f"train side of {max(n_train, 0)}",
            remedy="Add data, or use other shares (test_size, train_size).",
        )
    strata = material.strata
    if strata is not None:
        _require_room(strata, n_test, n_train)
    folds = np.empty((plan.n_repeats, n_rows), dtype=np.int64)
    # The row of the least id speaks for a unit: the least hash of its rows would favour large ones.
    speakers = material.ids.gather(np.unique(units, return_index=True)[1])
    for repeat in range(plan.n_repeats):
        seed = repeat_seed(plan, repeat)
        order = np.argsort(xxh64_ids(speakers, seed), kind="stable")
        if strata is not None and plan.keeps_groups:
            sizes = (n_test, n_train, n_rows - n_test - n_train)
            sides = portioned_units(counted(units, strata).dense(), order, sizes)[units]
        elif strata is not None:
            n_classes = len(strata.names)
            rank = np.argsort(np.argsort(_class_keys(n_classes, seed), kind="stable"))
            sides = sampled_by_class(strata.codes, order, rank, n_test, n_train)
        else:
            sides = sampled(order, n_test, n_train)[units]
        folds[repeat] = np.where(sides == TEST, 0, np.where(sides == TRAIN, ALWAYS_TRAIN, EXCLUDED))
    return Dealt(units, folds, 1, ())


def _class_keys(n_classes: int, seed: int) -> IntArray:
    # A seed of its own: classes must not be favoured for the hashes of their numbers.
    own = derived_seed(seed, 0)
    return np.array([derived_seed(own, each) % 2**62 for each in range(n_classes)], dtype=np.int64)


def _require_room(strata: Strata, n_test: int, n_train: int) -> None:
    totals = np.bincount(strata.codes, minlength=len(strata.names))
    least = int(totals.argmin())
    if totals[least] < 2:
        raise InfeasibleError(
            f"class {strata.names[least]!r} has one row: it cannot be in test and in train",
            remedy="Drop or merge such classes.",
        )
    if min(n_test, n_train) < len(totals):
        raise InfeasibleError(
            f"a test side of {n_test} and a train side of {n_train} rows cannot hold each of "
            f"{len(totals)} classes",
            remedy="Use a larger test_size or train_size.",
        )
