"""Units left out one by one as data grows: old ones keep their fold, new ones get one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.errors import Refused
from fold_guard.folds.growth.conflict import Settled, units_of
from fold_guard.folds.left_out import spoken, whole_units
from fold_guard.folds.manifest import OnConflict
from fold_guard.folds.material import Material
from fold_guard.folds.plan import FoldPlan
from fold_guard.partition.links import FREE
from fold_guard.partition.rounds import EXCLUDED

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """Rows with the folds of their units, as far as these are left out by themselves.

    Attributes
    ----------
    units : ndarray of int64, shape (n_rows,)
    folds : ndarray of int64, shape (n_rows,)
        `FREE` for the rows that are still to be dealt to the k folds.
    n_alone : int
        Folds from k on.
    warnings : tuple of str
    """

    units: IntArray
    folds: IntArray
    n_alone: int
    warnings: tuple[str, ...] = ()


def left_out(
    material: Material, plan: FoldPlan, found: Settled, on_conflict: OnConflict
) -> LeftOut:
    """Give each unit that is newly of the subgroup a fold of its own.

    A number that no row holds any more is given first. A unit that was left out stays so, also
    when none of its rows is of the subgroup any more. One that was dealt, and now holds a row of
    the subgroup, is a conflict.

    Parameters
    ----------
    material : Material
    plan : FoldPlan
    found : Settled
    on_conflict : {"fail", "exclude", "move"}

    Raises
    ------
    Refused
        A conflict under ``fail``.
    """
    assert material.critical is not None
    units, folds, k = found.units, found.folds.copy(), plan.n_splits
    dealt = (folds >= -1) & (folds < k)
    inside = folds != EXCLUDED
    torn = material.critical & dealt & inside
    if torn.any():
        if on_conflict == "fail":
            raise Refused(_torn(material, plan, units, folds, torn), where="table", remedy=_WAYS)
        if on_conflict == "exclude":
            folds[torn] = EXCLUDED
            units = units_of(material, folds)
        else:
            folds[whole_units(units, torn) & inside] = FREE
    critical = material.critical & (folds != EXCLUDED)
    new = whole_units(units, critical) & (folds == FREE)
    # Units are numbered by their first row, which has the least id.
    numbered, number = np.unique(units[new], return_inverse=True)
    held = np.unique(folds[folds >= k])
    candidates = np.setdiff1d(np.arange(k, k + len(held) + len(numbered)), held)
    folds[new] = candidates[number.reshape(-1)]
    alone = folds >= k
    others = alone & ~whole_units(units, critical)
    n_others = len(np.unique(folds[others]))
    warnings = (
        (
            f"{n_others:,} fold{'s' if n_others > 1 else ''} left out before "
            f"hold{'' if n_others > 1 else 's'} no row of the subgroup any more "
            f"({spoken(plan.subgroup)})",
        )
        if n_others
        else ()
    )
    return LeftOut(units, folds, int(folds[alone].max(initial=k - 1)) + 1 - k, warnings)


def require_apart(material: Material, plan: FoldPlan, found: Settled) -> None:
    """Refuse to bring maps together that left different units out under one number.

    Raises
    ------
    Refused
        With the first such fold.
    """
    alone = found.folds >= plan.n_splits
    pairs = np.unique(np.stack([found.folds[alone], found.units[alone]]), axis=1)
    twice = np.flatnonzero(np.diff(pairs[0]) == 0)
    if twice.size:
        fold, unit = pairs[:, twice[0]]
        _, other = pairs[:, twice[0] + 1]
        rows = [material.ids[int(np.flatnonzero(found.units == each)[0])] for each in (unit, other)]
        raise Refused(
            f"fold {fold} holds two units left out by themselves, that of row {rows[0]!r} and that "
            f"of row {rows[1]!r}: both maps have made folds of their own",
            where="fold maps",
            remedy="Grow one of the maps on the whole table instead: fold-guard fold --extend.",
        )


_WAYS = (
    "Correct the values if they are wrong, or choose --on-conflict exclude (the rows of the "
    "subgroup are left out of every round) or move (each such unit to a fold of its own)."
)


def _torn(
    material: Material, plan: FoldPlan, units: IntArray, folds: IntArray, torn: BoolArray
) -> str:
    at = np.flatnonzero(torn)
    shown = ", ".join(f"{material.ids[int(row)]!r} (fold {folds[row]})" for row in at[:_SHOWN])
    count = len(np.unique(units[torn]))
    return (
        f"{count:,} unit{'s' if count > 1 else ''} dealt before now "
        f"hold{'' if count > 1 else 's'} a row of the subgroup ({spoken(plan.subgroup)}): "
        f"row{'s' if len(at) > 1 else ''} {shown}" + (" ..." if len(at) > _SHOWN else "")
    )
