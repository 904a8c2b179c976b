"""Columns of a table, read when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock

import polars as pl

from fold_guard.errors import UsageError


class Columns:
    """A table of which only those columns are in memory that somebody asked for.

    Parameters
    ----------
    names : sequence of str
        Every column, in order.
    read : callable (sequence of str) -> polars.DataFrame
        Reads some of them; all columns have the same rows in the same order.

    Examples
    --------
    >>> table = Columns.of(pl.DataFrame({"a": [1, 2], "b": [3, 4]}))
    >>> table.select(["b"]).columns
    ['b']
    """

    __slots__ = ("_height", "_held", "_lock", "_read", "names")

    def __init__(self, names: Sequence[str], read: Callable[[Sequence[str]], pl.DataFrame]) -> None:
        self.names = tuple(names)
        self._read = read
        self._held: dict[str, pl.Series] = {}
        self._height: int | None = None
        self._lock = Lock()

    @classmethod
    def of(cls, frame: pl.DataFrame) -> Columns:
        """Return the columns of a table in memory."""
        columns = cls(frame.columns, _nothing)
        columns._held = {series.name: series for series in frame}
        columns._height = frame.height
        return columns

    @property
    def held(self) -> Mapping[str, pl.Series]:
        """The columns that were read."""
        return self._held

    @property
    def height(self) -> int:
        """The number of rows; reads a column where none was read."""
        if self._height is None:
            self.select(self.names[:1])
        assert self._height is not None
        return self._height

    def __getitem__(self, name: str) -> pl.Series:
        """Return one column."""
        return self.select([name])[name]

    def select(self, names: Sequence[str]) -> pl.DataFrame:
        """Return some columns, each once.

        Raises
        ------
        DataError
            As reading them does.
        """
        wanted = list(dict.fromkeys(names))
        # Checks that work side by side ask for the same columns.
        with self._lock:
            missing = [name for name in wanted if name not in self._held]
            if missing:
                found = self._read(missing)
                self._height = found.height
                self._held.update({series.name: series for series in found})
        # By name: in a list, a series without one (written by pandas for an index) would get one.
        return pl.DataFrame({name: self._held[name] for name in wanted})

    def replaced(self, series: pl.Series) -> Columns:
        """Return the table with another column in the place of the one of that name."""
        copy = Columns(self.names, self._read)
        copy._held = {**self._held, series.name: series}
        copy._height = len(series)
        return copy

    def whole(self) -> pl.DataFrame:
        """Return every column."""
        return self.select(self.names)


def _nothing(names: Sequence[str]) -> pl.DataFrame:
    raise UsageError(f"there is no column {names[0]!r}", where="table")
