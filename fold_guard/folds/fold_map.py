"""Fold maps: row id -> fold, as a value that can be saved, loaded and replayed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.frames import to_polars
from fold_guard.dataset.instants import instants
from fold_guard.dataset.labels import codes_of
from fold_guard.errors import ArtifactError, DataError, Refused, UsageError
from fold_guard.folds import storage
from fold_guard.folds.manifest import Manifest, fold_map_digest
from fold_guard.identity.row_ids import examine_ids, require_usable, row_ids
from fold_guard.partition.rounds import Rounds, forward_rounds, kfold_rounds
from fold_guard.partition.units import connected_units
from fold_guard.suggest import did_you_mean

if TYPE_CHECKING:
    import pandas as pd

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class FoldMap:
    """Which fold each row belongs to.

    Attributes
    ----------
    table : polars.DataFrame
        ``row_id`` (Int64 or String, ascending), ``fold`` (Int64), ``label`` (String, when there
        is one), ``row_digest`` (String).
    manifest : Manifest
    """

    table: pl.DataFrame
    manifest: Manifest

    def __repr__(self) -> str:
        """Return plan, size and digest; the table is a thousand times longer."""
        plan, rows = self.manifest.plan, self.table.height
        return (
            f"FoldMap({plan.strategy}, {rows:,} row{'' if rows == 1 else 's'}, "
            f"{plan.n_splits} folds, digest {self.digest[:12]})"
        )

    @property
    def digest(self) -> str:
        """Digest of assignment, plan and roles as the manifest states it."""
        return self.manifest.digest

    def digest_now(self) -> str:
        """Digest of the assignment as the table holds it, and of the plan and roles beside it."""
        facts = self.manifest.dataset
        return fold_map_digest(
            self.table["row_id"], self.table["fold"], self.manifest.plan, facts.roles
        )

    def save(self, directory: Path | str) -> None:
        """Write ``fold_map.parquet`` and ``manifest.json``, atomically."""
        storage.write(self.table, self.manifest, Path(directory))

    @classmethod
    def load(cls, directory: Path | str, *, verify: bool = True) -> FoldMap:
        """Read a saved map.

        Parameters
        ----------
        directory : Path or str
        verify : bool
            Whether a table that does not fit its manifest is an error; a check that reports the
            mismatch reads it all the same.

        Raises
        ------
        ArtifactError
            Missing, damaged, of another format, or (``verify``) edited after it was made.
        """
        fold_map = cls(*storage.read(Path(directory)))
        if verify and fold_map.digest_now() != fold_map.digest:
            raise ArtifactError(
                "assignment, plan and roles do not fit the digest in the manifest: it was edited",
                where=str(Path(directory) / storage.MAP_FILE),
                remedy=storage.REMEDY,
            )
        return fold_map

    def to_frame(self) -> pd.DataFrame:
        """Return the columns ``row_id`` and ``fold`` as pandas."""
        return self.table.select("row_id", "fold").to_pandas()

    def folds_of(self, frame: pl.DataFrame) -> IntArray:
        """Return the fold of each row of a table.

        Raises
        ------
        Refused
            A row of the table has no fold.
        """
        ids = row_ids(frame, self.manifest.dataset.id)
        require_usable(examine_ids(ids), source="table")
        joined = match_ids(ids, self.table)
        if joined["fold"].null_count():
            lost = ids.filter(joined["fold"].is_null())
            raise Refused(
                f"{len(lost):,} rows have no fold, for instance row id {lost[0]!r}",
                where="fold map",
                remedy="Make the fold map again from this table.",
            )
        return joined["fold"].to_numpy()

    def rounds(self, frame: pl.DataFrame, folds: IntArray | None = None) -> Rounds:
        """Return the train/test splits of a table, purge and embargo applied.

        Parameters
        ----------
        frame : polars.DataFrame
        folds : ndarray of int64, shape (n_rows,), optional
            The fold of each row when it is known already.

        Raises
        ------
        UsageError
            A forward plan without its time or group columns.
        Refused
            A row of the table has no fold.
        """
        folds = self.folds_of(frame) if folds is None else folds
        plan, dataset = self.manifest.plan, self.manifest.dataset
        if plan.scheme == "kfold":
            return kfold_rounds(folds, plan.n_splits)
        for name in (*dataset.groups, dataset.time):
            if name not in frame.columns:
                raise UsageError(
                    f"forward rounds need column {name!r}",
                    where="table",
                    remedy=did_you_mean(str(name), frame.columns),
                )
        units = None
        if plan.purge_groups and dataset.groups:
            keys = [codes_of(frame[name])[0] for name in dataset.groups]
            units = connected_units(frame.height, keys)
        assert dataset.time is not None
        time = instants(frame[dataset.time])
        return forward_rounds(
            folds,
            plan.n_splits,
            units=units,
            time=time.values,
            embargo=plan.embargo * time.per_step,
        )

    def split(self, frame: Any) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield (train, test) positions of a table's rows, for scikit-learn's ``cv=``.

        Parameters
        ----------
        frame : pandas.DataFrame or polars.DataFrame
            With the id columns; for forward plans the group and time columns, too.

        Raises
        ------
        Refused
            A row has no fold.
        DataError
            A round has no row of the table on one of its sides.
        """
        facts = self.manifest.dataset
        named = dict.fromkeys((*facts.id, *facts.groups, *((facts.time,) if facts.time else ())))
        if hasattr(frame, "columns"):
            # The other columns are of no use here, and may be of types that nobody can read.
            frame = frame[[name for name in named if name in frame.columns]]
        for each in self.rounds(to_polars(frame)):
            if not each.train.any() or not each.test.any():
                side = "train" if each.test.any() else "test"
                raise DataError(
                    f"round {each.index} has no row of this table in {side}",
                    where="fold map",
                    remedy="Pass the whole table, or make a fold map of this part.",
                )
            yield np.flatnonzero(each.train), np.flatnonzero(each.test)


def match_ids(ids: pl.Series, table: pl.DataFrame) -> pl.DataFrame:
    """Look each id up in a fold map's table; nulls where it is not there.

    Ids of another kind than the map's (text against whole numbers) match nothing.
    """
    if ids.dtype != table["row_id"].dtype:
        table = table.clear().with_columns(pl.col("row_id").cast(ids.dtype))
    return ids.to_frame("row_id").join(table, on="row_id", how="left", maintain_order="left")
