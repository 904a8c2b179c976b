"""Grow a fold map: old rows keep their folds, new units fill the imbalance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.errors import UsageError
from fold_guard.folds.assembly import assembled, table_of
from fold_guard.folds.dealing import Dealt, counted
from fold_guard.folds.feasibility import require_feasible
from fold_guard.folds.growth.conflict import settled, units_of
from fold_guard.folds.growth.continuation import continued
from fold_guard.folds.growth.held import held_by
from fold_guard.folds.growth.left_out import left_out, require_apart
from fold_guard.folds.growth.lineage import Kin, growth_facts
from fold_guard.folds.manifest import Manifest, OnConflict
from fold_guard.folds.material import Material, read_material
from fold_guard.folds.plan import FoldPlan
from fold_guard.identity.hashing import xxh64_ids
from fold_guard.partition.assignment import assign_units
from fold_guard.partition.links import FREE
from fold_guard.partition.units import rank_units

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
GROWS = (
    "kfold",
    "stratified",
    "group",
    "stratified_group",
    "multilabel",
    "multilabel_group",
    "forward",
)


def grown(
    frame: pl.DataFrame,
    plan: FoldPlan,
    parents: tuple[Kin, ...],
    on_conflict: OnConflict,
    base: Kin | None = None,
) -> Kin:
    """Continue one old map, or two that were grown apart, on a table.

    Parameters
    ----------
    frame : polars.DataFrame
    plan : FoldPlan
        The parents' plan; only how lenient it is may differ.
    parents : tuple of Kin
        One, or two.
    on_conflict : {"fail", "exclude", "move"}
    base : Kin, optional
        The last map that two parents have in common.

    Returns
    -------
    Kin
        The one parent itself, when the table is the one that it was made from.

    Raises
    ------
    UsageError
        The plan is not the parents', or a strategy that has no imbalance to fill.
    Refused
        A conflict that the policy does not settle.
    DataError, InfeasibleError
        As `fold_guard.make_folds`.
    """
    first = parents[0].manifest
    for parent in parents:
        require_same_plan(parent.manifest, plan)
        if parent.manifest.dataset.roles != first.dataset.roles:
            raise UsageError(
                "the two maps were made with other roles (id, label, groups, time)",
                where="fold maps",
                remedy="Make a new map.",
            )
    material = read_material(frame, first.dataset.roles, plan)
    if len(parents) == 1 and material.dataset == first.dataset.digest:
        # How lenient a plan is stands under no digest: the map is the same with its new wording.
        return (
            parents[0] if first.plan == plan else Kin(parents[0].table, replace(first, plan=plan))
        )
    _require_growing(plan)
    held = held_by(material, parents, base)
    warnings: tuple[str, ...] = ()
    n_alone = 0
    if plan.scheme == "forward":
        folds = continued(material, held, plan.n_splits, on_conflict)
        units = units_of(material, folds)
    else:
        found = settled(material, held, on_conflict)
        units, folds = found.units, found.folds
        if plan.leave_out is not None:
            if len(parents) > 1:
                require_apart(material, plan, found)
            alone = left_out(material, plan, found, on_conflict)
            units, folds = alone.units, alone.folds
            n_alone, warnings = alone.n_alone, alone.warnings
        warnings = (*warnings, *_feasible(material, plan, units, folds))
        folds = _filled(material, plan, units, folds)
    table = table_of(material, folds[None])
    return assembled(
        material,
        plan,
        Dealt(units, folds[None], plan.n_splits + n_alone, warnings, n_alone=n_alone),
        table=table,
        parents=tuple(parent.manifest.digest for parent in parents),
        growth=growth_facts([parent.table for parent in parents], table, on_conflict),
    )


def require_same_plan(old: Manifest, plan: FoldPlan) -> None:
    """Refuse to continue a map under a plan that deals otherwise.

    Raises
    ------
    UsageError
        With every setting that differs.
    """
    other = old.plan.differences(plan).values()
    if other:
        raise UsageError(
            f"the old map was made under another plan ({', '.join(other)})",
            where="fold plan",
            remedy="Bring the plan back, or make a new map: fold-guard fold without --extend.",
        )


def _require_growing(plan: FoldPlan) -> None:
    """Refuse to deal new rows under a plan by which they would change the folds of the old."""
    why = _cannot_grow(plan)
    if why:
        raise UsageError(
            f"a map of {why} cannot be extended",
            where="fold plan",
            remedy=f"Make a new map. Maps of strategy {', '.join(GROWS)} grow, dealt once and "
            "without classes that are merged or pinned.",
        )


def _cannot_grow(plan: FoldPlan) -> str:
    """Say what it is that the whole table alone decides; empty when old rows can stay."""
    if plan.strategy not in GROWS:
        return f"strategy {plan.strategy!r}"
    if plan.n_repeats > 1:
        return "several repeats"
    if plan.inner_splits:
        return "nested folds"
    treated = {"merge", "pin_to_train"} & set(plan.rare_classes.values())
    return f"rare_class {', '.join(sorted(treated))}" if treated else ""


def _feasible(
    material: Material, plan: FoldPlan, units: IntArray, folds: IntArray
) -> tuple[str, ...]:
    """Judge units and classes as for a new map, among the rows that are, or will be, dealt."""
    dealt = _dealt(plan, folds)
    strata = None if material.strata is None else material.strata.take(dealt)
    return require_feasible(
        plan,
        np.unique(units[dealt], return_inverse=True)[1].reshape(-1),
        # A class that is left out by itself is none of the dealt folds'.
        strata.used() if strata is not None and plan.leave_out is not None else strata,
        group_names=material.roles.groups,
        keys=tuple(key[dealt] for key in material.keys),
        key_values=material.key_values,
    ).warnings


def _dealt(plan: FoldPlan, folds: IntArray) -> BoolArray:
    """Return the rows that are, or will be, in one of the k folds."""
    dealt: BoolArray = ((folds >= 0) & (folds < plan.n_splits)) | (folds == FREE)
    return dealt


def _filled(material: Material, plan: FoldPlan, units: IntArray, folds: IntArray) -> IntArray:
    """Deal the free units."""
    dealt = _dealt(plan, folds)
    _, first, of_row = np.unique(units[dealt], return_index=True, return_inverse=True)
    of_row = of_row.reshape(-1)
    strata = None if material.strata is None else material.strata.take(dealt)
    held = np.where(folds[dealt][first] == FREE, -1, folds[dealt][first])
    keys = xxh64_ids(material.ids.filter(dealt), plan.seed)
    rank = rank_units(of_row, keys, lambda: np.argsort(keys, kind="stable"))
    counts = counted(of_row, strata)
    full = folds.copy()
    full[dealt] = assign_units(
        counts, rank, plan.n_splits, fixed=held, quality=plan.quality, seed=plan.seed
    )[of_row]
    return full
