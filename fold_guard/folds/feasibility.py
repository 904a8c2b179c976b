"""Refuse plans that no assignment can satisfy, before any work and with the nearest that can."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fold_guard.dataset.labels import Classes
from fold_guard.errors import DataError, InfeasibleError
from fold_guard.folds.plan import FoldPlan

IntArray = npt.NDArray[np.int64]
_SHOWN = 5


def require_feasible(
    plan: FoldPlan, units: IntArray, classes: Classes | None, *, group_names: tuple[str, ...]
) -> tuple[str, ...]:
    """Check units and classes against a plan.

    Parameters
    ----------
    plan : FoldPlan
    units : ndarray of int64, shape (n_rows,)
    classes : Classes or None
        Needed when the plan balances classes.
    group_names : tuple of str
        For the message.

    Returns
    -------
    tuple of str
        Warnings, where the plan asked for a warning instead of a refusal.

    Raises
    ------
    DataError
        One class only.
    InfeasibleError
        More folds than units, a class rarer than k, a unit larger than n/k.
    """
    sizes = np.bincount(units)
    spread = _units_by_class(units, classes) if plan.balances_classes and classes else None
    if spread is not None and len(spread) < 2:
        names = ", ".join(map(repr, classes.names)) if classes is not None else ""
        raise DataError(
            f"there is one class only, {names}",
            remedy="Check the label column; classes cannot be balanced.",
        )
    most = _most_splits(plan, sizes, spread)
    noun = "groups" if plan.keeps_groups else "rows"
    if len(sizes) < plan.n_splits:
        raise InfeasibleError(
            f"{plan.n_splits} folds need at least {plan.n_splits} {noun}, there are {len(sizes)}",
            remedy=_remedy(most, "Add data"),
        )
    warnings = []
    largest = int(sizes.max())
    if plan.keeps_groups and largest * plan.n_splits > len(units):
        keys = " and ".join(group_names)
        text = (
            f"the largest group ({keys}) has {largest:,} of {len(units):,} rows, more than "
            f"one fold in {plan.n_splits} holds: folds cannot be of equal size"
        )
        if plan.oversized_group == "fail":
            raise InfeasibleError(
                text,
                where=f"row position {int(np.flatnonzero(units == sizes.argmax())[0])}",
                remedy=_remedy(most, "Use another group key", "set oversized_group: warn"),
            )
        warnings.append(text)
    if spread is not None and classes is not None and (spread < plan.n_splits).any():
        text = _rare_classes(plan, spread, classes.names)
        if plan.rare_class == "fail":
            advice = "Drop or merge such classes"
            if len(spread) * plan.n_splits > len(units):
                advice += " (so many classes suggest an id or a measure, not a label)"
            raise InfeasibleError(text, remedy=_remedy(most, advice, "set rare_class: warn"))
        warnings.append(text)
    return tuple(warnings)


def _units_by_class(units: IntArray, classes: Classes) -> IntArray:
    pairs = np.unique(np.stack([units, classes.codes]), axis=1)
    return np.bincount(pairs[1], minlength=len(classes.names)).astype(np.int64)


def _most_splits(plan: FoldPlan, sizes: IntArray, spread: IntArray | None) -> int:
    """Return the largest number of folds that meets every condition at once."""
    limits = [len(sizes)]
    if plan.keeps_groups and plan.oversized_group == "fail":
        limits.append(int(sizes.sum()) // int(sizes.max()))
    if spread is not None and plan.rare_class == "fail":
        limits.append(int(spread.min()))
    return min(limits)


def _remedy(most: int, *others: str) -> str:
    ways = [*([f"Use n_splits <= {most}"] if most > 1 else []), *others]
    return f"{', or '.join([ways[0], *(w[0].lower() + w[1:] for w in ways[1:])])}."


def _rare_classes(plan: FoldPlan, spread: IntArray, names: tuple[str, ...]) -> str:
    rare = np.flatnonzero(spread < plan.n_splits)
    noun = "groups" if plan.keeps_groups else "rows"
    order = rare[np.argsort(spread[rare], kind="stable")][:_SHOWN]
    named = ", ".join(f"{names[c]!r} ({spread[c]})" for c in order)
    more = f" and {len(rare) - _SHOWN:,} more" if len(rare) > _SHOWN else ""
    return (
        f"{len(rare):,} of {len(names):,} classes occur in fewer {noun} than the "
        f"{plan.n_splits} folds need: {named}{more}"
    )
