"""What scikit-learn hands to ``split``, turned into codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_array, issparse

from fold_guard.dataset.frames import require_one_calendar
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
        Numbered by the first row of each class: what the classes are called decides nothing.

    Raises
    ------
    UsageError
        Several columns.
    DataError
        A null label, or a continuous target.
    """
    columns = columns_of(y, "y")
    if len(columns) != 1:
        raise UsageError(
            f"{name} balances one label, y has {len(columns)} columns. Supported target types "
            "are: ('binary', 'multiclass'). Got 'multilabel-indicator'",
            where="y",
            remedy="Use MultilabelStratifiedKFold or MultilabelStratifiedGroupKFold.",
        )
    return numbered_by_first_row(_class_codes(columns[0]))


def label_set_codes(y: Any, name: str) -> IntArray:
    """Encode labels of one or several columns; rows equal in all of them are one class.

    Parameters and errors are those of `label_codes`, except that several columns are welcome.
    """
    joint: IntArray | None = None
    for column in columns_of(y, "y"):
        codes = _class_codes(column)
        if joint is not None:
            codes = joint * (int(codes.max(initial=0)) + 1) + codes
        # Made dense after each column: the product would outgrow 64 bits.
        joint = np.unique(codes, return_inverse=True)[1].reshape(-1).astype(np.int64)
    if joint is None:
        raise UsageError(f"{name} needs the labels, y has no column", where="y")
    return numbered_by_first_row(joint)


def _class_codes(column: pl.Series) -> IntArray:
    plain = column.dtype.is_integer() or column.dtype in (pl.String, pl.Boolean)
    # The detour over text tells classes from quantities; these types need no telling.
    codes = codes_of(column)[0] if plain else classes(column.alias("y")).codes
    _refuse_null(codes, "label", "y")
    return codes


def numbered_by_first_row(codes: IntArray) -> IntArray:
    """Return codes numbered in the order in which they first occur.

    >>> numbered_by_first_row(np.array([2, 0, 2, 1])).tolist()
    [0, 1, 0, 2]
    """
    rows = np.arange(len(codes))[::-1]
    # A number that no row has comes last.
    first = np.full(int(codes.max(initial=-1)) + 1, len(codes), dtype=np.int64)
    first[codes[rows]] = rows
    number = np.empty_like(first)
    number[np.argsort(first, kind="stable")] = np.arange(len(first))
    return number[codes]


def continuous_label(y: Any, name: str) -> npt.NDArray[np.float64]:
    """Read a continuous label.

    Parameters
    ----------
    y : array_like, shape (n_samples,)
    name : str
        The splitter, for the message.

    Returns
    -------
    ndarray of float64, shape (n_samples,)

    Raises
    ------
    UsageError
        Several columns.
    DataError
        A null label, or one that is no number.
    """
    columns = columns_of(y, "y")
    if len(columns) != 1:
        raise UsageError(f"{name} balances one label, y has {len(columns)} columns", where="y")
    if not columns[0].dtype.is_numeric():
        raise DataError(
            f"{name} balances numbers, y holds values of type {columns[0].dtype}",
            where="y",
            remedy="Use StratifiedKFold or StratifiedGroupKFold for classes.",
        )
    values = columns[0].alias("y").cast(pl.Float64).fill_nan(None)
    _refuse_null(np.where(values.is_null().to_numpy(), -1, 0), "label", "y")
    return values.to_numpy()


def indicator(y: Any, name: str) -> csr_array:
    """Read which labels each row has.

    Parameters
    ----------
    y : array_like, frame or scipy sparse, shape (n_samples, n_labels)
        0 and 1, or False and True.
    name : str
        The splitter, for the message.

    Returns
    -------
    csr_array of int64, shape (n_samples, n_labels)

    Raises
    ------
    UsageError
        One column alone, or none.
    DataError
        Values other than 0 and 1.
    """
    held = y.to_numpy() if hasattr(y, "to_numpy") else y
    if not issparse(held):
        held = np.asarray(held)
    if held.ndim != 2 or held.shape[1] == 0:
        raise UsageError(
            f"{name} needs one column a label, y has shape {held.shape}",
            where="y",
            remedy="Use StratifiedKFold or StratifiedGroupKFold for one label, KFold or GroupKFold "
            "for none.",
        )
    if held.dtype == object and not issparse(held):
        held = _plain_indicator(held)
    try:
        labels: Any = csr_array(held)
        valid = bool(np.isin(labels.data, (0, 1)).all())
    except (TypeError, ValueError):
        valid = False
    if not valid:
        raise _no_indicator()
    labels.eliminate_zeros()
    return csr_array(labels, dtype=np.int64)


