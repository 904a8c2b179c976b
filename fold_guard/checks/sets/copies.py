"""Copies: sets of two or more rows that are equal in every column compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.subjects.cells import Cells
from fold_guard.checks.subjects.plain import plain
from fold_guard.checks.subjects.subject import Rows, Subject
from fold_guard.checks.subjects.table_subject import TableSubject
from fold_guard.checks.wording import listed
from fold_guard.identity.digests import row_digests
from fold_guard.identity.row_ids import nearly_names_rows

IntArray = npt.NDArray[np.int64]


def lacks_features(subject: Subject) -> str:
    """Return why there are no columns to compare, or ""."""
    if subject.features:
        return ""
    note = not_compared(subject)
    return f"there is no feature column; {note}" if note else "there is no feature column"


def not_compared(subject: Subject) -> str:
    """Return which columns were left out because every row has its own value there, or ""."""
    names = subject.taken_for_ids
    if not names:
        return ""
    one = len(names) == 1
    return (
        f"{listed(names)} {'is' if one else 'are'} unique in every row: "
        f"taken for {'an id' if one else 'ids'}, not compared"
    )


def may_hide_copies(subject: Subject) -> str:
    """Return which features differ in nearly every row, as a faulty id does, or "".

    One of them among the features tells all copies apart. In a frame that is not in memory nothing
    is looked for.
    """
    if not isinstance(subject, TableSubject):
        return ""
    names = [name for name in subject.features if nearly_names_rows(subject.table[name])]
    if not names:
        return ""
    one = len(names) == 1
    return (
        f"{listed(names)} {'differs' if one else 'differ'} in nearly every row: if "
        f"{'it is an id, it hides' if one else 'they are ids, they hide'} copies (name "
        f"{'it' if one else 'them'} as id, or what is compared as features)"
    )


def copy_sets(
    values: pl.DataFrame,
    columns: Sequence[str],
    ids: pl.Series | None = None,
    counts: IntArray | None = None,
) -> IntArray:
    """Give each set of equal rows a number.

    Null equals null, NaN equals NaN (and null: file formats disagree which of the two a missing
    number is), -0.0 equals 0.0.

    Parameters
    ----------
    values : polars.DataFrame
        Rows, or cells of them.
    columns : sequence of str
        At least one.
    ids : polars.Series, length n_rows, optional
        Row ids; sets are numbered by the smallest, so that the order of rows plays no part.
        Default: by their values.
    counts : ndarray of int64, shape (n_rows,), optional
        How many rows each one stands for; default: one.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        0..n_sets-1; -1 for a row that equals no other.

    Examples
    --------
    >>> table = pl.DataFrame({"a": [1.0, 2.0, 1.0, None], "b": ["x", "x", "x", "x"]})
    >>> copy_sets(table, ["a", "b"], pl.Series([7, 8, 9, 10])).tolist()
    [0, -1, 0, -1]
    """
    # Never pl.col(name): a name such as ^x.*$ or * would be read as a pattern.
    short = [f"c{index}" for index in range(len(columns))]
    compared = [plain(values[name]).alias(to) for name, to in zip(columns, short, strict=True)]
    extra = {"position": pl.Series(np.arange(values.height, dtype=np.int64))}
    if counts is not None:
        extra["rows"] = pl.Series(counts)
    if ids is not None:
        extra["id"] = ids
    frame = pl.DataFrame([*compared, *(each.alias(name) for name, each in extra.items())])
    if counts is None:
        # Equal rows have equal hashes: those whose hash is unique need no exact comparison.
        frame = frame.filter(frame.select(short).hash_rows().is_duplicated())
    rows = pl.len() if counts is None else pl.col("rows").sum()
    order = short if ids is None else ["id", "first"]
    sets = (
        frame.group_by(short)
        .agg(
            "position",
            rows.alias("size"),
            pl.col("position").min().alias("first"),
            *([] if ids is None else [pl.col("id").min()]),
        )
        .filter(pl.col("size") > 1)
        .sort(order)
        .select("position", pl.int_range(pl.len(), dtype=pl.Int64).alias("code"))
        .explode("position")
    )
    codes = np.full(values.height, -1, dtype=np.int64)
    codes[sets["position"].to_numpy()] = sets["code"].to_numpy()
    return codes


def copies_among(subject: Subject, cells: Cells, columns: Sequence[str]) -> IntArray:
    """Give each set of equal rows among some cells a number, as `copy_sets` does.

    By the ids of a subject; without any by values, for row numbers change with the order.
    """
    ids = cells.row_ids if subject.has_ids else None
    return copy_sets(cells.values, columns, ids, cells.counts)


def copies_of(subject: Subject, rows: Rows, columns: Sequence[str]) -> IntArray:
    """Give each set of equal rows the number that `copies_among` gives it among cells.

    Where the ids of cells are not known, those of rows may be: ids of several columns.
    """
    known = subject.has_ids and (subject.ordered or len(subject.roles.id) == 1)
    return copy_sets(rows.frame, columns, rows.row_ids if known else None)


def content_key(values: pl.DataFrame, columns: Sequence[str], where: npt.NDArray[Any]) -> str:
    """Return what is the same for equal rows in any table and any file, for baselines.

    Parameters
    ----------
    values : polars.DataFrame
    columns : sequence of str
    where : ndarray of int64
        Positions of rows; of several that differ, the least digest counts.

    Examples
    --------
    >>> table = pl.DataFrame({"a": [1.0, 2.0, 1.0], "b": ["x", "x", "y"]})
    >>> content_key(table, ["a"], np.array([0])) == content_key(table, ["a"], np.array([2]))
    True
    """
    # From the table: a Series gathers by its name, where ^x$ would be a pattern.
    found = values.select(pl.nth([values.columns.index(name) for name in dict.fromkeys(columns)]))
    held = pl.DataFrame({each.name: _encodable(each) for each in found[where]})
    return f"rows like {min(row_digests(held).to_list()):016x}"


def _encodable(series: pl.Series) -> pl.Series:
    """Write lists and structures, which have no canonical form, as text."""
    if not series.dtype.is_nested():
        return series
    return pl.Series(series.name, list(map(repr, series.to_list())), dtype=pl.String)


def copies_of_rows(subject: TableSubject) -> IntArray:
    """Give each set of rows that are equal in every feature a number, as `copy_sets` does.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        -1 for a row that equals no other.
    """
    codes = np.full(len(subject.folds), -1, dtype=np.int64)
    alike = subject.alike(subject.features)
    codes[subject.suspects(subject.features)] = copies_among(subject, alike, subject.features)
    return codes
