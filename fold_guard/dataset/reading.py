"""Read a table from Parquet, CSV, Arrow or JSON Lines, only the columns that are needed."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import polars.selectors as cs

from fold_guard.dataset.columns import Columns
from fold_guard.dataset.declared import Dtype, declared
from fold_guard.dataset.files import explained
from fold_guard.errors import DataError, UsageError
from fold_guard.suggest import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Callable


def _scan_csv(path: Path, dtypes: Mapping[str, Dtype], separator: str = ",") -> pl.LazyFrame:
    # Every row takes part in inference: a column that turns to text at row 100,000 must not crash
    # or be cut short. Declared columns are read as text, so that "007" keeps its zeros.
    return pl.scan_csv(
        path,
        separator=separator,
        glob=False,
        infer_schema_length=None,
        schema_overrides={name: pl.String for name in dtypes},
    )


_PANDAS_INDEX = re.compile(r"__index_level_\d+__")
_READERS: dict[str, Callable[[Path, Mapping[str, Dtype]], pl.LazyFrame]] = {
    # glob=False: a file may well be called table[1].parquet.
    ".parquet": lambda path, _: pl.scan_parquet(path, glob=False),
    ".pq": lambda path, _: pl.scan_parquet(path, glob=False),
    ".csv": _scan_csv,
    ".tsv": lambda path, dtypes: _scan_csv(path, dtypes, "\t"),
    ".arrow": lambda path, _: pl.scan_ipc(path),
    ".feather": lambda path, _: pl.scan_ipc(path),
    ".jsonl": lambda path, _: pl.scan_ndjson(path, infer_schema_length=None),
    ".ndjson": lambda path, _: pl.scan_ndjson(path, infer_schema_length=None),
}


_BY_COLUMN = (".parquet", ".pq", ".arrow", ".feather")


def scan_table(path: Path, *, dtypes: Mapping[str, Dtype] | None = None) -> pl.LazyFrame:
    """Open a table without reading it.

    The row index of pandas is no column of the data, and is left out: in Parquet the columns
    ``__index_level_N__`` that the file's pandas metadata lists as index, in CSV a column whose
    name is empty.

    Parameters
    ----------
    path : Path
        ``.parquet``, ``.csv``, ``.tsv``, ``.arrow``, ``.feather``, ``.jsonl``.
    dtypes : mapping of column to dtype name, optional
        Declared dtypes; others are taken from the file (CSV: inferred from all rows).

    Raises
    ------
    UsageError
        The file is missing, a folder, or of an unknown kind; a declared column does not exist.
    DataError
        The file is empty or damaged; a CSV file names two columns alike.
    """
    stated = dtypes or {}
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise UsageError("is a folder, not a file", where=str(path), remedy="Name a file.")
        if not os.access(path, os.R_OK):
            raise DataError("cannot be read", where=str(path), remedy="Check its mode and owner.")
    except FileNotFoundError:
        raise UsageError("no such file", where=str(path), remedy=_similar_file(path)) from None
    except OSError as error:
        raise explained(error, path) from error
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UsageError(
            f"cannot read files that end in {path.suffix!r}",
            where=str(path),
            remedy=f"Known: {', '.join(_READERS)}",
        )
    if size == 0:
        raise DataError("the file is empty", where=str(path), remedy="Write the table again.")
    try:
        lazy = reader(path, stated)
        columns = lazy.collect_schema().names()
        index = _index_columns(path, columns)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _damaged(path, error) from error
    if index:
        lazy = lazy.select(~cs.by_name(*index))
        columns = [name for name in columns if name not in index]
    for name in stated:
        if name not in columns:
            raise UsageError(
                f"there is no column {name!r} to declare a dtype for",
                where=str(path),
                remedy=did_you_mean(name, columns),
            )
    return lazy


# Beyond, a table is worked on where it is: twice this is what a round of checks may hold.
_IN_MEMORY = 4 * 2**30


def open_table(path: Path, *, dtypes: Mapping[str, Dtype] | None = None) -> Columns | pl.LazyFrame:
    """Open a table for an audit: columns are read when they are asked for.

    Parameters
    ----------
    path, dtypes
        As for `scan_table`.

    Returns
    -------
    Columns or polars.LazyFrame
        A lazy frame when a Parquet or Arrow file is too large to be held (8 bytes a value); text
        formats are read whole, for their types follow from every row.

    Raises
    ------
    UsageError, DataError
        As `read_table`.
    """
    if path.suffix.lower() not in _BY_COLUMN:
        return Columns.of(read_table(path, dtypes=dtypes))
    lazy = scan_table(path, dtypes=dtypes)
    try:
        names = lazy.collect_schema().names()
        rows = lazy.select(pl.len()).collect().item()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _damaged(path, error) from error
    if not dtypes and rows * len(names) * 8 > _IN_MEMORY:
        return lazy

    def read(wanted: Sequence[str]) -> pl.DataFrame:
        own = {name: dtype for name, dtype in (dtypes or {}).items() if name in wanted}
        return read_table(path, columns=wanted, dtypes=own)

    return Columns(names, read)


def read_table(
    path: Path,
    *,
    columns: Sequence[str] | None = None,
    dtypes: Mapping[str, Dtype] | None = None,
) -> pl.DataFrame:
    """Read a table, or only some of its columns.

    Raises
    ------
    UsageError
        As `scan_table`; an unknown column, with the nearest name.
    DataError
        As `scan_table`; a table without rows; a value that does not fit its declared dtype.
    """
    lazy = scan_table(path, dtypes=dtypes)
    if columns is not None:
        known = lazy.collect_schema().names()
        for name in columns:
            if name not in known:
                raise UsageError(
                    f"there is no column {name!r}",
                    where=str(path),
                    remedy=did_you_mean(name, known),
                )
        # By selector: as a plain name, ^x.*$ or * would be a pattern.
        lazy = lazy.select(cs.by_name(*columns))
    try:
        frame = lazy.collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _damaged(path, error) from error
    if frame.height == 0:
        raise DataError("the table has no rows", where=str(path), remedy="Write the table again.")
    return frame.with_columns(
        declared(frame[name], dtype, source=str(path))
        for name, dtype in (dtypes or {}).items()
        if name in frame.columns
    )


def _index_columns(path: Path, columns: Sequence[str]) -> set[str]:
    """Return the columns that hold nothing but the row index of pandas."""
    kind = path.suffix.lower()
    if kind in (".csv", ".tsv"):
        _refuse_twins(path, "\t" if kind == ".tsv" else ",")
        return {""} & set(columns)
    if kind not in (".parquet", ".pq"):
        return set()
    try:
        listed = json.loads(pl.read_parquet_metadata(path).get("pandas", "{}"))["index_columns"]
    except (ValueError, KeyError, TypeError):
        return set()
    named = {each for each in listed if isinstance(each, str)}
    return {name for name in columns if name in named and _PANDAS_INDEX.fullmatch(name)}


def _refuse_twins(path: Path, separator: str) -> None:
    # polars would rename the second one, and a role could mean either.
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        try:
            names = next(csv.reader(file, delimiter=separator), [])
        except csv.Error:
            return
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise DataError(
            "column names occur more than once: "
            f"{', '.join(map(repr, twice[:5]))}{' ...' if len(twice) > 5 else ''}",
            where=str(path),
            remedy="Rename or drop the copies.",
        )


def _damaged(path: Path, error: Exception) -> DataError:
    first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return DataError(
        f"cannot be read as {path.suffix.lstrip('.')} ({first_line[:200]})",
        where=str(path),
        remedy="The file may be cut short or of another kind; write or fetch it again.",
    )


def _similar_file(path: Path) -> str:
    try:
        beside = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"The folder {path.parent} does not exist either."
    best = nearest(path.name, beside)
    return f"Did you mean {path.with_name(best)}?" if best else "Check the path."
