"""Copies: sets of two or more rows that are equal in every column compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.subject import Subject
from fold_guard.checks.wording import listed

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


def copy_sets(frame: pl.DataFrame, columns: Sequence[str], ids: pl.Series) -> IntArray:
    """Give each set of equal rows a number.

    Null equals null, NaN equals NaN (and null: file formats disagree which of the two a missing
    number is), -0.0 equals 0.0.

    Parameters
    ----------
    frame : polars.DataFrame
    columns : sequence of str
        At least one.
    ids : polars.Series, length n_rows
        Row ids; sets are numbered by the smallest, so that the order of rows plays no part.

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
    short = {name: f"c{index}" for index, name in enumerate(columns)}
    # Never pl.col(name): a name such as ^x.*$ or * would be read as a pattern.
    plain = pl.DataFrame(
        [
            *(_plain(frame[name].alias(to)) for name, to in short.items()),
            pl.Series("position", np.arange(frame.height, dtype=np.int64)),
            ids.alias("id"),
        ]
    )
    # Equal rows have equal hashes: the rows whose hash is unique need no exact comparison.
    suspect = plain.select(short.values()).hash_rows().is_duplicated()
    sets = (
        plain.filter(suspect)
        .group_by(list(short.values()))
        .agg("position", pl.col("id").min(), pl.col("position").min().alias("first"))
        .filter(pl.col("position").list.len() > 1)
        .sort("id", "first")
        .select("position", pl.int_range(pl.len(), dtype=pl.Int64).alias("code"))
        .explode("position")
    )
    codes = np.full(frame.height, -1, dtype=np.int64)
    codes[sets["position"].to_numpy()] = sets["code"].to_numpy()
    return codes


def _plain(series: pl.Series) -> pl.Series:
    return series.fill_nan(None) if series.dtype.is_float() else series


def copy_sets_within(codes: IntArray, columns: Sequence[pl.Series], ids: pl.Series) -> IntArray:
    """Split each set of ``codes`` by more columns, and number what has two rows or more.

    Examples
    --------
    >>> copy_sets_within(np.array([0, 0, 0, -1]), [pl.Series(["a", "b", "a", "a"])],
    ...                  pl.Series([7, 8, 9, 10])).tolist()
    [0, -1, 0, -1]
    """
    members = np.flatnonzero(codes >= 0)
    named = {f"column {i}": each.alias("column") for i, each in enumerate(columns)}
    frame = pl.DataFrame(
        {"set": codes[members], **{name: each.gather(members) for name, each in named.items()}}
    )
    within = np.full(len(codes), -1, dtype=np.int64)
    within[members] = copy_sets(frame, ["set", *named], ids.gather(members))
    return within
