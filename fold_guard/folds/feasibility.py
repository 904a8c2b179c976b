"""Refuse plans that no assignment can satisfy, before any work and with the nearest that can."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fold_guard.dataset.strata import Strata
from fold_guard.errors import DataError, InfeasibleError
from fold_guard.folds.plan import FoldPlan
from fold_guard.folds.rare import Treated, rare_classes, treat_rare, units_by_stratum
from fold_guard.partition.giant import KeyPart, largest_unit

IntArray = npt.NDArray[np.int64]
_VALUE = 40


def require_feasible(
    plan: FoldPlan,
    units: IntArray,
    strata: Strata | None,
    *,
    group_names: tuple[str, ...] = (),
    keys: tuple[IntArray, ...] = (),
    key_values: tuple[list[object], ...] = (),
) -> Treated:
    """Check units and classes against a plan that deals units to k folds.

    Parameters
    ----------
    plan : FoldPlan
    units : ndarray of int64, shape (n_rows,)
        0..n_units-1, each at least once.
    strata : Strata or None
        What the plan balances.
    group_names, keys, key_values : tuple
        The group keys, for the message: names, codes of each row, what the codes stand for.

    Returns
    -------
    Treated
        Warnings, where the plan asked for a warning instead of a refusal, and what becomes of
        rare classes.

    Raises
    ------
    DataError
        One class only.
    InfeasibleError
        More folds than units, a class rarer than k, a unit larger than n/k.
    """
    sizes = np.bincount(units)
    spread = None if strata is None else units_by_stratum(units, strata)
    # A fixed list of labels may hold one that no row has; of classes only those that occur.
    if strata is not None and strata.indptr is None and len(strata.names) < 2:
        if plan.traits.strata == "bins":
            raise DataError(
                "every row falls into one bin of the label: there is nothing to balance",
                remedy="Use more bins (n_bins) or other bin_edges, or strategy kfold or group.",
            )
        raise DataError(
            f"there is one class only, {', '.join(map(repr, strata.names))}",
            remedy="Check the label column; classes cannot be balanced.",
        )
    if strata is None or spread is None or plan.traits.strata == "bins":
        # Nobody scores a bin: one with few rows is no loss.
        treated = Treated(strata or _nothing(units), np.zeros(len(units), dtype=np.bool_), (), ())
    else:
        treated = treat_rare(plan, units, strata, spread)
    most = _most_splits(plan, sizes, spread, treated)
    giant = _giant(units, group_names, keys, key_values)
    _require_units(plan, units, treated, most, giant)
    warnings = [*_oversized(plan, units, sizes, most, group_names, giant)]
    if treated.refused and strata is not None and spread is not None:
        advice = "Drop or merge such classes"
        if len(strata.names) * plan.n_splits > len(units):
            advice += " (so many classes suggest an id or a measure, not a label)"
        raise InfeasibleError(
            rare_classes(plan, list(treated.refused), strata, spread),
            remedy=_remedy(most, advice, "set rare_class: warn, merge or pin_to_train"),
        )
    return Treated(treated.strata, treated.pinned, treated.refused, (*warnings, *treated.warnings))


def _nothing(units: IntArray) -> Strata:
    return Strata((), np.full(len(units), -1, dtype=np.int64))


def _require_units(
    plan: FoldPlan, units: IntArray, treated: Treated, most: int, giant: Giant
) -> None:
    noun = "groups" if plan.keeps_groups else "rows"
    left = int(units.max(initial=-1)) + 1
    if pinned := bool(treated.pinned.any()):
        left = len(np.unique(units[~treated.pinned]))
    if left < plan.n_splits:
        text = f"{plan.n_splits} folds need at least {plan.n_splits} {noun}"
        text += " that are not pinned to the train side" if pinned else ""
        linked, ways = giant()
        raise InfeasibleError(
            f"{text}, there are {left}" + (f"; {linked}" if linked else ""),
            remedy=_remedy(min(most, left), *(ways or ["Add data"])),
        )


Giant = Callable[[], tuple[str, list[str]]]


def _giant(
    units: IntArray,
    names: tuple[str, ...],
    keys: tuple[IntArray, ...],
    values: tuple[list[object], ...],
) -> Giant:
    """Return what says which key makes the largest group, and what to do; asked for when needed."""

    def diagnosis() -> tuple[str, list[str]]:
        if len(keys) < 2:
            return "", []
        parts = largest_unit(units, keys)
        least = min(range(len(parts)), key=lambda at: parts[at].without)
        smaller = parts[least].without < int(np.bincount(units).max())
        way = f"Leave key {names[least]!r} out, or the values that link most"
        return _linked(parts, names, values), [way] if smaller else []

    return diagnosis


def _oversized(
    plan: FoldPlan,
    units: IntArray,
    sizes: IntArray,
    most: int,
    group_names: tuple[str, ...],
    giant: Giant,
) -> list[str]:
    largest = int(sizes.max())
    if not plan.keeps_groups or largest * plan.n_splits <= len(units):
        return []
    text = (
        f"the largest group ({' and '.join(group_names)}) has {largest:,} of {len(units):,} rows, "
        f"more than one fold in {plan.n_splits} holds: folds cannot be of equal size"
    )
    ways = ["Use another group key"]
    linked, smaller = giant()
    text += f"; {linked}" if linked else ""
    ways = smaller or ways
    if plan.oversized_group == "fail":
        raise InfeasibleError(
            text,
            where=f"row position {int(np.flatnonzero(units == sizes.argmax())[0])}",
            remedy=_remedy(most, *ways, "set oversized_group: warn"),
        )
    return [text]


def _linked(
    parts: tuple[KeyPart, ...], names: tuple[str, ...], values: tuple[list[object], ...]
) -> str:
    """Say what each key does to the largest unit, the key that links most first."""
    texts = []
    for at in sorted(range(len(parts)), key=lambda at: (parts[at].without, at)):
        linking = [
            f"{_short(values[at][code])} ({rows:,} rows, joins {joined:,} units)"
            for code, rows, joined in parts[at].values
            if joined > 1
        ]
        text = f"without {names[at]!r} it would have {parts[at].without:,} rows"
        texts.append(f"{text}; {names[at]} {', '.join(linking)}" if linking else text)
    return "; ".join(texts)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _VALUE else f"{text[: _VALUE - 1]}…"


def _most_splits(plan: FoldPlan, sizes: IntArray, spread: IntArray | None, treated: Treated) -> int:
    """Return the largest number of folds that meets every condition at once."""
    limits = [len(sizes)]
    if plan.keeps_groups and plan.oversized_group == "fail":
        limits.append(int(sizes.sum()) // int(sizes.max()))
    if spread is not None and treated.refused:
        limits.append(int(spread[list(treated.refused)].min()))
    return min(limits)


def _remedy(most: int, *others: str) -> str:
    ways = [*([f"Use n_splits <= {most}"] if most > 1 else []), *others]
    return f"{', or '.join([ways[0], *(w[0].lower() + w[1:] for w in ways[1:])])}."
