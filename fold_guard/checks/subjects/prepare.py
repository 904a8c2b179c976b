"""Build the subject of the checks from a fold map, or from a table with a fold column."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.subjects.table_subject import TableSubject
from fold_guard.dataset.columns import Columns
from fold_guard.dataset.labels import as_text
from fold_guard.dataset.roles import Roles
from fold_guard.errors import DataError
from fold_guard.folds.fold_map import FoldMap, match_ids
from fold_guard.folds.plan import Scheme
from fold_guard.folds.reconciliation import reconcile
from fold_guard.identity.row_ids import examine_ids, row_ids
from fold_guard.partition.rounds import EXCLUDED, forward_rounds, kfold_rounds

IntArray = npt.NDArray[np.int64]
_FOLDS = "Folds are 0, 1, ...; -1 stands for a row that is in no test set, -2 for one in no side."


def subject_of_map(
    fold_map: FoldMap, frame: pl.DataFrame, roles: Roles, digests: pl.Series | None = None
) -> TableSubject:
    """Join a table with its fold map.

    Parameters
    ----------
    fold_map : FoldMap
    frame : polars.DataFrame
        All columns of the table; rows that the map does not know are reconciled, not checked.
    roles : Roles
        Resolved against the table.
    digests : polars.Series of UInt64, optional
        Of the table's rows, when they are known already.
    """
    ids = row_ids(frame, roles.id)
    identity = examine_ids(ids)
    present = ids.is_not_null()
    digests = None if digests is None else digests.filter(present)
    frame, ids = frame.filter(present), ids.filter(present)
    reconciliation = reconcile(fold_map, frame, ids, digests)
    found = match_ids(ids, fold_map.table)
    mapped = found["fold"].is_not_null()
    frame, ids, found = frame.filter(mapped), ids.filter(mapped), found.filter(mapped)
    folds = np.stack([found[name].to_numpy() for name in fold_map.manifest.fold_columns])
    plan = fold_map.manifest.plan
    return TableSubject(
        table=Columns.of(frame),
        roles=roles,
        row_ids=ids,
        folds=folds[0],
        repeats=folds,
        rounds=fold_map.rounds(frame, folds),
        scheme=plan.scheme,
        identity=identity,
        reconciliation=reconciliation,
        traits=plan.traits,
        n_dealt=None if plan.leave_out is None else plan.n_splits,
    )


def subject_of_column(
    table: Columns,
    fold: str,
    roles: Roles,
    scheme: Scheme,
    *,
    source: str = "table",
    taken_for_ids: tuple[str, ...] = (),
) -> TableSubject:
    """Take the folds from a column of the table.

    Parameters
    ----------
    table : Columns
    fold : str
        Whole numbers: 0..k-1, -1 for rows in no test set, -2 for rows in neither side.
    roles : Roles
        Resolved against the table.
    scheme : {"kfold", "forward"}
    source : str
        The file, for messages.
    taken_for_ids : tuple of str
        Columns that were left out of the features because every row has its own value there.

    Raises
    ------
    DataError
        A fold that is missing or no whole number, with its row.
    """
    ids = _ids(table, roles)
    folds = whole_folds(table[fold], ids, table.height, source)
    identity, ids = examine_ids(ids), named_rows(ids)
    rounds = kfold_rounds(folds) if scheme == "kfold" else forward_rounds(folds)
    return TableSubject(
        table=table,
        roles=roles,
        row_ids=ids,
        folds=folds,
        rounds=rounds,
        scheme=scheme,
        identity=identity,
        has_ids=bool(roles.id),
        taken_for_ids=taken_for_ids,
    )


def _ids(table: Columns, roles: Roles) -> pl.Series:
    if roles.id:
        return row_ids(table.select(roles.id), roles.id)
    return pl.Series("row_id", np.arange(table.height, dtype=np.int64))


def named_rows(ids: pl.Series, names: pl.Series | None = None) -> pl.Series:
    """Return ids in which a row without one, which stays under check, has a name of its own.

    Parameters
    ----------
    ids : polars.Series of Int64 or String
    names : polars.Series of String, optional
        What such rows are called; default: ``row 0``, by position.

    Examples
    --------
    >>> named_rows(pl.Series([7, None])).to_list()
    ['7', 'row 1']
    """
    if not ids.null_count():
        return ids
    if names is None:
        names = pl.Series([f"row {at}" for at in range(len(ids))], dtype=pl.String)
    return pl.select(pl.coalesce(ids.cast(pl.String), names).alias("row_id")).to_series()


def whole_folds(series: pl.Series, ids: pl.Series | None, n_rows: int, source: str) -> IntArray:
    """Return folds as whole numbers.

    Parameters
    ----------
    series : polars.Series
        Of the rows, or the distinct folds of all rows.
    ids : polars.Series, optional
        Of the rows, to name the first fold that is wrong.
    n_rows : int
        How many rows there are.
    source : str
        The file, for messages.

    Raises
    ------
    DataError
        A fold that is missing or no whole number, with its row; fewer than two folds, or more
        than rows.
    """
    where = f"{source}, column {series.name}"
    # Several Series methods look the column up by name, where ^f$ would be a pattern.
    name, series = series.name, series.alias("fold")
    numeric = series.dtype.is_integer() or series.dtype.is_float()
    whole = series.fill_nan(None) if series.dtype.is_float() else series
    whole = whole.cast(pl.Int64, strict=False) if numeric else pl.Series([None] * len(series))
    same = (whole == series) if numeric else pl.Series([False] * len(series))
    wrong = np.flatnonzero(~same.fill_null(False).to_numpy())
    if wrong.size:
        first = int(wrong[0])
        # As text: Python has no dates beyond the year 9999.
        found = series[first] if numeric else as_text(series.alias(name))[first]
        raise DataError(
            f"{wrong.size:,} folds are no whole number, the first is {found!r}" + _row(ids, first),
            where=where,
            remedy=_FOLDS,
        )
    folds = whole.to_numpy()
    if not folds.size:
        raise DataError("the table has no rows", where=source, remedy="Write the table again.")
    if folds.min() < EXCLUDED:
        first = int(np.flatnonzero(folds < EXCLUDED)[0])
        raise DataError(
            f"fold {folds[first]}{_row(ids, first)} is below {EXCLUDED}",
            where=where,
            remedy=_FOLDS,
        )
    if folds.max() < 1 or folds.max() > n_rows:
        raise DataError(
            f"folds run from {folds.min()} to {folds.max()}; at least the folds 0 and 1, and no "
            "more folds than rows, are needed",
            where=where,
            remedy="Number the folds 0..k-1.",
        )
    return folds


def _row(ids: pl.Series | None, at: int) -> str:
    return "" if ids is None else f" in row {ids[at]!r}"
