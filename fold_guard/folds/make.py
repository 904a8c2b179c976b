"""Make a fold map from a table and a plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fold_guard.dataset.frames import to_polars
from fold_guard.dataset.roles import Roles
from fold_guard.errors import UsageError
from fold_guard.folds.assembly import assembled, table_of
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.growth.lineage import Kin
from fold_guard.folds.layouts import deal
from fold_guard.folds.material import read_material
from fold_guard.folds.nesting import deal_nested
from fold_guard.folds.plan import FoldPlan


def make_folds(
    frame: Any,
    plan: FoldPlan,
    *,
    id: str | Sequence[str],
    label: str | Sequence[str] | None = None,
    groups: str | Sequence[str] = (),
    time: str | None = None,
    evaluation_time: str | None = None,
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
    label : str or sequence of str, optional
        Needed by strategies that balance it. Several columns are several labels a row: one
        indicator column (0 and 1) each.
    groups : str or sequence of str
        Keys; rows that share any of them stay together. Nulls link nothing.
    time : str, optional
        Needed by ``forward`` and the purged strategies: the time of prediction.
    evaluation_time : str, optional
        When the label is known; purged strategies keep intervals that overlap apart.

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
    if not isinstance(plan, FoldPlan):
        raise UsageError(
            f"a plan is asked for, got {plan!r}", remedy='For instance FoldPlan("stratified").'
        )
    roles = Roles.of(id, label, groups, time, evaluation_time)
    return FoldMap.of(made(to_polars(frame), plan, roles))


def made(frame: Any, plan: FoldPlan, roles: Roles) -> Kin:
    """Deal the rows of a table to folds, roles given as one."""
    material = read_material(frame, roles, plan)
    dealt = deal(material, plan)
    inner = deal_nested(material, plan, dealt) if plan.inner_splits else None
    return assembled(material, plan, dealt, table=table_of(material, dealt.folds, inner))
