"""Labels and group keys as text and codes, the same from every file format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import polars_hash as plh

from fold_guard.dataset.buffers import blocks
from fold_guard.dataset.instants import calendar_text, require_calendar
from fold_guard.dataset.ordering import ascending, order_of
from fold_guard.errors import DataError

IntArray = npt.NDArray[np.int64]
_SMALL = 2**16
_START = 1000
# Numbers with more distinct values are no classes, where nobody says which they are.
MOST_CLASSES = 20


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
    codes: IntArray

    @property
    def texts(self) -> pl.Series:
        """The label of each row as `as_text` gives it."""
        names = pl.Series([*self.names, None], dtype=pl.String)
        known = self.codes.min(initial=0) >= 0
        return names.gather(self.codes if known else self.codes % len(names))


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
                remedy="Use strategy continuous or continuous_group, or one without classes.",
            )
    # Text of the distinct values alone; two of them may share one.
    native, distinct = _coded(series)
    renamed, names = codes_of(as_text(distinct))
    return Classes(tuple(names), _followed(renamed, native))


def is_quantity(series: pl.Series) -> bool:
    """Whether a label is taken for a quantity where nobody says: fractions, or many numbers.

    Checks that score or fit go by it; those that count classes count whole numbers as classes,
    however many.

    Examples
    --------
    >>> is_quantity(pl.Series([0.5, 1.0])), is_quantity(pl.Series([0, 1])), is_quantity(
    ...     pl.Series(range(30)))
    (True, False, True)
    """
    values = series.alias("label").drop_nulls()
    if values.dtype.is_float():
        values = values.drop_nans()
        if (values != values.round()).any():
            return True
    counted = values.dtype.is_numeric() or values.dtype.is_temporal()
    return counted and values.n_unique() > MOST_CLASSES


def codes_of(series: pl.Series) -> tuple[IntArray, list[Any]]:
    """Return a column as codes and its distinct values, ascending; null and NaN are -1.

    Examples
    --------
    >>> codes_of(pl.Series(["b", None, "a"]))
    (array([ 1, -1,  0]), ['a', 'b'])
    """
    codes, distinct = _coded(series)
    if series.dtype == pl.Date or isinstance(series.dtype, pl.Datetime):
        distinct = calendar_text(distinct)
    return codes, distinct.to_list()


def _coded(series: pl.Series) -> tuple[IntArray, pl.Series]:
    """Return codes, -1 for null and NaN, and the distinct values in ascending order."""
    name, series = series.name, series.alias("value")
    codes = distinct = None
    if series.dtype.is_integer():
        codes, distinct = _coded_by_place(series)
    elif series.dtype == pl.String:
        codes, distinct = _coded_by_category(series)
        if codes is None:
            codes, distinct = _coded_by_hash(series)
    if codes is None or distinct is None:
        codes, distinct = _coded_by_join(series)
    return codes, distinct.alias(name)


def _coded_by_place(series: pl.Series) -> tuple[IntArray | None, pl.Series | None]:
    """Code whole numbers by a list of all between the least and the greatest, if that is short."""
    low, high = series.min(), series.max()
    if not isinstance(low, int) or not isinstance(high, int):
        return None, None
    span = high - low + 1
    if span > max(2 * len(series), _SMALL) or not -(2**62) < low <= high < 2**62:
        return None, None
    missing = series.is_null().to_numpy() if series.null_count() else None
    values = series.cast(pl.Int64).fill_null(low).to_numpy()
    present = np.bincount(values - low, minlength=span) > 0
    place = np.cumsum(present) - 1
    codes = np.empty(len(values), dtype=np.int64)
    for block in blocks(len(values)):
        # Nothing is out of bounds; to check it again would copy.
        place.take(values[block] - low, out=codes[block], mode="clip")
    if missing is not None:
        codes[missing] = -1
    return codes, pl.Series("value", np.flatnonzero(present) + low).cast(series.dtype)


def _coded_by_category(series: pl.Series) -> tuple[IntArray | None, pl.Series | None]:
    """Code texts of few kinds, as the first rows show them, by polars' own categories."""
    if len(series) < _SMALL or series.head(_START).n_unique() > _START // 4:
        return None, None
    held = series.cast(pl.Categorical)
    kinds = held.unique().drop_nulls()
    if len(kinds) > _SMALL:
        return None, None
    names = kinds.cast(pl.String)
    order = names.arg_sort()
    place = np.empty(int(kinds.to_physical().max() or 0) + 1, dtype=np.int64)  # type: ignore[arg-type]
    place[kinds.to_physical().gather(order).to_numpy()] = np.arange(len(order))
    physical = held.to_physical()
    if not physical.null_count():
        return place[physical.to_numpy()], names.gather(order)
    codes = place[physical.fill_null(kinds.to_physical()[0]).to_numpy()] if len(kinds) else None
    if codes is None:
        return None, None
    codes[series.is_null().to_numpy()] = -1
    return codes, names.gather(order)


def _coded_by_hash(series: pl.Series) -> tuple[IntArray | None, pl.Series | None]:
    """Code texts by their hashes, if they are many and no two of them have one hash."""
    missing = series.is_null().to_numpy() if series.null_count() else None
    texts = series.drop_nulls()
    if texts.is_empty():
        return None, None
    hashes = texts.to_frame().select(plh.col("value").nchash.xxhash64()).to_series()
    if hashes.n_unique() < _SMALL:
        return None, None
    order = order_of(hashes.to_numpy())
    ordered = hashes.to_numpy()[order]
    new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    codes = np.empty(len(texts), dtype=np.int64)
    codes[order] = np.cumsum(new) - 1
    distinct = texts.gather(order[new])
    if not (distinct.gather(codes) == texts).all():
        return None, None
    sorting = ascending(distinct)
    if sorting is not None:
        distinct, place = distinct.gather(sorting), np.empty(len(sorting), dtype=np.int64)
        place[sorting] = np.arange(len(sorting))
        codes = place[codes]
    if missing is not None:
        every = np.full(len(series), -1, dtype=np.int64)
        every[~missing] = codes
        codes = every
    return codes, distinct


def _coded_by_join(series: pl.Series) -> tuple[IntArray, pl.Series]:
    if series.dtype.is_float():
        series = series.fill_nan(None)
    distinct = series.drop_nulls().unique().sort()
    table = pl.DataFrame({"value": distinct, "code": np.arange(len(distinct), dtype=np.int64)})
    joined = series.to_frame().join(table, on="value", how="left", maintain_order="left")
    return joined["code"].fill_null(-1).to_numpy(), distinct


def _followed(codes: IntArray, native: IntArray) -> IntArray:
    if (codes == np.arange(len(codes))).all():
        return native
    # The last place stands for -1, no value.
    return np.append(codes, -1).take(native, mode="wrap")
