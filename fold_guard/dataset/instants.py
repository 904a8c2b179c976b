"""Time columns as numbers that can be compared and subtracted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.errors import DataError

_PER_DAY = {"ns": 86_400_000_000_000, "us": 86_400_000_000, "ms": 86_400_000}


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
        Text (declare its dtype), a type that is no time, or a number beyond 64 bits.

    Examples
    --------
    >>> instants(pl.Series("day", [4, None])).known.tolist()
    [True, False]
    """
    where = f"{source}, column {series.name}" if source else f"column {series.name}"
    dtype = series.dtype
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
        return Instants(numbers.fill_null(0).to_numpy(), known, 1, "steps")
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        values = series.to_physical().cast(pl.Int64).fill_null(0).to_numpy()
        per_day = 1 if dtype == pl.Date else _PER_DAY[getattr(dtype, "time_unit")]  # noqa: B009
        return Instants(values, known, per_day, "days")
    example = series.drop_nulls().head(1).to_list()
    raise DataError(
        f"a time column must hold numbers, dates or datetimes, not {dtype}"
        + (f" such as {example[0]!r}" if example else ""),
        where=where,
        remedy="Mend the values, or declare the dtype (params: data.dtypes) as date or datetime.",
    )


def shown(series: pl.Series, position: int) -> str:
    """Return one instant as people read it.

    >>> shown(pl.Series([4.0, 5.5]), 0)
    '4'
    """
    value = series[position]
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)
