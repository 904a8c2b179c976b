"""A subject that stays where it is: in DuckDB, Spark, Dask, or a file larger than memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.outcome import RowId
from fold_guard.checks.subjects.cells import SHOWN, Cells
from fold_guard.checks.subjects.plain import plain
from fold_guard.checks.subjects.subject import Rows, Subject
from fold_guard.dataset.declared import iso_instants
from fold_guard.dataset.lazy_table import LazyTable, repeated_hashes
from fold_guard.identity.row_ids import row_ids
from fold_guard.partition.rounds import Rounds, forward_rounds, kfold_rounds

if TYPE_CHECKING:
    import narwhals as nw

IntArray = npt.NDArray[np.int64]
# Grouping pays where a group has a few rows; else its table is larger than the rows themselves.
_ROWS_A_GROUP = 4
_BLOCK = 2**20


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LazySubject(Subject):
    """Rows of a lazy frame, counted by narwhals expressions where they are.

    Attributes
    ----------
    table : LazyTable
        Every column of the user's frame.
    fold : str
        The column that holds folds: whole numbers, none missing.
    folds : ndarray of int64, shape (n_folds,)
        Every fold that occurs, ascending.
    fold_rows : ndarray of int64, shape (n_folds,)
        Their rows.
    """

    table: LazyTable
    fold: str
    folds: IntArray
    fold_rows: IntArray
    _kept: dict[tuple[tuple[str, ...], ...], Cells] = field(default_factory=dict, init=False)

    @property
    def n_repeats(self) -> int:
        """How often the rows were dealt: once, by the column."""
        return 1

    @property
    def n_rounds(self) -> int:
        """The number of rounds."""
        return len(self._rounds(self.folds))

    @property
    def ordered(self) -> bool:
        """Whether the rows have an order: none that can be relied on."""
        return False

    @property
    def shape(self) -> Cells:
        """The rows by their folds alone."""
        return self._cells(pl.DataFrame(), self.folds, self.fold_rows, ())

    def cells(self, columns: Sequence[str]) -> Cells:
        """Count the rows by their values in some columns, and by fold."""
        names = tuple(dict.fromkeys(columns))
        if not names:
            return self.shape
        return self._once((names,), lambda: self._found(names))

    def _once(self, asked: tuple[tuple[str, ...], ...], find: Callable[[], Cells]) -> Cells:
        """Ask each question once: several checks want the classes, or the copies."""
        if asked in self._kept:
            return self._kept[asked]
        found = find()
        if len(found) <= _BLOCK:
            self._kept[asked] = found
        return found

    def _found(self, names: tuple[str, ...]) -> Cells:
        if self._groups_pay(names):
            return self._counted(self.table.plain([*names, self.fold]), names)
        found = self.table.collect(self.table.plain([*names, self.fold]))
        return self._cells(found.select(pl.nth(range(len(names)))), _folds(found), None, names)

    def alike(self, columns: Sequence[str], also: Sequence[str] = ()) -> Cells:
        """Count the rows that equal another in ``columns``, by those and ``also``, and by fold."""
        return self._once((tuple(columns), tuple(also)), lambda: self._alike(columns, also))

    def _alike(self, columns: Sequence[str], also: Sequence[str]) -> Cells:
        names = tuple(dict.fromkeys([*columns, *also]))
        # The smallest id of a cell puts sets in the order that they have in memory.
        id = self.roles.id[0] if len(self.roles.id) == 1 else None
        lazy = _alike(self.table.plain([*names, self.fold], id=id), len(dict.fromkeys(columns)))
        return self._counted(lazy, names, named=id is not None)

    def rows_alike(self, columns: Sequence[str], also: Sequence[str] = ()) -> Rows:
        """Bring the rows into memory that equal another in ``columns``; all others stay."""
        names = tuple(dict.fromkeys([*columns, *also]))
        held = self.table.plain([*names, *self.roles.id, self.fold])
        found = self.table.collect(_alike(held, len(dict.fromkeys(columns))))
        folds = _folds(found)
        # One name twice is no frame: an id may be a feature, too.
        shown = pl.DataFrame({name: found[f"c{i}"] for i, name in enumerate(names)})
        named = pl.DataFrame(
            {name: found[f"c{i}"] for i, name in enumerate(self.roles.id, start=len(names))}
        )
        ids = row_ids(named, self.roles.id) if self.roles.id else _numbers(len(folds))
        return Rows(shown, folds[None, :], self._rounds(folds), ids)

    def rows(self, columns: Sequence[str], *, at_most: int | None = None) -> Rows:
        """Bring some columns into memory; the ids come along, for rows have no other name."""
        names = tuple(dict.fromkeys([*columns, *self.roles.id]))
        total = int(self.fold_rows.sum())
        key = self.table.first_of_whole_numbers([*self.roles.groups, *self.roles.id])
        # As many parts as it takes; the hash deals keys to them evenly.
        parts = 1 if at_most is None or key is None else -(-total // at_most)
        table = self.table if key is None or parts == 1 else self.table.one_part(key, parts)
        found = table.collect(table.select([*names, self.fold]))
        sampled = ""
        if parts > 1:
            sampled = f"{found.height:,} of {total:,} rows: one {key} in {parts}, by hash"
        folds = _folds(found)
        frame = pl.DataFrame({name: found[f"c{i}"] for i, name in enumerate(names)})
        ids = row_ids(frame, self.roles.id) if self.roles.id else _numbers(len(folds))
        times = self._times(names)
        chosen = pl.DataFrame(
            {
                name: self._instants(frame[name]) if name in times else frame[name]
                for name in dict.fromkeys(columns)
            }
        )
        return Rows(chosen, folds[None, :], self._rounds(folds), ids, sampled=sampled)

    def _groups_pay(self, names: Sequence[str]) -> bool:
        estimate = self.table.distinct(names)
        return estimate is None or estimate * _ROWS_A_GROUP < int(self.fold_rows.sum())

    def _counted(
        self, lazy: nw.LazyFrame[Any], names: Sequence[str], *, named: bool = False
    ) -> Cells:
        import narwhals as nw

        keys = [f"c{i}" for i in range(len(names) + 1)]
        sums = [nw.len().alias("rows"), *([nw.col("id").min().alias("id")] if named else [])]
        found = self.table.collect(lazy.group_by(*keys).agg(*sums))
        ids = row_ids(found, ("id",)) if named else None
        counts = found["rows"].cast(pl.Int64).to_numpy()
        values = found.select(pl.nth([found.columns.index(key) for key in keys[:-1]]))
        return self._cells(values, _whole(found[keys[-1]]), counts, names, ids)

    def _cells(
        self,
        values: pl.DataFrame,
        folds: IntArray,
        counts: IntArray | None,
        names: Sequence[str],
        ids: pl.Series | None = None,
    ) -> Cells:
        named = pl.DataFrame({name: plain(each) for each, name in zip(values, names, strict=True)})
        shown = named.with_columns(self._instants(named[each]) for each in self._times(names))

        def find(where: IntArray) -> tuple[RowId, ...]:
            return self._ids_of(named, folds, where)

        return Cells(shown, folds[None, :], self._rounds(folds), counts, find, ids)

    def _times(self, names: Sequence[str]) -> list[str]:
        times = (self.roles.time, self.roles.evaluation_time)
        return [each for each in times if each is not None and each in names]

    def _instants(self, series: pl.Series) -> pl.Series:
        """Read times of ISO 8601 text; others stay as they are."""
        found = iso_instants(series) if series.dtype == pl.String else None
        return series if found is None else found

    def _ids_of(self, values: pl.DataFrame, folds: IntArray, where: IntArray) -> tuple[RowId, ...]:
        if not self.roles.id:
            return ()
        # The order of cells is the engine's own; that of their values is not.
        cells = pl.DataFrame([each.alias(f"c{i}") for i, each in enumerate(values)])
        asked = cells.clear().with_columns(pl.Series("fold", [], dtype=pl.Int64))
        for start in range(0, len(where), _BLOCK):
            block = where[start : start + _BLOCK]
            more = cells[block].with_columns(pl.Series("fold", folds[block]))
            asked = pl.concat([asked, more]).bottom_k(SHOWN, by=pl.all())
        asked = asked.unique()
        found = self.table.find(
            {name: asked[f"c{i}"] for i, name in enumerate(values.columns)},
            self.fold,
            asked["fold"].to_numpy(),
            self.roles.id,
            SHOWN,
        )
        return tuple(row_ids(found, self.roles.id).drop_nulls().sort().head(SHOWN).to_list())

    def _rounds(self, folds: IntArray) -> Rounds:
        k = int(self.folds.max()) + 1
        return kfold_rounds(folds, k) if self.scheme == "kfold" else forward_rounds(folds, k)


def _alike(lazy: nw.LazyFrame[Any], compared: int) -> nw.LazyFrame[Any]:
    """Keep the rows that equal another in the first columns."""
    import narwhals as nw

    native = lazy.to_native()
    if isinstance(native, pl.LazyFrame):
        # By hash, which is a number a row; a window would hold every column of every row.
        found: nw.LazyFrame[Any] = nw.from_native(repeated_hashes(native, compared))
        return found
    keys = [f"c{i}" for i in range(compared)]
    counted = lazy.with_columns(nw.len().over(*keys).alias("alike"))
    return counted.filter(nw.col("alike") > 1).drop("alike")


def _folds(found: pl.DataFrame) -> IntArray:
    return _whole(found.to_series(found.width - 1))


def _whole(series: pl.Series) -> IntArray:
    return series.cast(pl.Int64).to_numpy()


def _numbers(length: int) -> pl.Series:
    return pl.Series("row_id", np.arange(length, dtype=np.int64))
