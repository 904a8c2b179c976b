"""Classes with fewer units than there are folds: refused, named, merged or kept in training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from fold_guard.dataset.strata import Strata
from fold_guard.folds.plan import OTHERS, FoldPlan, RareClass
from fold_guard.suggest import did_you_mean

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Treated:
    """Strata after every rare class has had its policy.

    Attributes
    ----------
    strata : Strata
        To be balanced: merged classes are one stratum.
    pinned : ndarray of bool, shape (n_rows,)
        Rows of units that are always trained on.
    refused : tuple of int
        Rare classes whose policy is to fail.
    warnings : tuple of str
    """

    strata: Strata
    pinned: BoolArray
    refused: tuple[int, ...]
    warnings: tuple[str, ...]


def units_by_stratum(units: IntArray, strata: Strata) -> IntArray:
    """Count the units that have a row in each stratum, shape (n_strata,)."""
    n_strata = len(strata.names)
    if strata.indptr is None and int(units.max(initial=-1)) + 1 == len(units):
        codes = strata.codes if strata.codes.min(initial=0) >= 0 else strata.codes + 1
        rows = np.bincount(codes, minlength=n_strata + (codes is not strata.codes))
        return rows[-n_strata:].astype(np.int64)
    of_entry = units[strata.rows] if strata.indptr is not None else units
    known = strata.codes >= 0
    pairs = np.unique(of_entry[known] * n_strata + strata.codes[known])
    return np.bincount(pairs % n_strata, minlength=n_strata).astype(np.int64)


def treat_rare(plan: FoldPlan, units: IntArray, strata: Strata, spread: IntArray) -> Treated:
    """Give each rare class what the plan has for it.

    Parameters
    ----------
    plan : FoldPlan
    units : ndarray of int64, shape (n_rows,)
    strata : Strata
    spread : ndarray of int64, shape (n_strata,)
        As `units_by_stratum` gives it.
    """
    nothing = np.zeros(len(units), dtype=np.bool_)
    rare = np.flatnonzero(spread < plan.n_splits)
    by_policy: dict[RareClass, list[int]] = {each: [] for each in get_args(RareClass)}
    for each in rare:
        by_policy[plan.rare_policy(strata.names[each])].append(int(each))
    warnings = [*_unknown(plan, strata), *_warning(plan, by_policy["warn"], strata, spread)]
    pinned = nothing
    if by_policy["pin_to_train"]:
        hit = np.isin(strata.codes, by_policy["pin_to_train"])
        pinned = np.isin(units, units[strata.rows[hit]])
        said = (
            f"{pinned.sum():,} rows are in no test set, for their units hold a class that is "
            f"pinned to the train side: {_named(by_policy['pin_to_train'], strata, spread)}"
        )
        warnings += [said] if pinned.any() else []
    if by_policy["merge"]:
        strata = _merged(strata, by_policy["merge"])
        found = int(units_by_stratum(units, strata)[-1])
        text = f"rare classes are balanced as one: {_named(by_policy['merge'], strata, spread)}"
        if found < plan.n_splits:
            text += f"; together they have {found} {_noun(plan)}, still fewer than the folds need"
        warnings.append(text)
    return Treated(strata, pinned, tuple(by_policy["fail"]), tuple(warnings))


def rare_classes(plan: FoldPlan, rare: list[int], strata: Strata, spread: IntArray) -> str:
    """Say which classes are too rare, the rarest first."""
    return (
        f"{len(rare):,} of {len(strata.names):,} classes occur in fewer {_noun(plan)} than the "
        f"{plan.n_splits} folds need: {_named(rare, strata, spread)}"
    )


def _unknown(plan: FoldPlan, strata: Strata) -> list[str]:
    # No error: the class may be one that this table happens to have no row of.
    names = [name for name in plan.rare_classes if name not in (OTHERS, *strata.names)]
    return [
        f"rare_class names {name!r}, and no row has it. {did_you_mean(name, strata.names)}".strip()
        for name in names
    ]


def _warning(plan: FoldPlan, rare: list[int], strata: Strata, spread: IntArray) -> list[str]:
    return [rare_classes(plan, rare, strata, spread)] if rare else []


def _named(rare: list[int], strata: Strata, spread: IntArray) -> str:
    order = sorted(rare, key=lambda each: (spread[each], each))[:_SHOWN]
    named = ", ".join(f"{strata.names[each]!r} ({spread[each]})" for each in order)
    return named + (f" and {len(rare) - _SHOWN:,} more" if len(rare) > _SHOWN else "")


def _noun(plan: FoldPlan) -> str:
    return "groups" if plan.keeps_groups else "rows"


def _merged(strata: Strata, rare: list[int]) -> Strata:
    """Give merged classes one more stratum, the last; their own stay, and stay empty."""
    codes = np.where(np.isin(strata.codes, rare), len(strata.names), strata.codes)
    names = (*strata.names, "merged")
    if strata.indptr is None:
        return Strata(names, codes)
    # A row with two of the merged labels counts once.
    pairs = np.unique(strata.rows * len(names) + codes)
    lengths = np.bincount(pairs // len(names), minlength=len(strata.indptr) - 1)
    return Strata(names, pairs % len(names), np.concatenate([[0], np.cumsum(lengths)]))
