"""Declared dtypes: turn a column into what params.yaml says it is, or say which value is not."""

from __future__ import annotations

import re
from typing import TypeAlias

import numpy as np
import polars as pl

from fold_guard.dataset.labels import as_text
from fold_guard.errors import DataError

# One of DTYPES, or a date or datetime in a format of its own: "date:%d.%m.%Y".
Dtype: TypeAlias = str
DTYPES = ("string", "integer", "number", "boolean", "date", "datetime")
_CLOCK = re.compile(r"%[-_0]?[HIklMSpPTRXcsf.+]")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_INSTANTS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_ISO = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$"
_ZONED = ("%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M%#z")


def declared(series: pl.Series, dtype: Dtype, *, source: str) -> pl.Series:
    """Return a column as the dtype that was declared for it; no value changes its meaning.

    Parameters
    ----------
    series : polars.Series
    dtype : {"string", "integer", "number", "boolean", "date", "datetime"}
        Dates and datetimes are read from ISO 8601 text; numbers are none. ``date:FORMAT`` and
        ``datetime:FORMAT`` read text, and whole numbers such as 20200504, in another format, in
        the directives of strftime (``%d.%m.%Y``, ``%Y%m%d``, ``%d/%m/%Y %H:%M``; ``%z``: UTC).
    source : str
        The file, for the message.

    Raises
    ------
    DataError
        A value that does not fit, with its row (from 0); a format that cannot be read.

    Examples
    --------
    >>> declared(pl.Series("a", ["1", None]), "integer", source="t.csv").to_list()
    [1, None]
    >>> declared(pl.Series("a", ["4.5.2020"]), "date:%d.%m.%Y", source="t.csv").to_list()
    [datetime.date(2020, 5, 4)]
    """
    # Several Series methods look the column up by name, where ^a$ would be a pattern.
    plain = series.alias("value")
    kind, _, form = dtype.partition(":")
    where = f"{source}, column {series.name}"
    cast = _formatted(plain, kind, form, where) if form else _TO[kind](plain)
    broken = np.flatnonzero((cast.is_null() & plain.is_not_null()).to_numpy())
    if broken.size:
        row = int(broken[0])
        hint = " (ISO 8601, such as 2020-05-04)" if kind in ("date", "datetime") else ""
        hint = f" ({form})" if form else hint
        raise DataError(
            f"{broken.size:,} values are no {kind}{hint}, the first is {series[row]!r} "
            f"in row {row}",
            where=where,
            remedy="Mend the values or declare another dtype.",
        )
    return cast.alias(series.name)


def is_dtype(text: str) -> bool:
    """Tell whether a dtype can be declared by this name.

    >>> [is_dtype(each) for each in ("date", "date:%d.%m.%Y", "date:", "int", "number:%d")]
    [True, True, False, False, False]
    """
    kind, colon, form = text.partition(":")
    if not colon:
        return text in DTYPES
    return kind in ("date", "datetime") and "%" in form


def iso_instants(series: pl.Series) -> pl.Series | None:
    """Return text as dates or datetimes when every value that is there is ISO 8601, else None.

    Parameters
    ----------
    series : polars.Series of String

    Examples
    --------
    >>> iso_instants(pl.Series("day", ["2020-05-04", None])).dtype
    Date
    >>> iso_instants(pl.Series("day", ["2020-05-04", "4.5.2020"])) is None
    True
    """
    plain = series.alias("value")
    known = len(plain) - plain.null_count()
    # polars would take 2020-5-4 as well: the form is asked for first.
    if not known or not plain.drop_nulls().str.contains(_ISO).all():
        return None
    for read in (_date, _datetime):
        instants = read(plain)
        if len(instants) - instants.null_count() == known:
            return instants.alias(series.name)
    return None


def _number(series: pl.Series, to: type[pl.DataType]) -> pl.Series:
    if not (series.dtype.is_numeric() or series.dtype in (pl.String, pl.Boolean, pl.Null)):
        return _nothing(series, to())
    cast = series.cast(to, strict=False)
    if series.dtype.is_numeric():
        # 1.5 declared as a whole number must not become 1, nor 2**53 + 1 as a number 2**53.
        back = cast.cast(series.dtype, strict=False)
        cast = pl.select(pl.when(back.eq_missing(series)).then(cast)).to_series()
    return cast.alias(series.name)


def _integer(series: pl.Series) -> pl.Series:
    return _number(series, pl.Int64)


def _float(series: pl.Series) -> pl.Series:
    return _number(series, pl.Float64)


def _boolean(series: pl.Series) -> pl.Series:
    if series.dtype == pl.Boolean:
        return series
    text = as_text(series).str.to_lowercase()
    return text.replace_strict(_BOOLEANS, default=None, return_dtype=pl.Boolean)


def _date(series: pl.Series) -> pl.Series:
    if isinstance(series.dtype, pl.Datetime):
        day = series.cast(pl.Date)
        # A time of day is not dropped in silence.
        whole = day.cast(series.dtype).eq_missing(series)
        return pl.select(pl.when(whole).then(day).alias(series.name)).to_series()
    if series.dtype == pl.String:
        return series.str.to_date("%Y-%m-%d", strict=False)
    return series if series.dtype == pl.Date else _nothing(series, pl.Date())


def _datetime(series: pl.Series) -> pl.Series:
    if isinstance(series.dtype, pl.Datetime):
        return series
    if series.dtype == pl.Date:
        return series.cast(pl.Datetime("us"))
    if series.dtype != pl.String:
        return _nothing(series, pl.Datetime("us"))
    text = series.str.replace("T", " ", literal=True)
    plain = _first_fit(text, _INSTANTS, None)
    zoned = _first_fit(text, _ZONED, "UTC")
    # One kind for the whole column: instants with and without zone cannot be compared.
    return zoned if zoned.null_count() == series.null_count() < len(series) else plain


def _formatted(series: pl.Series, kind: str, form: str, where: str) -> pl.Series:
    """Read text in a format; what is a date or datetime already stays one."""
    if series.dtype.is_integer():
        series = as_text(series)
    if series.dtype != pl.String:
        return _TO[kind](series)
    try:
        if kind == "date" and not _CLOCK.search(form):
            found = series.str.to_date(form, strict=False)
        else:
            found = series.str.to_datetime(form, time_unit="us", strict=False)
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"the format {form!r} cannot be read ({str(error).splitlines()[0][:100]})",
            where=where,
            remedy="Write it in the directives of strftime, for instance %d.%m.%Y %H:%M.",
        ) from error
    if "%Y" in form:
        # 4.5.20 is not in a format whose year has four digits, though polars reads the year 20.
        full = pl.select(pl.when(pl.lit(found).dt.year() >= 100).then(found)).to_series()
        found = full
    return _TO[kind](found)


def _first_fit(text: pl.Series, formats: tuple[str, ...], zone: str | None) -> pl.Series:
    dtype = pl.Datetime("us", zone)
    tried = [
        pl.lit(text).str.to_datetime(each, time_unit="us", time_zone=zone, strict=False)
        for each in formats
    ]
    return pl.select(pl.coalesce(tried).cast(dtype).alias(text.name)).to_series()


def _nothing(series: pl.Series, dtype: pl.DataType) -> pl.Series:
    return pl.Series(series.name, [None] * len(series), dtype=dtype)


_TO = {
    "string": as_text,
    "integer": _integer,
    "number": _float,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
}
