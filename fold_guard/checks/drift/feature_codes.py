"""Features as codes that statistical tests and trees can work with, whatever their type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.instants import calendar_text
from fold_guard.errors import DataError

IntArray = npt.NDArray[np.int64]
Kind = Literal["ordered", "categorical", "length"]
# Numbers of so few values are steps of a scale or codes: they are counted like categories.
_FEW = 10


@dataclass(frozen=True, slots=True, eq=False)
class FeatureCodes:
    """A feature as codes.

    Attributes
    ----------
    kind : str
        ``ordered``: numbers, dates and times of many values. ``categorical``: text, truth values,
        and numbers of up to ten values. ``length``: text that hardly repeats (more than half of
        its values are different ones), of which the number of characters is taken.
    codes : ndarray of int64, shape (n_rows,)
        0..n-1 in ascending order of the values; -1 for null and NaN. Infinity is a value.
    values : polars.Series, length n_rows
        What the codes stand for.
    """

    kind: Kind
    codes: IntArray
    values: pl.Series

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which rows have a value."""
        return self.codes >= 0

    def value_of(self, code: int) -> str:
        """Return the value that a code stands for, as people read it."""
        value = self.values.gather([int(np.argmax(self.codes == code))])
        if value.dtype.is_float():
            return f"{value[0] + 0.0:g}"
        if value.dtype == pl.Date or isinstance(value.dtype, pl.Datetime):
            try:
                return str(calendar_text(value)[0])
            except DataError:
                # Farther from 1970 than a calendar reaches: the number is all there is.
                return str(value.to_physical()[0])
        return str(value[0]) if value.dtype.is_temporal() else str(value.cast(pl.String)[0])


def feature_codes(series: pl.Series) -> FeatureCodes | None:
    """Return a feature as codes; None for a type that cannot be put in order (a list, an object).

    Examples
    --------
    >>> feature_codes(pl.Series(["b", None, "a", "b"])).codes.tolist()
    [1, -1, 0, 1]
    >>> feature_codes(pl.Series([[1], [2]])) is None
    True
    """
    # Several Series methods look the column up by name, where ^x$ would be a pattern.
    values, dtype = series.alias("value"), series.dtype
    if dtype.is_nested() or dtype == pl.Object:
        return None
    if dtype in (pl.Categorical, pl.Enum):
        values = values.cast(pl.String)
    elif dtype == pl.Binary:
        values = values.bin.encode("hex")
    elif dtype == pl.Boolean:
        values = values.cast(pl.String)
    elif dtype.is_float():
        values = values.fill_nan(None)
    codes = _ranks(values)
    distinct = int(codes.max(initial=-1)) + 1
    kind: Kind = "categorical" if values.dtype == pl.String or distinct <= _FEW else "ordered"
    # Values that are nearly all different say nothing as categories.
    if values.dtype == pl.String and distinct > max(_FEW, (codes >= 0).sum() // 2):
        values = values.str.len_chars()
        return FeatureCodes("length", _ranks(values), values)
    return FeatureCodes(kind, codes, values)


def _ranks(values: pl.Series) -> IntArray:
    if values.null_count() == len(values):
        return np.full(len(values), -1, dtype=np.int64)
    return values.rank("dense").cast(pl.Int64).fill_null(0).to_numpy() - 1
