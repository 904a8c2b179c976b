"""Build the subject of the checks from a frame that stays where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from fold_guard.checks.subjects.lazy_subject import LazySubject
from fold_guard.checks.subjects.prepare import whole_folds
from fold_guard.dataset.lazy_table import LazyTable
from fold_guard.dataset.roles import Roles
from fold_guard.errors import DataError
from fold_guard.folds.plan import Scheme
from fold_guard.identity.row_ids import FEW, SHOWN, RowIdentity, row_ids


def subject_of_lazy(
    frame: Any, fold: str, roles: Roles, scheme: Scheme, *, source: str = "table"
) -> LazySubject:
    """Take the folds from a column of a lazy frame.

    Parameters
    ----------
    frame : polars.LazyFrame, duckdb.DuckDBPyRelation, PySpark, Dask or other lazy frame
        Whatever narwhals knows.
    fold : str
        Whole numbers: 0..k-1, -1 for rows in no test set, -2 for rows in neither side.
    roles : Roles
        As the user named them.
    scheme : {"kfold", "forward"}
    source : str
        What messages call the table.

    Raises
    ------
    UsageError
        An unknown column.
    DataError
        A fold that is missing or no whole number; no rows.
    """
    table = LazyTable.of(frame)
    unstated = roles.features is None
    roles = roles.resolve(table.names, source=source, fold=fold)
    by_fold = table.count([fold])
    n_rows = int(by_fold["rows"].sum())
    if not n_rows:
        raise DataError("the table has no rows", where=source)
    folds = whole_folds(by_fold[fold], None, n_rows, source)
    order = folds.argsort()
    unnamed: tuple[str, ...] = ()
    if unstated:
        unnamed = table.unique_in_every_row(roles.features or (), n_rows) if n_rows > FEW else ()
        kept = tuple(each for each in roles.features or () if each not in unnamed)
        roles = replace(roles, features=kept)
    return LazySubject(
        table=table,
        fold=fold,
        folds=folds[order],
        fold_rows=by_fold["rows"].to_numpy()[order],
        roles=roles,
        scheme=scheme,
        identity=_identity(table, roles.id, n_rows),
        has_ids=bool(roles.id),
        taken_for_ids=unnamed,
    )


def _identity(table: LazyTable, id: Sequence[str], n_rows: int) -> RowIdentity:
    if not id:
        return RowIdentity(n_rows, 0, 0)
    missing, repeated, extra = table.missing_and_repeated(id, SHOWN)
    examples = row_ids(repeated, tuple(id)) if repeated.height else pl.Series([], dtype=pl.Int64)
    return RowIdentity(
        rows=n_rows,
        null_ids=missing,
        duplicate_ids=extra,
        duplicate_examples=tuple(examples.to_list()),
    )
