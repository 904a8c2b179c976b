"""Units left out one by one: those that hold a row of a named subgroup."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.labels import as_text
from fold_guard.errors import InfeasibleError, UsageError
from fold_guard.suggest import did_you_mean

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Scalar = str | int | float | bool
_WHERE = "leave_out"


def as_texts(named: Mapping[str, Scalar | tuple[Scalar, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the values that name a subgroup as text, each once and ascending.

    Examples
    --------
    >>> as_texts({"site": 7, "sex": ("m", "f", "m"), "urgent": True})
    {'sex': ('f', 'm'), 'site': ('7',), 'urgent': ('true',)}
    """
    return {
        column: tuple(sorted({as_text(pl.Series([each]))[0] for each in _several(values)}))
        for column, values in sorted(named.items())
    }


def misnamed(named: object) -> str:
    """Say why something names no subgroup; empty when it names one."""
    if not isinstance(named, Mapping) or not named:
        return f"must map a column to a value or to several, got {named!r}"
    for column, values in named.items():
        if not isinstance(column, str):
            return f"names columns as text, got {column!r}"
        several = _several(values)
        if not several:
            return f"names no value of {column!r}"
        for each in several:
            # NaN is a null to every reader of a table, and nulls are in no subgroup.
            if not isinstance(each, Scalar) or each != each:
                return f"names values as text, numbers or true and false, got {each!r}"
    return ""


def critical_rows(frame: pl.DataFrame, named: Mapping[str, tuple[str, ...]]) -> BoolArray:
    """Return the rows of a subgroup: those that have one of the values in each of the columns.

    Parameters
    ----------
    frame : polars.DataFrame
    named : mapping of column to values
        As `as_texts` gives it.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
        A null is in no subgroup.

    Raises
    ------
    UsageError
        An unknown column, or a value that no row has, with the nearest.
    InfeasibleError
        Each value occurs, and never together.

    Examples
    --------
    >>> frame = pl.DataFrame({"sex": ["f", "m", None, "f"], "site": [7, 7, 7, 8]})
    >>> critical_rows(frame, {"sex": ("f",), "site": ("7",)}).tolist()
    [True, False, False, False]
    """
    found = np.ones(frame.height, dtype=np.bool_)
    for column, values in named.items():
        if column not in frame.columns:
            raise UsageError(
                f"there is no column {column!r}",
                where=_WHERE,
                remedy=did_you_mean(column, frame.columns),
            )
        texts = as_text(frame[column]).alias("value")
        known = texts.drop_nulls().unique().sort().to_list()
        if unknown := [each for each in values if each not in known]:
            raise UsageError(
                f"no row has {unknown[0]!r} in column {column!r}",
                where=_WHERE,
                remedy=did_you_mean(unknown[0], known),
            )
        found &= texts.is_in(values).fill_null(False).to_numpy()
    if not found.any():
        raise InfeasibleError(
            f"no row is in the subgroup: {spoken(named)} never occur together",
            where=_WHERE,
            remedy="Name a subgroup that has rows.",
        )
    return found


def whole_units(units: IntArray, rows: BoolArray) -> BoolArray:
    """Return the rows of every unit that holds one of some rows.

    Examples
    --------
    >>> whole_units(np.array([0, 1, 1, 2]), np.array([False, False, True, False])).tolist()
    [False, True, True, False]
    """
    held = np.zeros(int(units.max(initial=-1)) + 1, dtype=np.bool_)
    held[units[rows]] = True
    return held[units]


def spoken(named: Mapping[str, tuple[str, ...]]) -> str:
    """Return a subgroup in words.

    Examples
    --------
    >>> spoken({"sex": ("f",), "site": ("7", "8")})
    "sex 'f' and site '7' or '8'"
    """
    return " and ".join(
        f"{column} {' or '.join(map(repr, values))}" for column, values in named.items()
    )


def _several(values: object) -> tuple[object, ...]:
    return tuple(values) if isinstance(values, list | tuple | set | frozenset) else (values,)
