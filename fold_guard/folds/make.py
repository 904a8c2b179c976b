"""Make a fold map from a table and a plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.frames import to_polars
from fold_guard.dataset.instants import instants
from fold_guard.dataset.labels import Classes, as_text, classes, codes_of
from fold_guard.dataset.roles import Roles
from fold_guard.errors import DataError, UsageError
from fold_guard.folds.feasibility import require_feasible
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.manifest import (
    FORMAT,
    BalanceFacts,
    DatasetFacts,
    FoldFacts,
    Hashes,
    Manifest,
    UnitFacts,
    fold_map_digest,
)
from fold_guard.folds.plan import FoldPlan
from fold_guard.identity.digests import dataset_digest, row_digests
from fold_guard.identity.hashing import xxh64_ids
from fold_guard.identity.row_ids import examine_ids, require_usable, row_ids
from fold_guard.partition.assignment import assign_units
from fold_guard.partition.balance import class_balance
from fold_guard.partition.blocks import time_blocks
from fold_guard.partition.units import connected_units, count_matrix

IntArray = npt.NDArray[np.int64]


def make_folds(
    frame: Any,
    plan: FoldPlan,
    *,
    id: str | Sequence[str],
    label: str | None = None,
    groups: str | Sequence[str] = (),
    time: str | None = None,
) -> FoldMap:
    """Deal the rows of a table to folds.

    The map depends on row ids, labels, groups, time and seed alone, not on the order of rows or
    columns, the file format, or the width of integers.

    Parameters
    ----------
    frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table
    plan : FoldPlan
    id : str or sequence of str
        The column or columns that name a row.
    label : str, optional
        Needed by strategies that balance classes.
    groups : str or sequence of str
        Keys; rows that share any of them stay together. Nulls link nothing.
    time : str, optional
        Needed by ``forward``.

    Returns
    -------
    FoldMap

    Raises
    ------
    UsageError
        An unknown column, or a role that the strategy needs is missing.
    DataError
        Null or repeated ids, null labels, one class only, null times.
    InfeasibleError
        No assignment satisfies the plan; the message says what would.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"row": [1, 2, 3, 4], "y": ["a", "a", "b", "b"]})
    >>> folds = make_folds(table, FoldPlan("stratified", n_splits=2), id="row", label="y")
    >>> sorted(folds.to_frame()["fold"])
    [0, 0, 1, 1]
    """
    table = to_polars(frame)
    named = (id,) if isinstance(id, str) else tuple(id)
    keys = (groups,) if isinstance(groups, str) else tuple(groups)
    roles = Roles(named, label, keys, time).resolve(table.columns, source="table")
    _require_roles(plan, roles)
    ids = row_ids(table, roles.id)
    require_usable(examine_ids(ids), source=f"id {', '.join(roles.id)}")
    known = _classes(table, roles, ids, needed=plan.balances_classes)
    units, folds, warnings = _assign(table, roles, plan, ids, known)
    return _fold_map(table, roles, plan, ids, known, units, folds, warnings)


def _require_roles(plan: FoldPlan, roles: Roles) -> None:
    missing = [
        (role, option)
        for role, option, needed, given in (
            ("an id", "id", True, bool(roles.id)),
            ("a label", "label", plan.balances_classes, roles.label is not None),
            ("a group key", "groups", plan.keeps_groups, bool(roles.groups)),
            ("a time column", "time", plan.strategy == "forward", roles.time is not None),
        )
        if needed and not given
    ]
    if missing:
        role, option = missing[0]
        raise UsageError(
            f"strategy {plan.strategy!r} needs {role}",
            remedy=f"Name the column: {option} (params: data.roles.{option}).",
        )


def _classes(table: pl.DataFrame, roles: Roles, ids: pl.Series, *, needed: bool) -> Classes | None:
    if roles.label is None:
        return None
    series = table[roles.label]
    if series.dtype.is_float() and not needed:
        whole = series.fill_nan(None).drop_nulls()
        if (whole != whole.round()).any():
            return None
    known = classes(series)
    null = np.flatnonzero(known.codes < 0)
    if null.size:
        raise DataError(
            f"{null.size:,} rows have no label, the first is row id {ids[int(null[0])]!r}",
            where=f"column {roles.label}",
            remedy="Label the rows or leave them out of the table.",
        )
    return known


def _assign(
    table: pl.DataFrame, roles: Roles, plan: FoldPlan, ids: pl.Series, known: Classes | None
) -> tuple[IntArray, IntArray, tuple[str, ...]]:
    linked = plan.keeps_groups or (plan.strategy == "forward" and plan.purge_groups)
    keys = [codes_of(table[name])[0] for name in roles.groups] if linked else []
    units = connected_units(table.height, keys)
    if plan.strategy == "forward":
        assert roles.time is not None
        when = instants(table[roles.time])
        if not when.known.all():
            first = int(np.flatnonzero(~when.known)[0])
            raise DataError(
                f"{int((~when.known).sum()):,} rows have no time, "
                f"the first is row id {ids[first]!r}",
                where=f"column {roles.time}",
                remedy="Fill the times in or leave the rows out of the table.",
            )
        return units, time_blocks(when.values, plan.n_splits), ()
    warnings = require_feasible(plan, units, known, group_names=roles.groups)
    strata = known.codes if plan.balances_classes and known is not None else None
    counts = count_matrix(units, strata)
    return units, assign_units(counts, _rank(ids, units, plan.seed), plan.n_splits)[units], warnings


def _rank(ids: pl.Series, units: IntArray, seed: int) -> IntArray:
    """Order units by the smallest seeded hash among their rows; the id itself breaks a tie."""
    order = (
        pl.DataFrame({"hash": xxh64_ids(ids, seed), "id": ids, "unit": units})
        .sort("hash", "id")["unit"]
        .to_numpy()
    )
    _, first = np.unique(order, return_index=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank


def _fold_map(
    table: pl.DataFrame,
    roles: Roles,
    plan: FoldPlan,
    ids: pl.Series,
    known: Classes | None,
    units: IntArray,
    folds: IntArray,
    warnings: tuple[str, ...],
) -> FoldMap:
    digests = row_digests(table)
    columns = {"row_id": ids, "fold": pl.Series(folds)}
    if roles.label is not None:
        columns["label"] = as_text(table[roles.label])
    columns["row_digest"] = digests
    mapped = pl.DataFrame(columns).sort("row_id")
    counts = count_matrix(folds, known.codes if known is not None else None)
    reached = class_balance(counts)
    manifest = Manifest(
        format=FORMAT,
        plan=plan,
        scheme=plan.scheme,
        hashes=Hashes(),
        dataset=DatasetFacts(
            digest=dataset_digest(ids, digests, table.columns),
            rows=table.height,
            columns=table.width,
            id=roles.id,
            label=roles.label,
            groups=roles.groups,
            time=roles.time,
        ),
        digest=fold_map_digest(mapped["row_id"], mapped["fold"], plan, roles),
        classes=known.names if known is not None else (),
        folds=tuple(
            FoldFacts(fold, int(row.sum()), tuple(map(int, row)) if known is not None else ())
            for fold, row in enumerate(counts)
        ),
        units=UnitFacts(int(units.max()) + 1, int(np.bincount(units).max())),
        balance=BalanceFacts(
            max_share_deviation=reached.max_share_deviation,
            mean_share_deviation=reached.mean_share_deviation,
            lower_bound=reached.lower_bound,
            bound_reached=reached.bound_reached,
            size_cv=reached.size_cv,
        ),
        warnings=warnings,
    )
    return FoldMap(mapped, manifest)
