"""Time columns of X, and an embargo in their unit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from fold_guard.dataset.frames import to_polars
from fold_guard.dataset.instants import Instants, instants
from fold_guard.errors import DataError, UsageError
from fold_guard.partition.intervals import Intervals
from fold_guard.partition.purging import Embargo
from fold_guard.splitters.base import length
from fold_guard.suggest import did_you_mean

EmbargoSetting: TypeAlias = float | timedelta | np.timedelta64 | Mapping[str, float]
_UNITS = ("ms", "us", "ns")
_NS_PER_DAY = 86_400_000_000_000


def column_instants(X: Any, name: str) -> Instants:
    """Read one time column of a frame.

    Parameters
    ----------
    X : pandas.DataFrame or polars.DataFrame
    name : str

    Raises
    ------
    UsageError
        X is no frame, or has no such column.
    DataError
        A row without an instant, or a column that holds no time.

    Examples
    --------
    >>> column_instants(pl.DataFrame({"day": [3, 1]}), "day").values.tolist()
    [3, 1]
    """
    return _known(_column(X, name), name)


def label_horizons(
    X: Any, prediction_time: str | None, evaluation_time: str | None
) -> tuple[Intervals, Instants | None]:
    """Read from when each label is predicted to when it is known.

    Parameters
    ----------
    X : frame, or array_like when no column is named
    prediction_time, evaluation_time : str, optional
        Columns; the evaluation time defaults to the prediction time. Without either, rows are in
        time order and each is an instant.

    Returns
    -------
    Intervals
    Instants or None
        The prediction times with their unit; None for rows in time order.

    Raises
    ------
    UsageError, DataError
        As for `column_instants`; an evaluation before its prediction; columns of two kinds.
    """
    if prediction_time is None:
        rows = np.arange(length(X))
        return Intervals(rows, rows), None
    start = _column(X, prediction_time)
    end = start if evaluation_time is None else _column(X, evaluation_time)
    start, end = _of_one_type(start, end)
    first = _known(start, prediction_time)
    last = first if end is start else _known(end, str(evaluation_time))
    return Intervals(first.values, last.values), first


def embargo_of(setting: EmbargoSetting, n_rows: int, time: Instants | None) -> Embargo:
    """Read an embargo in the unit of the time column.

    Parameters
    ----------
    setting : float, timedelta, or {"rows": int} or {"fraction": float}
        A number counts steps: days of dates and datetimes, units of numbers, rows where the order
        of rows is the time. A fraction is one of all rows, rounded up.
    n_rows : int
    time : Instants or None

    Raises
    ------
    UsageError
        A timedelta where time is no date, or no embargo at all.

    Examples
    --------
    >>> embargo_of({"fraction": 0.29}, 100, None)
    Embargo(span=0, rows=29)
    """
    if isinstance(setting, Mapping):
        [(kind, amount)] = setting.items()
        # The decimal that was written: 0.29 * 100 is a little less than 29.
        rows = Fraction(str(amount)) * (n_rows if kind == "fraction" else 1)
        return Embargo(rows=math.ceil(rows))
    per_step = 1 if time is None else time.per_step
    if isinstance(setting, timedelta | np.timedelta64):
        if time is None or time.unit != "days":
            raise UsageError(
                "an embargo of a timedelta needs a prediction_time of dates or datetimes",
                where="embargo",
                remedy="Give a number in the unit of the time column, or rows or a fraction.",
            )
        # Whole units: a float would blur nanoseconds.
        return Embargo(span=_nanoseconds(setting) * per_step // _NS_PER_DAY)
    return Embargo(span=setting * per_step)


def require_embargo(setting: object) -> None:
    """Refuse what is no embargo.

    Raises
    ------
    UsageError
        Neither a number, nor a timedelta, nor rows, nor a fraction; or a negative one.
    """
    if isinstance(setting, Mapping):
        kinds = {"rows": _is_rows, "fraction": _is_fraction}
        if len(setting) == 1:
            [(kind, amount)] = setting.items()
            if kind in kinds and kinds[kind](amount):
                return
    elif isinstance(setting, timedelta | np.timedelta64):
        if _nanoseconds(setting) >= 0:
            return
    elif _is_length(setting):
        return
    raise UsageError(
        f"an embargo is a number of at least 0, a timedelta, {{'rows': n}} or {{'fraction': f}}, "
        f"got {setting!r}",
        where="embargo",
    )


def _is_length(amount: object) -> bool:
    number = isinstance(amount, int | float | np.number) and not isinstance(amount, bool)
    return number and math.isfinite(amount) and bool(amount >= 0)  # type: ignore[arg-type, operator]


def _is_rows(amount: object) -> bool:
    whole = isinstance(amount, int | np.integer) and not isinstance(amount, bool)
    return whole and _is_length(amount)


def _is_fraction(amount: object) -> bool:
    return _is_length(amount) and amount < 1  # type: ignore[operator]


def _nanoseconds(span: timedelta | np.timedelta64) -> int:
    # pandas' Timedelta is a timedelta that also has nanoseconds.
    exact = span.to_timedelta64() if hasattr(span, "to_timedelta64") else np.timedelta64(span)
    return int(exact.astype("timedelta64[ns]").astype(np.int64))


def _column(X: Any, name: str) -> pl.Series:
    if not hasattr(X, "columns"):
        raise UsageError(
            f"column {name!r} is needed, and X is no frame but {type(X).__name__}",
            where="X",
            remedy="Pass X as a pandas or polars DataFrame.",
        )
    names = [str(each) for each in X.columns]
    if name not in names:
        raise UsageError(f"X has no column {name!r}", where="X", remedy=did_you_mean(name, names))
    return to_polars(X[[name]])[name]


def _known(column: pl.Series, name: str) -> Instants:
    found = instants(column)
    unknown = np.flatnonzero(~found.known)
    if unknown.size:
        raise DataError(
            f"{unknown.size:,} {'row has' if unknown.size == 1 else 'rows have'} no instant, the "
            f"first at position {unknown[0]}",
            where=f"column {name}",
            remedy="Fill them in or leave the rows out.",
        )
    return found


def _of_one_type(start: pl.Series, end: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Bring two time columns to one unit: the finer."""
    if start.dtype == end.dtype:
        return start, end
    kinds = (start.dtype, end.dtype)
    if all(kind.is_numeric() for kind in kinds):
        target: pl.DataType = pl.Float64() if any(k.is_float() for k in kinds) else pl.Int64()
        return start.cast(target), end.cast(target)
    zones = {getattr(kind, "time_zone", None) for kind in kinds}
    if all(kind == pl.Date or isinstance(kind, pl.Datetime) for kind in kinds) and len(zones) == 1:
        units = [kind.time_unit for kind in kinds if isinstance(kind, pl.Datetime)]
        finest = pl.Datetime(max(units, key=_UNITS.index), zones.pop())
        return start.cast(finest), end.cast(finest)
    raise DataError(
        f"prediction and evaluation times are of two kinds, {kinds[0]} and {kinds[1]}",
        where=f"columns {start.name}, {end.name}",
        remedy="Convert them to one type and one time zone.",
    )
