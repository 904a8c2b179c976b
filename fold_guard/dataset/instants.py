"""Time columns as numbers that can be compared and subtracted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.errors import DataError

_PER_DAY = {"ns": 86_400_000_000_000, "us": 86_400_000_000, "ms": 86_400_000}
# Polars can neither print nor convert a date farther from 1970 than about 262,000 years: it panics.
_MOST_DAYS = 95_000_000


@dataclass(frozen=True, slots=True)
class Instants:
    """A time column as numbers.

    Attributes
    ----------
    values : ndarray of int64 or float64, shape (n_rows,)
        In ``unit``; where ``known`` is False the value means nothing.
    known : ndarray of bool, shape (n_rows,)
        False for null and NaN.
    per_step : int
        How many units of ``values`` make one step of an embargo: 1 for numbers, one day for
        dates and datetimes.
    unit : str
        What a step is called: ``steps`` or ``days``.
    """

    values: npt.NDArray[np.int64] | npt.NDArray[np.float64]
    known: npt.NDArray[np.bool_]
    per_step: int
    unit: str


def instants(series: pl.Series, *, source: str = "") -> Instants:
    """Read a time column.

    Parameters
    ----------
    series : polars.Series
        Integers, floats, dates or datetimes.
    source : str
        The file, for messages.

    Raises
    ------
    DataError
        Text (declare its dtype), a type that is no time, a number that is infinite or beyond 64
        bits, or a date that no calendar holds.

    Examples
    --------
    >>> instants(pl.Series("day", [4, None])).known.tolist()
    [True, False]
    """
    where = f"{source}, column {series.name}" if source else f"column {series.name}"
    # Several Series methods look the column up by name, where ^t$ would be a pattern.
    series, dtype = series.alias("instant"), series.dtype
    if dtype.is_float():
        series = series.fill_nan(None)
    known = series.is_not_null().to_numpy()
    if dtype.is_integer() or dtype.is_float():
        target = pl.Int64 if dtype.is_integer() else pl.Float64
        numbers = series.cast(target, strict=False)
        if numbers.null_count() > series.null_count():
            raise DataError(
                "instants do not fit 64 bits",
                where=where,
                remedy="Count them from a later origin.",
            )
        values = numbers.fill_null(0).to_numpy()
        _require_finite(values, where)
        return Instants(values, known, 1, "steps")
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        require_calendar(series, where=where)
        values = series.to_physical().cast(pl.Int64).fill_null(0).to_numpy()
        per_day = _per_day(dtype)
        return Instants(values, known, per_day, "days")
    example = series.drop_nulls().head(1).to_list()
    raise DataError(
        f"a time column must hold numbers, dates or datetimes, not {dtype}"
        + (f" such as {example[0]!r}" if example else ""),
        where=where,
        remedy="Mend the values, or declare the dtype as date or datetime "
        "(audit: --dtype COL=date or COL=date:%d.%m.%Y; params.yaml: data.dtypes).",
    )


def spans(start: pl.Series, end: pl.Series) -> tuple[Instants, Instants]:
    """Read two time columns whose values can be compared.

    Raises
    ------
    DataError
        No times, or times of different kinds: numbers and dates, units of datetimes, with a time
        zone and without.

    Examples
    --------
    >>> [each.values.tolist() for each in spans(pl.Series([1, 2]), pl.Series([3, 4]))]
    [[1, 2], [3, 4]]
    """
    both = instants(start), instants(end)
    if _kind(start.dtype) != _kind(end.dtype):
        raise DataError(
            f"{start.name} and {end.name} are times of different kinds",
            where="table",
            remedy="Bring both to one type: dates, datetimes or numbers; both with a time zone, or "
            "neither.",
        )
    return both


def _kind(dtype: pl.DataType) -> tuple[str, int, bool]:
    """Return what two time columns must share before their values say which is earlier."""
    # Of dates and of numbers a step is one unit; only the name tells a day from a step.
    unit = "steps" if dtype.is_numeric() else "days"
    return unit, _per_day(dtype), getattr(dtype, "time_zone", None) is not None


def _require_finite(values: npt.NDArray[np.int64] | npt.NDArray[np.float64], where: str) -> None:
    infinite = np.flatnonzero(~np.isfinite(values))
    if infinite.size:
        raise DataError(
            f"{infinite.size:,} {'instant is' if infinite.size == 1 else 'instants are'} infinite, "
            f"the first at position {infinite[0]}",
            where=where,
            remedy="Store what is missing as null, and what has no end as the last known instant.",
        )


def _per_day(dtype: pl.DataType) -> int:
    return _PER_DAY[dtype.time_unit] if isinstance(dtype, pl.Datetime) else 1


def require_calendar(series: pl.Series, *, where: str) -> None:
    """Refuse dates and datetimes that cannot be written down as text.

    Raises
    ------
    DataError
        A date more than 260,000 years from 1970: a fill value or a wrong unit, not an instant.
    """
    days = series.to_physical().cast(pl.Int64).drop_nulls().to_numpy() // _per_day(series.dtype)
    wrong = int((np.abs(days) > _MOST_DAYS).sum())
    if wrong:
        raise DataError(
            f"{wrong:,} dates lie more than 260,000 years from 1970",
            where=where,
            remedy="Check their unit, or store what is missing as null.",
        )


def calendar_text(series: pl.Series, between: str = " ") -> pl.Series:
    """Return dates and datetimes as ISO 8601 text, of any year; Python's own end in 9999.

    Parameters
    ----------
    series : polars.Series of Date or Datetime
    between : str
        What stands between day and time of day.

    Examples
    --------
    >>> calendar_text(pl.Series([3_000_000, None]).cast(pl.Int32).cast(pl.Date)).to_list()
    ['+10183-09-21', None]
    """
    plain = series.alias("instant")
    require_calendar(plain, where=f"column {series.name}")
    if not isinstance(series.dtype, pl.Datetime):
        return plain.cast(pl.String).alias(series.name)
    zone = "%:z" if series.dtype.time_zone else ""
    return plain.dt.to_string(f"%Y-%m-%d{between}%H:%M:%S%.f{zone}").alias(series.name)


def instant_at(series: pl.Series, position: int) -> int | float | str:
    """Return one instant as JSON holds it; whole numbers read the same from every file format.

    >>> instant_at(pl.Series([4.0, 5.5]), 0), instant_at(pl.Series([4.0, 5.5]), 1)
    (4, 5.5)
    """
    if series.dtype == pl.Date or isinstance(series.dtype, pl.Datetime):
        return str(calendar_text(series.alias("instant").gather([position]), "T")[0])
    value: int | float = series[position]
    if isinstance(value, int):
        return value
    return int(value) if value.is_integer() else value


def shown(series: pl.Series, position: int) -> str:
    """Return one instant as people read it.

    >>> shown(pl.Series([4.0, 5.5]), 0)
    '4'
    """
    if series.dtype == pl.Date or isinstance(series.dtype, pl.Datetime):
        return str(calendar_text(series.alias("instant").gather([position]))[0])
    return str(instant_at(series, position))
