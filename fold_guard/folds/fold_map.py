"""Fold maps: row id -> fold, as a value that can be saved, loaded and replayed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.frames import to_polars
from fold_guard.dataset.instants import instants, spans
from fold_guard.dataset.labels import codes_of
from fold_guard.errors import ArtifactError, Refused, UsageError
from fold_guard.folds import storage
from fold_guard.folds.diff import FoldMapDiff, compared
from fold_guard.folds.growth.grow import grown
from fold_guard.folds.growth.kinship import last_common
from fold_guard.folds.growth.lineage import Ancestor, Kin, kept, walk
from fold_guard.folds.manifest import Manifest, OnConflict
from fold_guard.folds.plan import FoldPlan
from fold_guard.folds.replay import positions, replayed
from fold_guard.identity.row_ids import examine_ids, require_usable, row_ids
from fold_guard.partition.rounds import Round, Rounds, kfold_rounds
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
        ``row_id`` (Int64 or String, ascending), ``fold`` (Int64), ``fold_1``, ... for further
        repeats, ``inner_0``, ... for the nested folds of each round, ``label`` (String, when there
        is one), ``row_digest`` (UInt64).
    manifest : Manifest
    lineage : tuple of Ancestor
        The maps that this one was grown from, as they are kept.
    """

    table: pl.DataFrame
    manifest: Manifest
    lineage: tuple[Ancestor, ...] = ()

    @classmethod
    def of(cls, kin: Kin) -> FoldMap:
        """Return a map without a past."""
        return cls(kin.table, kin.manifest)

    def __repr__(self) -> str:
        """Return plan, size and digest; the table is a thousand times longer."""
        plan, rows = self.manifest.plan, self.table.height
        return (
            f"FoldMap({plan.strategy}, {rows:,} row{'' if rows == 1 else 's'}, "
            f"{self.manifest.n_folds} folds, digest {self.digest[:12]})"
        )

    @property
    def digest(self) -> str:
        """Digest of assignment, plan and roles as the manifest states it."""
        return self.manifest.digest

    def digest_now(self) -> str:
        """Digest of the assignment as the table holds it, and of what stands beside it."""
        return self.kin.digest_now

    @property
    def kin(self) -> Kin:
        """The map as a link of a lineage."""
        return Kin(self.table, self.manifest)

    def save(self, directory: Path | str) -> None:
        """Write ``fold_map.parquet``, ``manifest.json`` and ``lineage/``, atomically."""
        storage.write(self.table, self.manifest, Path(directory), self.lineage)

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
        table, manifest = storage.read(Path(directory))
        fold_map = cls(table, manifest, storage.read_lineage(Path(directory), table))
        if verify and fold_map.digest_now() != fold_map.digest:
            raise ArtifactError(
                "assignment, plan and roles do not fit the digest in the manifest: it was edited",
                where=str(Path(directory) / storage.MAP_FILE),
                remedy=storage.REMEDY,
            )
        return fold_map

    def grow(
        self, frame: Any, *, on_conflict: OnConflict = "fail", plan: FoldPlan | None = None
    ) -> FoldMap:
        """Continue the map on a table that has grown: no old row changes its fold.

        New units fill the imbalance. Rows that are gone leave the map; rows that were changed or
        relabelled keep their fold. The new map names this one as its parent.

        Parameters
        ----------
        frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table
            The whole table as it is now.
        on_conflict : {"fail", "exclude", "move"}
            What becomes of rows that link units of different folds: an error, fold -2 (in neither
            side of any round) for as few of them as can easily be found, or one fold for the whole
            unit, the one in which most of its old rows are.
        plan : FoldPlan, optional
            As it is stated now; only how lenient it is may differ from the map's own.

        Returns
        -------
        FoldMap
            This map itself when the table has not changed.

        Raises
        ------
        Refused
            A conflict under ``fail``, with the rows, keys and folds; a table without an old row.
        UsageError
            Another plan, a missing column.
        DataError, InfeasibleError
            As `fold_guard.make_folds`.
        ArtifactError
            This map was edited after it was made.

        Examples
        --------
        >>> import pandas as pd
        >>> from fold_guard import FoldPlan, make_folds
        >>> table = pd.DataFrame({"row": [1, 2, 3, 4]})
        >>> old = make_folds(table.head(2), FoldPlan("kfold", n_splits=2), id="row")
        >>> new = old.grow(table)
        >>> new.manifest.parents == (old.digest,), new.manifest.growth.added
        (True, 2)
        >>> [new.table["fold"][i] == old.table["fold"][i] for i in range(2)]
        [True, True]
        """
        self._require_unedited()
        own = self.manifest.plan
        kin = grown(to_polars(frame), own if plan is None else plan, (self.kin,), on_conflict)
        if kin.table is self.table:
            return self if kin.manifest is self.manifest else replace(self, manifest=kin.manifest)
        return FoldMap(kin.table, kin.manifest, (kept(self.kin, kin.table), *self.lineage))

    def merge(
        self,
        other: FoldMap,
        frame: Any,
        *,
        on_conflict: OnConflict = "fail",
        plan: FoldPlan | None = None,
    ) -> FoldMap:
        """Bring two maps together that were grown from one, on the table that has both's rows.

        A row keeps the fold that either map gives it; where only one of them has changed it since
        their last common ancestor, that one counts. Rows of the table in neither map are dealt as
        by `grow`. The new map names both as its parents.

        Parameters
        ----------
        other : FoldMap
        frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table
        on_conflict : {"fail", "exclude", "move"}
            As for `grow`; also for rows that both maps added, in different folds: under ``move``
            this map's fold counts.
        plan : FoldPlan, optional
            As for `grow`.

        Returns
        -------
        FoldMap
            When one map was grown from the other, that one, grown.

        Raises
        ------
        Refused
            A conflict under ``fail``; maps that have no ancestor in common.
        UsageError, DataError, InfeasibleError, ArtifactError
            As `grow`.
        """
        self._require_unedited()
        other._require_unedited()
        mine, theirs = walk(self.kin, self.lineage), walk(other.kin, other.lineage)
        if mine.find(other.digest):
            return self.grow(frame, on_conflict=on_conflict, plan=plan)
        if theirs.find(self.digest):
            return other.grow(frame, on_conflict=on_conflict, plan=plan)
        known = {each.manifest.digest: each for each in (*theirs.kin, *mine.kin)}
        base = last_common(known, self.digest, other.digest)
        if base is None:
            raise Refused(
                "the two maps have no ancestor in common: their folds mean different things",
                where="fold maps",
                remedy="Grow one of them instead: fold-guard fold --extend.",
            )
        kin = grown(
            to_polars(frame),
            self.manifest.plan if plan is None else plan,
            (self.kin, other.kin),
            on_conflict,
            known[base],
        )
        held = {each.manifest.digest for each in mine.kin}
        lineage = (
            kept(self.kin, kin.table),
            *self.lineage,
            kept(other.kin, kin.table),
            *(each for each in other.lineage if each.manifest.digest not in held),
        )
        return FoldMap(kin.table, kin.manifest, lineage)

    def diff(self, other: FoldMap, frame: Any = None) -> FoldMapDiff:
        """Say what another map has otherwise than this one, and why.

        Parameters
        ----------
        other : FoldMap
            The later one.
        frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table, optional
            The table of the other map; without it, links between rows cannot be seen.

        Returns
        -------
        FoldMapDiff

        Raises
        ------
        UsageError
            Not the other map's table.

        Examples
        --------
        >>> import pandas as pd
        >>> from fold_guard import FoldPlan, make_folds
        >>> table = pd.DataFrame({"row": [1, 2, 3, 4]})
        >>> old = make_folds(table.head(3), FoldPlan("kfold", n_splits=2), id="row")
        >>> found = old.diff(old.grow(table))
        >>> found.added.to_list(), found.moved.to_list()
        ([4], [])
        >>> found.reasons[0].kind
        'extension'
        """
        return compared(
            walk(self.kin, self.lineage),
            walk(other.kin, other.lineage),
            None if frame is None else to_polars(frame),
        )

    def _require_unedited(self) -> None:
        if self.digest_now() != self.digest:
            raise ArtifactError(
                "it was edited after it was made: its digest does not fit",
                where="old fold map",
                remedy="Restore it, or make a new one.",
            )

    def to_frame(self) -> pd.DataFrame:
        """Return the columns ``row_id`` and ``fold`` (and ``fold_1``, ... of repeats) as pandas."""
        return self.table.select("row_id", *self.manifest.fold_columns).to_pandas()

    def folds_of(self, frame: Any) -> IntArray:
        """Return the fold of each row of a table, in the first repeat.

        Raises
        ------
        Refused
            A row of the table has no fold.
        """
        first: IntArray = self.repeats_of(frame)[0]
        return first

    def repeats_of(self, frame: Any) -> IntArray:
        """Return the folds of each row of a table, shape (n_repeats, n_rows).

        Raises
        ------
        Refused
            A row of the table has no fold.
        """
        return self._looked_up(to_polars(frame), self.manifest.fold_columns)

    def _looked_up(self, frame: pl.DataFrame, columns: Sequence[str]) -> IntArray:
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
        return np.stack([joined[name].to_numpy() for name in columns])

    def rounds(self, frame: Any, folds: IntArray | None = None) -> Rounds:
        """Return the train/test splits of a table, purge and embargo applied.

        Parameters
        ----------
        frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table
        folds : ndarray of int64, shape (n_repeats, n_rows), optional
            The folds of each row when they are known already.

        Raises
        ------
        UsageError
            A plan in time without its time or group columns.
        DataError
            A row without a time, or whose evaluation comes before its prediction.
        Refused
            A row of the table has no fold.
        """
        frame = to_polars(frame)
        folds = self.repeats_of(frame) if folds is None else folds
        plan, n_folds = self.manifest.plan, self.manifest.n_folds
        if not plan.needs_time:
            return replayed(plan, folds, n_folds)
        facts, needed = self.manifest.dataset, self.manifest.round_columns
        for name in needed:
            if name not in frame.columns:
                raise UsageError(
                    f"rounds of strategy {plan.strategy} need column {name!r}",
                    where="table",
                    remedy=did_you_mean(name, frame.columns),
                )
        units = None
        if keys := [codes_of(frame[name])[0] for name in facts.groups if name in needed]:
            units = connected_units(frame.height, keys)
        assert facts.time is not None
        until = facts.evaluation_time if plan.traits.purged else None
        start = instants(frame[facts.time])
        end = spans(frame[facts.time], frame[until])[1] if until else None
        return replayed(
            plan,
            folds,
            n_folds,
            units=units,
            start=start.values,
            end=None if end is None else end.values,
            per_step=start.per_step,
        )

    def nested(self, frame: Any) -> Iterator[tuple[Round, Rounds]]:
        """Yield each round with the inner rounds of its train side, all as masks of the table.

        Parameters
        ----------
        frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table

        Raises
        ------
        UsageError
            The plan has no nested folds (``inner_splits``).
        Refused
            A row of the table has no fold.
        """
        names = self.manifest.inner_columns
        if not names:
            raise UsageError(
                "the fold map has no nested folds",
                where="fold plan",
                remedy="Set inner_splits in the plan and make it again.",
            )
        frame = to_polars(frame)
        inner = self._looked_up(frame, names)
        for outer, folds in zip(self.rounds(frame), inner, strict=True):
            yield outer, kfold_rounds(folds, self.manifest.plan.inner_splits)

    def split(self, frame: Any) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield (train, test) positions of a table's rows, for scikit-learn's ``cv=``.

        Parameters
        ----------
        frame : pandas.DataFrame or polars.DataFrame
            With the id columns, and those that the rounds follow from: see
            `fold_guard.folds.manifest.Manifest.round_columns`.

        Raises
        ------
        Refused
            A row has no fold.
        DataError
            A round has no row of the table on one of its sides.
        """
        named = dict.fromkeys((*self.manifest.dataset.id, *self.manifest.round_columns))
        if hasattr(frame, "columns"):
            # The other columns are of no use here, and may be of types that nobody can read.
            frame = frame[[name for name in named if name in frame.columns]]
        for each in self.rounds(to_polars(frame)):
            yield positions(each, f"round {each.index}")


def match_ids(ids: pl.Series, table: pl.DataFrame) -> pl.DataFrame:
    """Look each id up in a fold map's table; nulls where it is not there.

    Ids of another kind than the map's (text against whole numbers) match nothing.
    """
    if ids.dtype != table["row_id"].dtype:
        table = table.clear().with_columns(pl.col("row_id").cast(ids.dtype))
    return ids.to_frame("row_id").join(table, on="row_id", how="left", maintain_order="left")
