"""Labels and group keys as text and codes, the same from every file format."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.instants import calendar_text, require_calendar
from fold_guard.errors import DataError


def as_text(series: pl.Series) -> pl.Series:
    """Return values as text; whole numbers read the same as integers and as floats.

    Raises
    ------
    DataError
        A type that has no text (a duration, a list), or bytes that are not UTF-8.

    Examples
    --------
    >>> as_text(pl.Series("y", [1.0, 0.0, None])).to_list()
    ['1', '0', None]
    """
    name, dtype = series.name, series.dtype
    # Several Series methods look the column up by name, where ^y$ would be a pattern.
    series = series.alias("value")
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        require_calendar(series, where=f"column {name}")
    if dtype.is_float():
        filled = series.fill_nan(None)
        whole = filled.cast(pl.Int64, strict=False)
        if whole.cast(pl.Float64).eq_missing(filled.cast(pl.Float64)).all():
            return whole.cast(pl.String).alias(name)
        return filled.cast(pl.String).alias(name)
    try:
        return series.cast(pl.String).alias(name)
    except pl.exceptions.PolarsError:
        raise DataError(
            "bytes that are not UTF-8 cannot be read as text"
            if dtype == pl.Binary
            else f"values of type {dtype} cannot be read as text",
            where=f"column {name}",
            remedy="Turn the column into text or whole numbers.",
        ) from None


@dataclass(frozen=True, slots=True)
class Classes:
    """A label column as codes.

    Attributes
    ----------
    names : tuple of str
        In ascending order of their text.
    codes : ndarray of int64, shape (n_rows,)
        Index into ``names``; -1 for a null label.
    """

    names: tuple[str, ...]
    codes: npt.NDArray[np.int64]


def classes(series: pl.Series) -> Classes:
    """Encode a label column.

    Raises
    ------
    DataError
        Fractions: a continuous label has no classes.

    Examples
    --------
    >>> classes(pl.Series(["b", "a", "b"])).codes.tolist()
    [1, 0, 1]
    """
    if series.dtype.is_float():
        filled = series.alias("value").fill_nan(None).drop_nulls()
        if (filled != filled.round()).any():
            raise DataError(
                "the label is continuous (it holds fractions), not a class",
                where=f"column {series.name}",
                remedy="Bin it first, or use a strategy without classes (kfold, group, forward).",
            )
    codes, names = codes_of(as_text(series))
    return Classes(tuple(names), codes)


def codes_of(series: pl.Series) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return a column as codes and its distinct values, ascending; null and NaN are -1.

    Examples
    --------
    >>> codes_of(pl.Series(["b", None, "a"]))
    (array([ 1, -1,  0]), ['a', 'b'])
    """
    name, series = series.name, series.alias("value")
    if series.dtype.is_float():
        series = series.fill_nan(None)
    distinct = series.drop_nulls().unique().sort()
    table = pl.DataFrame({"value": distinct, "code": np.arange(len(distinct), dtype=np.int64)})
    joined = series.to_frame().join(table, on="value", how="left", maintain_order="left")
    if series.dtype == pl.Date or isinstance(series.dtype, pl.Datetime):
        distinct = calendar_text(distinct.alias(name))
    return joined["code"].fill_null(-1).to_numpy(), distinct.to_list()
