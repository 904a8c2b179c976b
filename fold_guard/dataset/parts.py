"""Several tables as one: train, validation and test files brought to the same columns and types."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.frames import to_polars
from fold_guard.errors import DataError

IntArray = npt.NDArray[np.int64]
_TEXT = (pl.String, pl.Categorical, pl.Enum)


def joined(
    parts: Mapping[str, object],
    *,
    columns: Sequence[str] | None = None,
    may_lack: Collection[str] = (),
) -> tuple[pl.DataFrame, IntArray]:
    """Put tables under each other; no value changes its meaning.

    Parameters
    ----------
    parts : mapping of name to pandas.DataFrame, polars.DataFrame or pyarrow.Table
        The names are for messages.
    columns : sequence of str, optional
        What is needed; default: every column, and then each table must have all of them.
    may_lack : collection of str
        Columns that a table may go without: null there.

    Returns
    -------
    frame : polars.DataFrame
        In the order of the first table's columns.
    part : ndarray of int64, shape (n_rows,)
        Which table a row is of, 0, 1, ...

    Raises
    ------
    DataError
        A column that some table lacks; types that cannot be brought together; a table without
        rows.

    Examples
    --------
    >>> frame, part = joined(
    ...     {"train": pl.DataFrame({"x": [1, 2]}), "test": pl.DataFrame({"x": [2.5]})}
    ... )
    >>> frame["x"].to_list(), part.tolist()
    ([1.0, 2.0, 2.5], [0, 0, 1])
    """
    frames = {name: to_polars(table) for name, table in parts.items()}
    for name, frame in frames.items():
        if frame.height == 0:
            raise DataError("the table has no rows", where=name, remedy="Write the table again.")
    every = list(dict.fromkeys(column for frame in frames.values() for column in frame.columns))
    wanted = every if columns is None else [name for name in every if name in set(columns)]
    lacking = {
        column: [name for name, frame in frames.items() if column not in frame.columns]
        for column in wanted
        if column not in may_lack
    }
    if alone := {column: names for column, names in lacking.items() if names}:
        column, names = next(iter(alone.items()))
        more = f", and {len(alone) - 1:,} more columns some table lacks" if len(alone) > 1 else ""
        raise DataError(
            f"there is no column {column!r} in {' and '.join(names)}{more}",
            where=" and ".join(frames),
            remedy="Tables of one split have the same columns; only a label may be missing, once "
            "it is named (--label COL). Or name what is compared: features (--feature COL).",
        )
    whole = pl.DataFrame({name: _column(name, frames) for name in wanted})
    sizes = [frame.height for frame in frames.values()]
    return whole, np.repeat(np.arange(len(sizes), dtype=np.int64), sizes)


def _column(name: str, frames: Mapping[str, pl.DataFrame]) -> pl.Series:
    series = [
        frame[name] if name in frame.columns else pl.Series(name, [None] * frame.height, pl.Null)
        for frame in frames.values()
    ]
    common: pl.DataType | None = pl.Null()
    for each in series:
        common = _common(common, each.dtype)
    if common is None:
        kinds = ", ".join(f"{each.dtype} in {at}" for each, at in zip(series, frames, strict=True))
        raise DataError(
            f"its types cannot be brought together ({kinds})",
            where=f"column {name}",
            remedy="Declare one type for it (--dtype COL=string, =number, =date, ...), or convert "
            "one of the tables.",
        )
    return pl.concat(
        [_cast(each, common, at) for each, at in zip(series, frames, strict=True)]
    ).alias(name)


def _common(one: pl.DataType | None, other: pl.DataType) -> pl.DataType | None:
    """Return the type that holds the values of both, or None."""
    if one is None or other == pl.Null or one == other:
        return one
    if one == pl.Null:
        return other
    if one in _TEXT and other in _TEXT:
        return pl.String()
    if one.is_numeric() and other.is_numeric():
        if one.is_integer() and other.is_integer():
            return pl.Int64()
        if {one, other} == {pl.Float32(), pl.Float64()}:
            # 0.1 is another number in each: copies would differ. What does not fit is refused.
            return pl.Float32()
        return pl.Float64()
    if isinstance(one, pl.Datetime) and isinstance(other, pl.Datetime):
        if bool(one.time_zone) != bool(other.time_zone):
            return None
        finest = next(
            unit for unit in ("ns", "us", "ms") if unit in (one.time_unit, other.time_unit)
        )
        zone = one.time_zone if one.time_zone == other.time_zone else "UTC"
        return pl.Datetime(finest, zone if one.time_zone else None)
    for a, b in ((one, other), (other, one)):
        # A date says no time zone: among datetimes with one it could be either of two days.
        if a == pl.Date and isinstance(b, pl.Datetime) and b.time_zone is None:
            return b
    return None


def _cast(series: pl.Series, to: pl.DataType, where: str) -> pl.Series:
    if series.dtype == to:
        return series
    # Several Series methods look the column up by name, where ^x$ would be a pattern.
    name, plain = series.name, series.alias("value")
    cast = plain.cast(to, strict=False)
    kept = cast.cast(plain.dtype, strict=False) if plain.dtype != pl.Null else cast
    same = kept.eq_missing(plain) if plain.dtype != pl.Null else pl.Series([True])
    if plain.dtype.is_float():
        same = same | (kept.is_nan() & plain.is_nan()).fill_null(False)
    if not same.all():
        row = int(same.arg_min() or 0)
        raise DataError(
            f"{plain[row]!r} in row {row} does not fit {to}, the type that it shares with the "
            "other tables",
            where=f"{where}, column {name}",
            remedy="Convert the column to one type in every table.",
        )
    return cast
