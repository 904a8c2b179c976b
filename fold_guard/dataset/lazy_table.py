"""A table that stays where it is, seen through narwhals; its columns are called c0, c1, ... there.

Names of the user's never reach another system: they could be patterns, or need quotes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.prose import FOUR_WORDS, MOST
from fold_guard.errors import UsageError

if TYPE_CHECKING:
    import narwhals as nw

IntArray = npt.NDArray[np.int64]
_LEHMER_MODULUS, _LEHMER_FACTOR = 2**31 - 1, 48_271


@dataclass(frozen=True, slots=True, eq=False)
class LazyTable:
    """A lazy frame and the names of its columns.

    Attributes
    ----------
    frame : narwhals.LazyFrame
        Its columns are ``t0``, ``t1``, ... in the order of ``names``.
    names : tuple of str
    """

    frame: nw.LazyFrame[Any]
    names: tuple[str, ...]

    @classmethod
    def of(cls, native: Any) -> LazyTable:
        """Take a lazy frame of polars, DuckDB, PySpark, Dask or whatever narwhals knows.

        Raises
        ------
        UsageError
            A column is called ``*``, which SQL takes for all columns.

        Examples
        --------
        >>> LazyTable.of(pl.LazyFrame({"^a$": [1]})).names
        ('^a$',)
        """
        import narwhals as nw

        frame = nw.from_native(native).lazy()
        names = tuple(frame.collect_schema().names())
        if "*" in names and not isinstance(native, pl.LazyFrame):
            raise UsageError(
                "a column called '*' cannot be told from all columns there",
                where="table",
                remedy="Rename it, or leave it out of the frame.",
            )
        return cls(frame.rename({name: f"t{i}" for i, name in enumerate(names)}), names)

    def select(self, columns: Sequence[str]) -> nw.LazyFrame[Any]:
        """Return some columns as they are, called c0, c1, ..."""
        return self.frame.select(
            *(self._column(name).alias(f"c{i}") for i, name in enumerate(columns))
        )

    def plain(self, columns: Sequence[str], *, id: str | None = None) -> nw.LazyFrame[Any]:
        """Return some columns, called c0, c1, ..., with null for NaN and 0.0 for -0.0.

        Another one comes along as it is, called ``id``.
        """
        chosen = [self._plain(name).alias(f"c{i}") for i, name in enumerate(columns)]
        if id is not None:
            chosen.append(self._column(id).alias("id"))
        return self.frame.select(*chosen)

    def count(self, columns: Sequence[str]) -> pl.DataFrame:
        """Return the distinct values of some columns, and their ``rows``."""
        import narwhals as nw

        keys = [f"c{i}" for i in range(len(columns))]
        found = self.collect(self.select(columns).group_by(*keys).agg(nw.len().alias("rows")))
        named = [found[key].alias(name) for key, name in zip(keys, columns, strict=True)]
        return pl.DataFrame([*named, found["rows"].cast(pl.Int64)])

    def unique_in_every_row(self, columns: Sequence[str], n_rows: int) -> tuple[str, ...]:
        """Return the columns of whole numbers or text in which every row has its own value.

        Text of four words or more, in most rows, is prose and not among them.
        """
        import narwhals as nw

        text = (nw.String, nw.Categorical, nw.Enum)
        kinds = {name: self._dtype(name) for name in columns}
        names = [name for name, kind in kinds.items() if kind.is_integer() or kind in text]
        if isinstance(self.frame.to_native(), pl.LazyFrame):
            # The estimate is within a few percent, and costs no memory.
            near = [name for name in names if (self.distinct([name]) or 0) > 0.9 * n_rows]
            found = [name for name in near if self._all_differ(name)]
        else:
            found = self._unique(names, n_rows)
        prose = self._of_prose([name for name in found if kinds[name] in text], n_rows)
        return tuple(name for name in found if name not in prose)

    def _unique(self, names: Sequence[str], n_rows: int) -> list[str]:
        if not names:
            return []
        column = {name: self._column(name) for name in names}
        asked = [column[name].n_unique().alias(f"u{i}") for i, name in enumerate(names)]
        asked += [column[name].null_count().alias(f"n{i}") for i, name in enumerate(names)]
        found = self.collect(self.frame.select(*asked)).row(0)
        unique, missing = found[: len(names)], found[len(names) :]
        return [
            name for name, n, m in zip(names, unique, missing, strict=True) if n == n_rows and not m
        ]

    def _of_prose(self, names: Sequence[str], n_rows: int) -> set[str]:
        import narwhals as nw

        if not names:
            return set()
        asked = [
            self._column(name)
            .cast(nw.String)
            .str.contains(FOUR_WORDS)
            .cast(nw.Int64)
            .sum()
            .alias(f"s{i}")
            for i, name in enumerate(names)
        ]
        found = self.collect(self.frame.select(*asked)).row(0)
        return {name for name, rows in zip(names, found, strict=True) if rows > MOST * n_rows}

    def _all_differ(self, name: str) -> bool:
        series = self.collect(self.select([name])).to_series()
        return not series.null_count() and series.n_unique() == len(series)

    def first_of_whole_numbers(self, columns: Sequence[str]) -> str | None:
        """Return the first of some columns that holds whole numbers."""
        return next((name for name in columns if self._dtype(name).is_integer()), None)

    def one_part(self, column: str, parts: int) -> LazyTable:
        """Keep the rows whose value in a column of whole numbers falls into one part of several.

        Values are dealt by two steps of Lehmer's generator (Park and Miller 1988), which every
        engine can work out; rows without a value are kept.
        """
        import narwhals as nw

        key = self._column(column).cast(nw.Int64).abs().fill_null(0)
        for _ in range(2):
            key = key % _LEHMER_MODULUS * _LEHMER_FACTOR
        return LazyTable(self.frame.filter(key % _LEHMER_MODULUS % parts == 0), self.names)

    def missing_and_repeated(
        self, columns: Sequence[str], shown: int
    ) -> tuple[int, pl.DataFrame, int]:
        """Count rows that have a null in some columns, and those that repeat another.

        Returns
        -------
        int
            Rows with a null.
        polars.DataFrame
            A few of the values that several rows have, the first in order.
        int
            Rows beyond the first of each value that several have.
        """
        import narwhals as nw

        keys = [f"c{i}" for i in range(len(columns))]
        lazy = self.select(columns)
        native = lazy.to_native()
        if isinstance(native, pl.LazyFrame):
            # Sorting hashes takes a fraction of the memory of a table of all ids.
            lazy = nw.from_native(repeated_hashes(native, len(columns)))
        null = nw.any_horizontal(*(nw.col(key).is_null() for key in keys), ignore_nulls=True)
        every = self.select(columns).filter(null).select(nw.len().alias("rows"))
        missing = self.collect(every).item()
        known = lazy.filter(~null)
        repeated = known.group_by(*keys).agg(nw.len().alias("rows")).filter(nw.col("rows") > 1)
        total = self.collect(repeated.select((nw.col("rows") - 1).sum().alias("rows"))).item()
        few = self.collect(repeated.select(*keys).sort(*keys).head(shown))
        named = [few[key].alias(name) for key, name in zip(keys, columns, strict=True)]
        return int(missing), pl.DataFrame(named), int(total or 0)

    def distinct(self, columns: Sequence[str]) -> int | None:
        """Estimate how many distinct values some columns have together; None where it is costly."""
        native = self.select(columns).to_native()
        if not isinstance(native, pl.LazyFrame):
            return None
        together = native.select(pl.struct(pl.all()).hash().approx_n_unique())
        return int(together.collect(engine="streaming").item())

    def find(
        self,
        values: Mapping[str, pl.Series],
        fold: str,
        folds: IntArray,
        wanted: Sequence[str],
        shown: int,
    ) -> pl.DataFrame:
        """Return a few rows that have some values.

        Parameters
        ----------
        values : mapping of column to Series
            As `plain` makes them; one entry for each kind of row that is looked for.
        fold : str
            The column of folds.
        folds : ndarray of int64
            The fold of each kind.
        wanted : sequence of str
            The columns to return; the rows are the first in the order of the first of them.
        shown : int
        """
        import narwhals as nw

        kinds = []
        for at, its_fold in enumerate(folds.tolist()):
            same = [self._column(fold) == its_fold]
            for name, series in values.items():
                value = series[at]
                column = self._plain(name)
                # A null equals nothing here; what is unknown would count as equal below.
                missing = column.is_null()
                same.append(missing if value is None else ~missing & (column == value))
            kinds.append(nw.all_horizontal(*same, ignore_nulls=True))
        matching = self.frame.filter(nw.any_horizontal(*kinds, ignore_nulls=True))
        chosen = matching.select(
            *(self._column(name).alias(f"c{i}") for i, name in enumerate(wanted))
        )
        found = self.collect(chosen.sort("c0").head(shown))
        return pl.DataFrame({name: found[f"c{i}"] for i, name in enumerate(wanted)})

    def collect(self, lazy: nw.LazyFrame[Any]) -> pl.DataFrame:
        """Run a query and return its result."""
        native = lazy.to_native()
        if isinstance(native, pl.LazyFrame):
            return native.collect(engine="streaming")
        found: pl.DataFrame = lazy.collect(backend="polars").to_native()
        return found

    def _column(self, name: str) -> nw.Expr:
        import narwhals as nw

        return nw.col(f"t{self.names.index(name)}")

    def _plain(self, name: str) -> nw.Expr:
        import narwhals as nw

        column, dtype = self._column(name), self._dtype(name)
        if dtype.is_float():
            # Adding 0.0 turns -0.0 into 0.0.
            return nw.when(~column.is_nan()).then(column + 0.0)
        return column.cast(nw.String) if dtype in (nw.Categorical, nw.Enum) else column

    def _dtype(self, name: str) -> Any:
        return self.frame.collect_schema()[f"t{self.names.index(name)}"]


def repeated_hashes(lazy: pl.LazyFrame, compared: int) -> pl.LazyFrame:
    """Keep the rows whose hash over the first columns another row has, too.

    Parameters
    ----------
    lazy : polars.LazyFrame
    compared : int
        How many columns are compared: the first.

    Examples
    --------
    >>> lazy = pl.LazyFrame({"c0": [1, 2, 1], "c1": [5, 6, 7]})
    >>> repeated_hashes(lazy, 1).collect()["c1"].to_list()
    [5, 7]
    """
    hashed = pl.struct(pl.nth(range(compared))).hash()
    hashes = lazy.select(hashed.alias("hash")).collect(engine="streaming").to_series()
    ordered = hashes.to_numpy(writable=True)
    del hashes
    ordered.sort()
    repeated = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not repeated.size:
        return lazy.clear()
    return lazy.filter(hashed.is_in(pl.Series(repeated).implode()))
