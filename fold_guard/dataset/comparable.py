"""Columns in a form in which rows can be compared for likeness: codes, numbers and texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.labels import codes_of

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
# Whole numbers below it keep all their digits in a double.
_EXACT = 2**53


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A column of long texts.

    Attributes
    ----------
    name : str
    codes : ndarray of int64, shape (n_rows,)
        Index into ``distinct``; -1 for null.
    distinct : list of str
        In lower case, without spaces at the ends and with single spaces; ascending.
    """

    name: str
    codes: IntArray
    distinct: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class Comparable:
    """A table made ready for comparison.

    Attributes
    ----------
    equal : tuple of str
        Columns whose values are equal or not: short texts (in the form of `Text.distinct`),
        booleans, bytes.
    numbers : tuple of str
        Columns whose values have a distance: numbers, dates and times.
    texts : tuple of Text
    left_out : tuple of str
        Columns that cannot be compared: lists, structures, objects.
    codes : ndarray of int64, shape (n_rows, n_codes)
        What near rows have in common: values of the columns ``equal``, and which values are
        missing or infinite. Columns in which all rows have one code are dropped.
    values : ndarray of float64, shape (n_rows, n_numbers)
        Missing and infinite values are 0; large whole numbers are moved towards 0.
    known : ndarray of bool, shape (n_rows, n_numbers)
        Where ``values`` are values.
    """

    equal: tuple[str, ...]
    numbers: tuple[str, ...]
    texts: tuple[Text, ...]
    left_out: tuple[str, ...]
    codes: IntArray
    values: FloatArray
    known: npt.NDArray[np.bool_]


def comparable(frame: pl.DataFrame, text_length: float) -> Comparable:
    """Make a table ready for comparison.

    Parameters
    ----------
    frame : polars.DataFrame
        The columns to compare.
    text_length : float
        Texts whose distinct values have so many characters in the mean are long.

    Examples
    --------
    >>> made = comparable(pl.DataFrame({"ward": ["A ", "a", None], "age": [1, 2, None]}), 20)
    >>> made.equal, made.codes[:, 0].tolist(), made.known[:, 0].tolist()
    (('ward',), [0, 0, -1], [True, True, False])
    """
    equal, numbers, texts, left_out = list[str](), list[str](), list[Text](), list[str]()
    codes, values, known = list[IntArray](), list[FloatArray](), list[npt.NDArray[np.bool_]]()
    for name in frame.columns:
        # Never pl.col(name): a name such as ^x.*$ would be read as a pattern.
        column = frame[name].alias("value")
        dtype = column.dtype
        if dtype in (pl.String, pl.Categorical, pl.Enum):
            text = Text(name, *_plain_text(column))
            if _is_long(text.distinct, text_length):
                texts.append(text)
                codes.append((text.codes >= 0).astype(np.int64))
            else:
                equal.append(name)
                codes.append(text.codes)
        elif dtype in (pl.Boolean, pl.Binary, pl.Null):
            equal.append(name)
            codes.append(codes_of(column)[0])
        elif dtype.is_numeric() or dtype.is_temporal():
            numbers.append(name)
            value, state = _numbers(column)
            values.append(value)
            known.append(state == 0)
            codes.append(state)
        else:
            left_out.append(name)
    return Comparable(
        tuple(equal),
        tuple(numbers),
        tuple(texts),
        tuple(left_out),
        _stacked([each for each in codes if (each[1:] != each[:-1]).any()], frame.height, np.int64),
        _stacked(values, frame.height, np.float64),
        _stacked(known, frame.height, np.bool_),
    )


def _stacked(columns: Sequence[npt.NDArray[Any]], rows: int, dtype: type) -> npt.NDArray[Any]:
    """Put columns side by side, each in one piece of memory: they are read one by one."""
    table: npt.NDArray[Any] = np.empty((rows, len(columns)), dtype=dtype, order="F")
    for at, column in enumerate(columns):
        table[:, at] = column
    return table


def _plain_text(column: pl.Series) -> tuple[IntArray, list[str]]:
    text = column.cast(pl.String)
    plain = text.str.to_lowercase().str.strip_chars().str.replace_all(r"\s+", " ")
    return codes_of(plain)


def _is_long(distinct: list[str], text_length: float) -> bool:
    return bool(distinct) and sum(map(len, distinct)) >= text_length * len(distinct)


def _numbers(column: pl.Series) -> tuple[FloatArray, IntArray]:
    """Return values as doubles, and what each is: 0 a value, 1 missing, 2 and 3 infinite."""
    physical = column.to_physical() if column.dtype.is_temporal() else column
    if physical.dtype.is_integer():
        physical = _centred(physical)
    values = physical.cast(pl.Float64).fill_null(float("nan")).to_numpy().copy()
    state = np.zeros(len(values), dtype=np.int64)
    state[np.isnan(values)] = 1
    state[values == np.inf] = 2
    state[values == -np.inf] = 3
    values[state > 0] = 0.0
    return values, state


def _centred(column: pl.Series) -> pl.Series:
    """Move large whole numbers by their median, so that the digits that differ are kept."""
    low, high = column.min(), column.max()
    if not isinstance(low, int) or not isinstance(high, int) or -_EXACT < low <= high < _EXACT:
        return column
    if not -(2**64) <= low <= high <= 2**64:
        return column
    known = column.drop_nulls().sort()
    middle = pl.lit(known[len(known) // 2], dtype=pl.Int128)
    return column.to_frame().select(pl.col("value").cast(pl.Int128) - middle).to_series()
