"""What scikit-learn hands to ``split``, turned into codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.labels import classes, codes_of
from fold_guard.errors import DataError, UsageError

IntArray = npt.NDArray[np.int64]


def label_codes(y: Any, name: str) -> IntArray:
    """Encode labels.

    Parameters
    ----------
    y : array_like, shape (n_samples,)
    name : str
        The splitter, for the message.

    Returns
    -------
    ndarray of int64, shape (n_samples,)

    Raises
    ------
    UsageError
        No labels, several columns, or a continuous target.
    DataError
        A null label.
    """
    if y is None:
        raise UsageError(
            f"{name} needs the labels, y is None", remedy="Pass y, or use KFold or GroupKFold."
        )
    columns = columns_of(y)
    if len(columns) != 1:
        raise UsageError(f"{name} balances one label, y has {len(columns)} columns", where="y")
    codes = classes(columns[0].alias("y")).codes
    _refuse_null(codes, "label", "y")
    return codes


def group_keys(groups: Any, name: str) -> list[IntArray]:
    """Encode group keys: one array a key; a null key is -1 and links nothing.

    Parameters
    ----------
    groups : array_like, shape (n_samples,) or (n_samples, n_keys)
    name : str
        The splitter, for the message.

    Raises
    ------
    UsageError
        No groups.
    """
    if groups is None:
        raise UsageError(
            f"{name} needs the group of each row, groups is None",
            remedy="Pass groups=: split(X, y, groups), or cross_validate(..., groups=...); with "
            "metadata routing switched on, params={'groups': ...}.",
        )
    return [codes_of(column)[0] for column in columns_of(groups)]


def columns_of(values: Any) -> list[pl.Series]:
    """Return the columns of an array or frame; NaN and None are null."""
    if isinstance(values, pl.Series):
        return [values]
    if isinstance(values, pl.DataFrame):
        return values.get_columns()
    if hasattr(values, "iloc"):  # pandas: nulls and categories survive on this way only
        frame = values.to_frame() if values.ndim == 1 else values
        return [_read(_from_pandas, frame.iloc[:, i]) for i in range(frame.shape[1])]
    array = np.asarray(values)
    if array.ndim not in (1, 2):
        raise UsageError(f"expected one or two dimensions, got an array of shape {array.shape}")
    table = array.reshape(len(array), -1)
    return [_read(_from_array, table[:, i]) for i in range(table.shape[1])]


def _from_pandas(column: Any) -> pl.Series:
    return pl.Series(pl.from_pandas(column, nan_to_null=True))


def _from_array(column: npt.NDArray[Any]) -> pl.Series:
    if column.dtype != object:
        return pl.Series(np.ascontiguousarray(column), nan_to_null=True)
    # An object array mixes a NaN into text where a value is missing.
    return pl.Series([None if value != value else value for value in column.tolist()], strict=True)


def _read(read: Callable[[Any], pl.Series], column: Any) -> pl.Series:
    try:
        return read(column)
    except Exception as error:  # polars and pyarrow raise several kinds for one cause
        raise DataError(
            f"values cannot be read as one column ({error})",
            remedy="Convert them to one type, for instance with astype(str).",
        ) from error


def _refuse_null(codes: IntArray, noun: str, where: str) -> None:
    null = np.flatnonzero(codes < 0)
    if null.size:
        raise DataError(
            f"{null.size:,} {'row has' if null.size == 1 else 'rows have'} no {noun}, the first at "
            f"position {null[0]}",
            where=where,
            remedy="Fill them in or leave the rows out.",
        )