def _plain_indicator(held: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Read 0 and 1 from a table of objects: numpy makes one of a frame that mixes dtypes."""
    numbers = (bool, int, float, np.bool_, np.integer, np.floating)
    values = held.ravel().tolist()
    # The types first: pandas' NA can be compared with nothing.
    if not all(issubclass(kind, numbers) for kind in set(map(type, values))):
        raise _no_indicator()
    if not set(values) <= {0, 1}:
        raise _no_indicator()
    return held.astype(np.bool_)


def _no_indicator() -> DataError:
    return DataError(
        "labels must be 0 or 1, or False or True",
        where="y",
        remedy="Encode them first, for instance with scikit-learn's MultiLabelBinarizer.",
    )


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
        No groups, or groups without a column.
    """
    if groups is None:
        raise UsageError(
            f"{name} needs the group of each row: The 'groups' parameter should not be None.",
            remedy="Pass groups=: split(X, y, groups), or cross_validate(..., groups=...); with "
            "metadata routing switched on, params={'groups': ...}.",
        )
    columns = columns_of(groups, "groups")
    if not columns:
        raise UsageError(
            f"{name} needs the group of each row, groups have no column",
            where="groups",
            remedy="Pass one column a key, or use a splitter without groups.",
        )
    keys = [codes_of(column)[0] for column in columns]
    # The kernel wants memory that it may write to; polars hands out its own.
    return [np.require(key, dtype=np.int64, requirements=["C", "W"]) for key in keys]


def columns_of(values: Any, where: str) -> list[pl.Series]:
    """Return the columns of an array or frame; NaN and None are null.

    Parameters
    ----------
    values : array_like, shape (n_samples,) or (n_samples, n_columns)
    where : str
        Which argument they are, for messages.

    Raises
    ------
    UsageError
        Another shape, or values that polars has no type for (a structured or complex array).
    DataError
        Values of mixed types.

    Examples
    --------
    >>> [column.to_list() for column in columns_of([[1, 2], [3, 4]], "groups")]
    [[1, 3], [2, 4]]
    """
    columns = _columns(values, where)
    if any(column.dtype == pl.Object for column in columns):
        raise UsageError(
            f"values of type {getattr(values, 'dtype', 'object')} are neither numbers nor text "
            "nor dates",
            where=where,
            remedy="Pass one plain column, or a frame of several.",
        )
    return columns


def _columns(values: Any, where: str) -> list[pl.Series]:
    if isinstance(values, pl.Series):
        return [values]
    if isinstance(values, pl.DataFrame):
        return values.get_columns()
    if hasattr(values, "iloc"):  # pandas: nulls and categories survive on this way only
        frame = values.to_frame() if values.ndim == 1 else values
        return [_read(_from_pandas, frame.iloc[:, i], where) for i in range(frame.shape[1])]
    array = np.asarray(values)
    if array.ndim not in (1, 2):
        raise UsageError(
            f"expected one or two dimensions, got an array of shape {array.shape}", where=where
        )
    table = array[:, None] if array.ndim == 1 else array
    return [_read(_from_array, table[:, i], where) for i in range(table.shape[1])]


def _from_pandas(column: Any) -> pl.Series:
    return pl.Series(pl.from_pandas(column, nan_to_null=True))


def _from_array(column: npt.NDArray[Any]) -> pl.Series:
    if column.dtype != object:
        return pl.Series(np.ascontiguousarray(column), nan_to_null=True)
    # An object array mixes a NaN into text where a value is missing.
    return pl.Series([None if value != value else value for value in column.tolist()], strict=True)


def _read(read: Callable[[Any], pl.Series], column: Any, where: str) -> pl.Series:
    if column.dtype == object:
        require_one_calendar(column, where=where)
    try:
        return read(column)
    except Exception as error:  # polars and pyarrow raise several kinds for one cause
        raise DataError(
            f"values cannot be read as one column ({error})",
            where=where,
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
