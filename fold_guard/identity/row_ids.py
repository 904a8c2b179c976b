"""Row ids: the user's stable key of a row, as one column of whole numbers or text."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from fold_guard.dataset.instants import calendar_text, require_calendar
from fold_guard.dataset.ordering import ascending
from fold_guard.dataset.prose import FOUR_WORDS, MOST
from fold_guard.errors import DataError, RepeatedIdsError, UsageError
from fold_guard.suggest import did_you_mean

SHOWN = 5
FEW = 20
_START = 1000
_NEARLY = 0.95


@dataclass(frozen=True, slots=True)
class RowIdentity:
    """What is wrong with the ids of a table.

    Attributes
    ----------
    rows, null_ids, duplicate_ids : int
        Rows; rows whose id is null; rows beyond the first of each repeated id.
    null_positions : tuple of int
        Positions (from 0) of the first few rows without an id.
    duplicate_examples : tuple of int or str
        The first few repeated ids, in ascending order.
    every_null : polars.Series of UInt32, or None
        All of those positions; None where the table stayed where it is, and they were counted.
    every_duplicate : polars.Series of Int64 or String, or None
        The id of every row beyond the first that has it, ascending; None likewise.
    """

    rows: int
    null_ids: int
    duplicate_ids: int
    null_positions: tuple[int, ...] = ()
    duplicate_examples: tuple[int | str, ...] = ()
    every_null: pl.Series | None = field(default=None, compare=False, repr=False)
    every_duplicate: pl.Series | None = field(default=None, compare=False, repr=False)


def row_ids(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.Series:
    """Return the ids as one column named ``row_id``.

    Parameters
    ----------
    frame : polars.DataFrame
    columns : tuple of str
        One column, or several that name a row together. Empty: row numbers from 0.

    Returns
    -------
    polars.Series
        Int64 when the id is one column of whole numbers (of any width, also as floats), else
        String; several columns become a JSON list. Null where any part is null.

    Raises
    ------
    UsageError
        An unknown column.
    DataError
        An id column of fractions, or of a type that cannot name a row.

    Examples
    --------
    >>> row_ids(pl.DataFrame({"a": [1.0, 2.0]}), ("a",)).to_list()
    [1, 2]
    >>> row_ids(pl.DataFrame({"a": [1], "b": ["x"]}), ("a", "b")).to_list()
    ['[1, "x"]']
    """
    if not columns:
        return pl.Series("row_id", np.arange(frame.height, dtype=np.int64))
    for name in columns:
        if name not in frame.columns:
            raise UsageError(
                f"there is no id column {name!r}",
                where="table",
                remedy=did_you_mean(name, frame.columns),
            )
    parts = [_plain(frame[name]).alias(f"part{index}") for index, name in enumerate(columns)]
    if len(parts) == 1:
        return parts[0].alias("row_id")
    missing = pl.select(pl.any_horizontal(part.is_null() for part in parts)).to_series()
    joined = [json.dumps(list(row), ensure_ascii=False) for row in zip(*parts, strict=True)]
    return pl.select(
        pl.when(missing).then(None).otherwise(pl.Series(joined, dtype=pl.String)).alias("row_id")
    ).to_series()


def _plain(series: pl.Series) -> pl.Series:
    name, dtype = series.name, series.dtype
    # Several Series methods look the column up by name, where ^id$ would be a pattern.
    series = series.alias("id")
    if dtype.is_float():
        given = series.cast(pl.Float64).fill_nan(None)
        whole = given.cast(pl.Int64, strict=False)
        # From 2**53 on two ids may have become one number; infinity was never an id.
        if (
            not (whole.cast(pl.Float64).eq_missing(given) & (given.abs() < 2.0**53))
            .fill_null(True)
            .all()
        ):
            raise DataError(
                "ids are fractions, infinite or too large for a float to name a row",
                where=f"column {name}",
                remedy="Use a column of whole numbers or text.",
            )
        return whole
    if dtype.is_integer():
        # Beyond 64 bits only text can hold them; mixed with smaller ids all become text.
        whole = series.cast(pl.Int64, strict=False)
        return whole if whole.null_count() == series.null_count() else series.cast(pl.String)
    if isinstance(dtype, pl.Datetime):
        # As many digits as the value needs: the column's unit (ms, us, ns) is the writer's choice.
        require_calendar(series, where=f"column {name}")
        utc = series.dt.convert_time_zone("UTC") if dtype.time_zone else series
        return utc.dt.to_string("%Y-%m-%d %H:%M:%S%.f" + ("Z" if dtype.time_zone else ""))
    if dtype == pl.Date:
        return calendar_text(series.alias(name))
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return series.cast(pl.String)
    if dtype == pl.Null:
        return series.cast(pl.Int64)
    raise DataError(
        f"values of type {dtype} cannot name a row",
        where=f"column {name}",
        remedy="Use a column of whole numbers or text.",
    )


def names_rows(series: pl.Series) -> bool:
    """Whether a column looks like an id: whole numbers or text, none missing, all different.

    Text of four words or more, in most rows, is prose. With `FEW` rows or fewer that all differ
    nothing is proved, and the answer is no.

    >>> names_rows(pl.Series(range(100))), names_rows(pl.Series([1.5, 2.5] * 50))
    (True, False)
    >>> names_rows(pl.Series([f"note {number}" for number in range(100)]))
    True
    >>> names_rows(pl.Series([f"seen {number} times last week" for number in range(100)]))
    False
    """
    text = series.dtype in (pl.String, pl.Categorical, pl.Enum)
    if not (text or series.dtype.is_integer()) or len(series) <= FEW or series.null_count():
        return False
    # Most columns repeat a value soon, and need no look at the rest.
    start = series.head(_START)
    if start.n_unique() < len(start):
        return False
    return series.n_unique() == len(series) and not (text and _is_prose(series))


def nearly_names_rows(series: pl.Series) -> bool:
    """Whether a column may be an id after all, though a few rows lack a value or repeat one.

    Whole numbers (also as floats or decimals), text that is no prose, times and bytes; 19 of 20
    rows have a value of their own. It may be a measurement as well.

    >>> nearly_names_rows(pl.Series([*range(100), 7, None])), nearly_names_rows(pl.Series([1] * 99))
    (True, False)
    """
    dtype, known = series.dtype, series.alias("id").drop_nulls()
    whole = dtype.is_float() or dtype.is_decimal()
    text = dtype in (pl.String, pl.Categorical, pl.Enum)
    kind = whole or text or dtype.is_integer() or dtype.is_temporal() or dtype == pl.Binary
    if not kind or len(known) <= max(FEW, _NEARLY * len(series)):
        return False
    for part in (known.head(_START), known):
        if whole and not (part == part.round()).all():
            return False
        if part.n_unique() < _NEARLY * len(part):
            return False
    return not (text and _is_prose(known))


def _is_prose(series: pl.Series) -> bool:
    # By another name: a Series looks itself up by its own, and ^x$ would be a pattern.
    prose = series.alias("text").cast(pl.String).str.contains(FOUR_WORDS).sum()
    return bool(prose > MOST * len(series))


def examine_ids(ids: pl.Series) -> RowIdentity:
    """Count null and repeated ids.

    >>> examine_ids(pl.Series("row_id", [1, 1, None])).duplicate_ids
    1
    """
    present = ids.drop_nulls()
    order = ascending(present)
    in_order = present if order is None else present.gather(order)
    later = in_order.slice(1)
    repeated = later.filter(later == in_order.head(len(later)))
    nulls = ids.is_null().arg_true()
    return RowIdentity(
        rows=len(ids),
        null_ids=len(nulls),
        duplicate_ids=len(repeated),
        null_positions=tuple(nulls.head(SHOWN).to_list()),
        duplicate_examples=tuple(repeated.unique(maintain_order=True).head(SHOWN).to_list()),
        every_null=nulls,
        every_duplicate=repeated,
    )


def in_id_order(frame: pl.DataFrame, ids: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
    """Return a table with its rows in ascending order of their ids, and the ids.

    Parameters
    ----------
    frame : polars.DataFrame
    ids : polars.Series of Int64 or String
        Of its rows. If one is missing its row has no place, and all stays as it is.

    Examples
    --------
    >>> table = pl.DataFrame({"id": [2, 1], "x": ["b", "a"]})
    >>> in_id_order(table, table["id"])[0]["x"].to_list()
    ['a', 'b']
    """
    if ids.null_count():
        return frame, ids
    order = ascending(ids)
    if order is None:
        return frame, ids.set_sorted()
    return frame[order], ids.gather(order).set_sorted()


def require_usable(identity: RowIdentity, *, source: str) -> None:
    """Refuse ids that cannot carry a fold map.

    Raises
    ------
    DataError
        Null or repeated ids, with the first few.
    """
    if identity.null_ids:
        raise DataError(
            f"{identity.null_ids:,} rows have no id, the first at position "
            f"{', '.join(map(str, identity.null_positions))}",
            where=source,
            remedy="Every row needs a stable id: fill it in or drop the rows.",
        )
    if identity.duplicate_ids:
        raise RepeatedIdsError(identity.duplicate_ids, identity.duplicate_examples, where=source)
