"""Deal the rows of a table to folds: one way for each layout of a strategy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
import numpy.typing as npt

from fold_guard.dataset.strata import Strata
from fold_guard.errors import InfeasibleError
from fold_guard.folds.feasibility import require_feasible
from fold_guard.folds.manifest import BinFacts
from fold_guard.folds.material import Material
from fold_guard.folds.plan import FoldPlan
from fold_guard.identity.hashing import xxh64_ids
from fold_guard.identity.seeds import derived_seed
from fold_guard.partition.assignment import assign_units
from fold_guard.partition.bins import bin_sensitivity, fold_spread
from fold_guard.partition.blocks import time_blocks
from fold_guard.partition.counts import UnitCounts, count_labels, count_units
from fold_guard.partition.dealing import deal_rows
from fold_guard.partition.portions import portioned_units
from fold_guard.partition.rounds import EXCLUDED
from fold_guard.partition.samples import TEST, TRAIN, sampled, sampled_by_class
from fold_guard.partition.units import connected_units, rank_units

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
    """

    units: IntArray
    folds: IntArray
    n_folds: int
    warnings: tuple[str, ...]
    bins: tuple[BinFacts, ...] = ()


def deal(material: Material, plan: FoldPlan) -> Dealt:
    """Deal the rows of a table under a plan.

    Parameters
    ----------
    material : Material
        Rows in the order of their ids: what follows from positions follows from ids.
    plan : FoldPlan

    Raises
    ------
    InfeasibleError, DataError
        No assignment satisfies the plan; the message says what would.
    """
    units = connected_units(len(material.ids), material.keys)
    layouts: dict[str, Callable[[Material, FoldPlan, IntArray], Dealt]] = {
        "dealt": _dealt,
        "each": _each,
        "sampled": _sampled,
        "blocks": _blocks,
        "given": _given,
    }
    return layouts[plan.traits.layout](material, plan, units)


def repeat_seed(plan: FoldPlan, repeat: int) -> int:
    """Return the seed of a repeat; the first has the plan's own."""
    return plan.seed if repeat == 0 else derived_seed(plan.seed, repeat)


def _dealt(material: Material, plan: FoldPlan, units: IntArray) -> Dealt:
    treated = require_feasible(
        plan,
        units,
        material.strata,
        group_names=material.roles.groups,
        keys=material.keys,
        key_values=material.key_values,
    )
    strata = treated.strata if material.strata is not None else None
    folds = np.full((plan.n_repeats, len(units)), ALWAYS_TRAIN, dtype=np.int64)
    rows = ~treated.pinned
    for repeat in range(plan.n_repeats):
        dealt = deal_part(
            material,
            plan,
            units,
            strata,
            rows,
            plan.n_splits,
            repeat_seed(plan, repeat),
            shuffled=repeat > 0,
        )
        folds[repeat, slice(None) if len(dealt) == len(rows) else rows] = dealt
    return Dealt(
        units, folds, plan.n_splits, treated.warnings, _sensitivity(material, plan, units, folds[0])
    )


def _sensitivity(
    material: Material, plan: FoldPlan, units: IntArray, folds: IntArray
) -> tuple[BinFacts, ...]:
    """Measure the folds at hand, and those of half and of twice as many bins."""
    if material.value is None:
        return ()
    everything = np.ones(len(units), dtype=np.bool_)

    def again(bins: IntArray) -> IntArray:
        strata = Strata(tuple(map(str, range(int(bins.max()) + 1))), bins)
        return deal_part(material, plan, units, strata, everything, plan.n_splits, plan.seed)

    if plan.bin_edges:
        assert material.strata is not None
        spread = fold_spread(material.value, folds)
        made = len(material.strata.names)
        return (BinFacts(made, made, spread.max_mean_gap, spread.max_ks),)
    return tuple(
        BinFacts(trial.n_bins, trial.bins, trial.spread.max_mean_gap, trial.spread.max_ks)
        for trial in bin_sensitivity(material.value, plan.n_bins, again)
    )


def deal_nested(material: Material, plan: FoldPlan, dealt: Dealt) -> IntArray:
    """Deal the train side of every round to inner folds; units stay whole.

    Returns
    -------
    ndarray of int64, shape (n_folds, n_rows)
        One row a round: 0..inner_splits-1 on its train side, -2 elsewhere; rows that are always
        trained on stay -1.

    Raises
    ------
    InfeasibleError
        A train side has fewer units than inner folds.
    """
    outer = dealt.folds[0]
    inner = np.full((dealt.n_folds, len(outer)), EXCLUDED, dtype=np.int64)
    for at in range(dealt.n_folds):
        inner[at, outer == ALWAYS_TRAIN] = ALWAYS_TRAIN
        rows = (outer >= 0) & (outer != at)
        try:
            inner[at, rows] = deal_part(
                material,
                plan,
                dealt.units,
                material.strata,
                rows,
                plan.inner_splits,
                derived_seed(plan.seed, at + 1),
            )
        except InfeasibleError as error:
            raise InfeasibleError(
                f"the train side of round {at}: {error.what}",
                where="inner_splits",
                remedy=error.remedy,
            ) from None
    return inner


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


def _each(material: Material, plan: FoldPlan, units: IntArray) -> Dealt:
    """Every unit is a fold; units are numbered by their first row, which has the least id."""
    n_units = int(units.max(initial=-1)) + 1
    noun = "groups" if plan.keeps_groups else "rows"
    tested = plan.n_test_folds if plan.traits.chosen else 1
    if n_units <= tested:
        raise InfeasibleError(
            f"leaving out {tested} of {n_units} {noun} leaves nothing to train on",
            remedy="Add data."
            if n_units < 2 or tested == 1
            else f"Use n_test_folds <= {n_units - 1}.",
        )
    return Dealt(units, units[None, :], n_units, ())


def _sampled(material: Material, plan: FoldPlan, units: IntArray) -> Dealt:
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


def _blocks(material: Material, plan: FoldPlan, units: IntArray) -> Dealt:
    assert material.when is not None
    return Dealt(units, time_blocks(material.when, plan.n_splits)[None, :], plan.n_splits, ())


def _given(material: Material, plan: FoldPlan, units: IntArray) -> Dealt:
    assert material.given is not None
    folds = material.given
    n_folds = int(folds.max(initial=-1)) + 1
    counts = np.bincount(folds[folds >= 0], minlength=n_folds)
    if n_folds == 0 or (counts == 0).any():
        missing = "any fold" if n_folds == 0 else f"fold {int((counts == 0).argmax())}"
        raise InfeasibleError(
            f"no row is in {missing}",
            where=f"column {plan.column}",
            remedy="Number the folds 0, 1, 2, ...; -1 is always train, -2 in neither side.",
        )
    if (counts == (folds != EXCLUDED).sum()).any():
        raise InfeasibleError(
            "every row is in one fold: nothing is left to train on",
            where=f"column {plan.column}",
            remedy="Use two folds at least, or -1 for rows that are always trained on.",
        )
    return Dealt(units, folds[None, :], n_folds, ())
