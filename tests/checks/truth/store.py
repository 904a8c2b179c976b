"""A case in SQLite: rows, rounds and both sides of each, by the words of the design alone."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from tests.checks.truth.clock import Clock, clock_of

Measured = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A table with a column ``fold``, and its roles.

    At first it has a column ``block``, too, of folds that are blocks in time or in order.
    """

    table: pa.Table
    label: str | None = None
    id: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    time: str | None = None
    evaluation_time: str | None = None
    # None: what an audit takes, every column without another role that names no row.
    features: tuple[str, ...] | None = None
    embargo: float = 0
    min_gap: float = 0

    def over(self, folds: str) -> Case:
        """Leave one of the two columns of folds, as ``fold``."""
        other = "block" if folds == "fold" else "fold"
        table = self.table.drop_columns([other])
        names = ["fold" if name == folds else name for name in table.column_names]
        return replace(self, table=table.rename_columns(names))

    @property
    def roles(self) -> dict[str, Any]:
        """What `fold_guard.audit` is told."""
        return {
            "label": self.label,
            "id": self.id,
            "groups": self.groups,
            "time": self.time,
            "evaluation_time": self.evaluation_time,
            "features": self.features,
        }

    @property
    def taken(self) -> tuple[str, ...]:
        """The features, as the documentation of ``features`` says."""
        if self.features is not None:
            return self.features
        roles = {*self.id, *self.groups, self.label, self.time, self.evaluation_time, "fold"}
        return tuple(
            name
            for name in self.table.column_names
            if name not in roles and not _names_rows(self.table[name].to_pylist())
        )


def _names_rows(values: list[Any]) -> bool:
    whole_or_text = all(isinstance(each, int | str) for each in values)
    several = len(values) > 20 and not any(isinstance(each, bool) for each in values)
    return whole_or_text and several and len(set(values)) == len(values)


@dataclass(frozen=True)
class Stored:
    """A case under one scheme.

    Table ``cell``: one row a row of the case, with ``row``, ``fold``, ``class`` (the label as
    text), ``begun`` and ``ended`` (its times as numbers) and a column ``c0``, ``c1``, ... for each
    of the case's. Tables ``trained`` and ``tested``: round ``j``, ``row``.
    """

    case: Case
    clock: Clock | None
    db: sqlite3.Connection = field(repr=False)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a query."""
        return self.db.execute(query, values).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        """Run a query that has one number as its answer."""
        [(answer,)] = self.rows(query, *values)
        return answer

    def column(self, name: str) -> str:
        """Return what a column of the case is called in ``cell``."""
        return f"c{self.case.table.column_names.index(name)}"

    def by_round(self, names: tuple[str, ...], query: str) -> dict[str, Measured]:
        """Return what a query says of each round: its first column is the round."""
        return {str(j): dict(zip(names, found, strict=True)) for j, *found in self.rows(query)}


def stored(case: Case, scheme: str) -> Stored:
    """Put a case into SQLite; ``fold`` has the folds of the scheme."""
    clock = None if case.time is None else clock_of(case.table[case.time])
    db = sqlite3.connect(":memory:")
    width = case.table.num_columns
    names = ", ".join(f"c{i}" for i in range(width))
    db.execute(
        f"CREATE TABLE cell (row INTEGER PRIMARY KEY, fold, class TEXT, begun, ended, {names})"
    )
    db.executemany(f"INSERT INTO cell VALUES ({', '.join('?' * (5 + width))})", _cells(case))
    most = db.execute("SELECT MAX(fold) FROM cell").fetchone()[0]
    db.execute("CREATE TABLE round (j INTEGER PRIMARY KEY)")
    first = 0 if scheme == "kfold" else 1
    db.executemany("INSERT INTO round VALUES (?)", [(j,) for j in range(first, most + 1)])
    trains = "fold <> j AND fold <> -2" if scheme == "kfold" else "fold BETWEEN 0 AND j - 1"
    for name, condition in (("trained", trains), ("tested", "fold = j")):
        db.execute(f"CREATE TABLE {name} (j, row, PRIMARY KEY (j, row)) WITHOUT ROWID")
        db.execute(f"INSERT INTO {name} SELECT j, row FROM round JOIN cell ON {condition}")
    return Stored(case, clock, db)


def _cells(case: Case) -> Iterator[tuple[Any, ...]]:
    nothing = [None] * case.table.num_rows
    begun = nothing if case.time is None else clock_of(case.table[case.time]).values
    ended = begun
    if case.evaluation_time is not None:
        ended = clock_of(case.table[case.evaluation_time]).values
    classes = nothing if case.label is None else map(_text, case.table[case.label].to_pylist())
    columns = [[_plain(each) for each in column.to_pylist()] for column in case.table.columns]
    folds = case.table["fold"].to_pylist()
    numbers = range(case.table.num_rows)
    return zip(numbers, folds, classes, begun, ended, *columns, strict=True)


def _plain(value: Any) -> Any:
    # SQLite has no dates; as text they differ where they differ. NaN is NULL to it.
    return str(value) if isinstance(value, date | datetime) else value


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
