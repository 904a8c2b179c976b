"""Take the frame that the user has (pandas, polars, Arrow) and hand on polars."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import polars as pl

from fold_guard.dataset.columns import Columns
from fold_guard.errors import DataError, UsageError


def to_polars(frame: Any) -> pl.DataFrame:
    """Return the frame as polars; a pandas index is dropped because it is no column.

    Parameters
    ----------
    frame : polars.DataFrame, polars.LazyFrame, pandas.DataFrame or pyarrow.Table

    Raises
    ------
    UsageError
        Not a table.
    DataError
        A column that mixes types (a pandas ``object`` column of numbers and text, or of datetimes
        with and without a time zone).

    Examples
    --------
    >>> import pandas as pd
    >>> to_polars(pd.DataFrame({"a": [1, 2]}))["a"].to_list()
    [1, 2]
    """
    if isinstance(frame, pl.DataFrame):
        return frame
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    kind = type(frame).__module__.partition(".")[0]
    if kind == "pandas" and hasattr(frame, "columns"):
        names = [str(name) for name in frame.columns]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DataError(
                f"{len(twice):,} column names occur more than once",
                where=f"column {twice[0]}",
                remedy="Rename or drop the copies.",
            )
        return pl.DataFrame(
            {str(name): _from_pandas(frame[name], str(name)) for name in frame.columns}
        )
    if kind == "pyarrow":
        table = pl.from_arrow(frame)
        if isinstance(table, pl.DataFrame):
            return table
    remedy = "Pass a pandas or polars DataFrame or an Arrow table."
    if is_lazy(frame):
        remedy += " A frame that stays where it is can be audited by its fold column alone."
    raise UsageError(f"expected a table, got {type(frame).__name__}", remedy=remedy)


def to_columns(frame: Any) -> Columns:
    """Return a table whose columns are at hand, or are read when they are asked for.

    Parameters
    ----------
    frame : Columns, or what `to_polars` takes
    """
    return frame if isinstance(frame, Columns) else Columns.of(to_polars(frame))


_LAZY = frozenset({"dask", "duckdb", "ibis", "pyspark", "sqlframe"})


def is_lazy(frame: Any) -> bool:
    """Whether a frame stays where it is: its rows are no one's to copy into memory.

    >>> is_lazy(pl.LazyFrame()), is_lazy(pl.DataFrame())
    (True, False)
    """
    return isinstance(frame, pl.LazyFrame) or type(frame).__module__.partition(".")[0] in _LAZY


def _from_pandas(column: Any, name: str) -> pl.Series:
    if column.dtype == object:
        require_one_calendar(column, where=f"column {name}")
    try:
        series: pl.Series = pl.from_pandas(column, nan_to_null=True)
        return series.alias(name)
    except Exception as error:  # pyarrow raises several kinds for one cause
        kinds = {type(value).__name__ for value in column.dropna()}
        shown = ", ".join(sorted(kinds))
        raise DataError(
            f"the column mixes types ({shown})"
            if len(kinds) > 1
            else f"cannot read values of {shown}",
            where=f"column {name}",
            remedy="Convert it to one type, for instance with astype(str).",
        ) from error


def require_one_calendar(values: Iterable[Any], *, where: str) -> None:
    """Refuse dates among datetimes, and datetimes with a time zone among those without.

    Arrow and polars would cut the first down to dates, and take a time zone for the second.

    Parameters
    ----------
    values : iterable of object
        Read twice; what is no date is passed over.
    where : str

    Raises
    ------
    DataError
        More than one of the three kinds.

    Examples
    --------
    >>> require_one_calendar([date(2020, 5, 4), None, date(2020, 5, 6)], where="column day")
    """
    if not any(issubclass(kind, date) for kind in set(map(type, values))):
        return
    # pandas' NaT is a datetime, and equal to nothing.
    kinds = {_calendar(each) for each in values if isinstance(each, date) and each == each}
    if len(kinds) > 1:
        raise DataError(
            f"the column mixes types ({', '.join(sorted(kinds))})",
            where=where,
            remedy="Convert it to one type, for instance with astype(str)."
            if "date" in kinds
            else "Give every datetime a time zone, or none.",
        )


def _calendar(value: date) -> str:
    if not isinstance(value, datetime):
        return "date"
    return "datetime" if value.tzinfo is None else "datetime with a time zone"
