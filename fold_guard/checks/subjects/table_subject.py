"""A subject in memory: a table with the folds of each row."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.outcome import RowId
from fold_guard.checks.subjects.cells import SHOWN, Cells
from fold_guard.checks.subjects.plain import plain
from fold_guard.checks.subjects.subject import Rows, Subject
from fold_guard.dataset.columns import Columns
from fold_guard.partition.rounds import Round

IntArray = npt.NDArray[np.int64]
# Rows from which on several checks at a time pay, and how many at most.
_LARGE, _THREADS = 200_000, 4


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TableSubject(Subject):
    """Rows in memory, or in a file whose columns are read when they are needed.

    Attributes
    ----------
    table : Columns
        The rows that have a fold.
    row_ids : polars.Series of Int64 or String
        The id of each row; row numbers when the table has no id.
    folds : ndarray of int64, shape (n_rows,)
        Of the first repeat.
    rounds : sequence of Round
        The train/test splits, purge and embargo applied.
    repeats : ndarray of int64, shape (n_repeats, n_rows), or None
        The folds of every repeat, when there are several.
    """

    table: Columns
    row_ids: pl.Series
    folds: IntArray
    rounds: Sequence[Round]
    repeats: IntArray | None = None
    _alike: dict[tuple[str, ...], IntArray] = field(default_factory=dict, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    @property
    def every_repeat(self) -> IntArray:
        """The folds of each repeat, shape (n_repeats, n_rows)."""
        return self.folds[None, :] if self.repeats is None else self.repeats

    @property
    def n_repeats(self) -> int:
        """How often the rows were dealt."""
        return len(self.every_repeat)

    @property
    def n_rounds(self) -> int:
        """Rounds of all repeats."""
        return len(self.rounds)

    @property
    def threads(self) -> int:
        """How many checks may work on it at a time: as many as pay on tables that are large."""
        large = len(self.folds) >= _LARGE
        return min(_THREADS, os.cpu_count() or 1) if large else 1

    @property
    def ordered(self) -> bool:
        """Whether the rows have an order: they do."""
        return True

    def cells(self, columns: Sequence[str]) -> Cells:
        """Return the rows: they are not grouped."""
        values = pl.DataFrame({each.name: plain(each) for each in self.table.select(columns)})
        return Cells(
            values,
            self.every_repeat,
            self.rounds,
            None,
            self._ids_at,
            self.row_ids,
            self.fold_names,
        )

    def alike(self, columns: Sequence[str], also: Sequence[str] = ()) -> Cells:
        """Return the rows whose hash over ``columns`` another row has, too."""
        return self.cells([*columns, *also]).take(self.suspects(tuple(columns)))

    def suspects(self, columns: tuple[str, ...]) -> IntArray:
        """Return the positions of the rows whose hash over ``columns`` another row has, too."""
        # Several checks ask the same, and hashing every feature is what takes longest.
        with self._lock:
            return self._found(columns)

    def _found(self, columns: tuple[str, ...]) -> IntArray:
        if columns not in self._alike:
            values = self.cells(columns).values
            hashes = values.hash_rows()
            self._alike[columns] = hashes.is_duplicated().arg_true().cast(pl.Int64).to_numpy()
        return self._alike[columns]

    def rows(self, columns: Sequence[str], *, at_most: int | None = None) -> Rows:
        """Return some columns of the rows."""
        return Rows(
            self.table.select(columns),
            self.every_repeat,
            self.rounds,
            self.row_ids,
            self.fold_names,
        )

    def rows_alike(self, columns: Sequence[str], also: Sequence[str] = ()) -> Rows:
        """Return the rows that `alike` finds."""
        found = self.alike(columns, also)
        assert found.row_ids is not None
        return Rows(found.values, found.folds, found.rounds, found.row_ids, self.fold_names)

    def _ids_at(self, where: IntArray) -> tuple[RowId, ...]:
        return tuple(self.row_ids.gather(where).sort().head(SHOWN).to_list())
