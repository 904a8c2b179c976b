"""Deal the rows of a table to folds: one way for each layout of a strategy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import comb

import numpy as np
import numpy.typing as npt

from fold_guard.dataset.strata import Strata
from fold_guard.errors import DataError, InfeasibleError
from fold_guard.folds.dealing import ALWAYS_TRAIN, Dealt, deal_part, repeat_seed
from fold_guard.folds.feasibility import require_feasible
from fold_guard.folds.left_out import spoken, whole_units
from fold_guard.folds.manifest import BinFacts
from fold_guard.folds.material import Material, part_of
from fold_guard.folds.plan import FoldPlan
from fold_guard.folds.replay import replayed
from fold_guard.folds.sampling import deal_sampled
from fold_guard.partition.bins import bin_sensitivity, fold_spread
from fold_guard.partition.blocks import time_blocks
from fold_guard.partition.rounds import EXCLUDED
from fold_guard.partition.units import connected_units

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


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
        "dealt": _dealt if material.critical is None else _left_out,
        "each": _each,
        "sampled": deal_sampled,
        "blocks": _blocks,
        "given": _given,
    }
    return layouts[plan.traits.layout](material, plan, units)


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


def _left_out(material: Material, plan: FoldPlan, units: IntArray) -> Dealt:
    """Deal the units outside of the subgroup among themselves; each other unit is a fold."""
    assert material.critical is not None
    alone = whole_units(units, material.critical)
    rest = part_of(material, plan, ~alone)
    subgroup = spoken(plan.subgroup)
    if alone.all():
        raise InfeasibleError(
            f"every {'group' if plan.keeps_groups else 'row'} is left out by itself ({subgroup}), "
            f"none is left to be dealt to {plan.n_splits} folds",
            where="leave_out",
            remedy="Name a smaller subgroup, or use strategy "
            f"{'leave_one_group_out' if plan.keeps_groups else 'leave_one_out'}.",
        )
    try:
        dealt = _dealt(rest, plan, connected_units(len(rest.ids), rest.keys))
    except DataError as error:
        raise type(error)(
            f"among the rows that are not left out by themselves ({subgroup}): {error.what}",
            # A row position there is none of the table.
            where="" if error.where.startswith("row position") else error.where,
            remedy=error.remedy,
        ) from None
    folds = np.empty((1, len(units)), dtype=np.int64)
    folds[:, ~alone] = dealt.folds
    # Units are numbered by their first row, which has the least id.
    found, number = np.unique(units[alone], return_inverse=True)
    folds[0, alone] = plan.n_splits + number.reshape(-1)
    return Dealt(
        units, folds, plan.n_splits + len(found), dealt.warnings, dealt.bins, n_alone=len(found)
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
    if plan.traits.chosen:
        _require_few_rounds(
            comb(n_units, tested), f"Use n_test_folds < {tested}, or larger groups."
        )
    return Dealt(units, units[None, :], n_units, ())


_MOST_ROUNDS = 100_000


def _require_few_rounds(n_rounds: int, remedy: str) -> None:
    if n_rounds > _MOST_ROUNDS:
        raise InfeasibleError(
            f"every choice of folds makes {n_rounds:,} rounds, more than {_MOST_ROUNDS:,}",
            where="n_test_folds",
            remedy=remedy,
        )


def _blocks(material: Material, plan: FoldPlan, units: IntArray) -> Dealt:
    if plan.traits.chosen:
        _require_few_rounds(comb(plan.n_splits, plan.n_test_folds), "Use fewer folds of either.")
    try:
        folds = _blocks_that_train(material, plan, units)
    except InfeasibleError as error:
        raise InfeasibleError(
            error.what, where=error.where, remedy=_fewer_blocks(material, plan, units)
        ) from None
    return Dealt(units, folds[None, :], plan.n_splits, ())


def _blocks_that_train(material: Material, plan: FoldPlan, units: IntArray) -> IntArray:
    """Cut blocks of time; refuse them when purge and embargo leave a round nothing to train on."""
    assert material.when is not None
    folds = time_blocks(material.when, plan.n_splits)
    rounds = replayed(
        plan,
        folds[None, :],
        plan.n_splits,
        units=units,
        start=material.when,
        end=material.until,
        per_step=material.per_step,
    )
    for each in rounds:
        if not each.train.any():
            raise InfeasibleError(
                f"purge and embargo leave round {each.index} of {plan.n_splits} blocks nothing to "
                "train on",
                where="fold plan",
            )
    return folds


_TRIED = 50


def _fewer_blocks(material: Material, plan: FoldPlan, units: IntArray) -> str:
    """Name the largest number of blocks that works."""
    assert material.when is not None
    least = plan.n_test_folds + 1 if plan.traits.chosen else 2
    most = min(plan.n_splits - 1, len(np.unique(material.when)))
    for fewer in range(most, max(most - _TRIED, least - 1), -1):
        try:
            _blocks_that_train(material, replace(plan, n_splits=fewer), units)
        except InfeasibleError:
            continue
        return f"Use n_splits <= {fewer}."
    return "Use a shorter embargo or label horizon, or groups that span less time."


def _given(material: Material, plan: FoldPlan, units: IntArray) -> Dealt:
    assert material.given is not None
    folds = material.given
    n_folds = int(folds.max(initial=-1)) + 1
    if n_folds > len(folds):
        raise InfeasibleError(
            f"{len(folds):,} rows cannot fill the folds up to {n_folds - 1:,}",
            where=f"column {plan.column}",
            remedy="Number the folds 0, 1, 2, ...; -1 is always train, -2 in neither side.",
        )
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
