"""What a suite is run on: the raw table, the fold map, and the rounds as one long table."""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from fold_guard.errors import DataError

SIDES = ("test", "train")


@dataclass(frozen=True, slots=True)
class SuiteInput:
    """The tables that Pandera and Great Expectations suites look at.

    Attributes
    ----------
    table : polars.DataFrame
        The raw table, all columns.
    fold_map : polars.DataFrame
        Columns ``row_id`` (Int64 or String), ``fold`` (Int64), ``label`` (String) and
        ``row_digest`` (UInt64).
    rounds : polars.DataFrame
        One row per round and row that is in train or test: ``round`` (Int64), ``side`` (``train``
        or ``test``), ``row_id``, ``fold``, ``label`` (String), then each group key and the time
        column under their own names.
    id, label : str
        Names of the columns in ``table``.
    groups : tuple of str
    time : str or None
    n_splits : int
        Folds of each repeat.
    numbers : tuple of int
        The rounds that there must be; empty: those of as many folds, 0..k-1 or 1..k-1.
    too_many : str
        Why the rounds were not laid out; empty when they are.
    """

    table: pl.DataFrame
    fold_map: pl.DataFrame
    rounds: pl.DataFrame
    id: str
    label: str
    groups: tuple[str, ...]
    time: str | None
    n_splits: int
    numbers: tuple[int, ...] = ()
    too_many: str = ""

    def facts(self) -> dict[str, object]:
        """Parameters that every suite may ask for without their being written in params.

        Returns
        -------
        dict
            ``n_splits``, ``classes`` (sorted), ``group_columns``, ``id_column``, ``label_column``,
            and ``time_column`` where there is one; of a map with several repeats the names of
            its ``fold_columns``, of one with nested folds those of its ``inner_columns``.
        """
        classes = self.fold_map["label"].drop_nulls().unique().sort().to_list()
        facts: dict[str, object] = {
            "n_splits": self.n_splits,
            "classes": classes,
            "group_columns": list(self.groups),
            "id_column": self.id,
            "label_column": self.label,
        }
        if self.time is not None:
            facts["time_column"] = self.time
        repeats, inner = (
            [name for name in self.fold_map.columns if re.fullmatch(f"{kind}_[0-9]+", name)]
            for kind in ("fold", "inner")
        )
        if repeats:
            facts["fold_columns"] = ["fold", *repeats]
        return {**facts, "inner_columns": inner} if inner else facts

    def require_rounds(self) -> None:
        """Refuse a rounds table on which a rule could hold only because something is absent.

        Raises
        ------
        DataError
            No rows, or more than can be laid out; an unknown side, a null where there may be
            none, or other rounds than there must be.
        """
        if self.too_many:
            raise DataError(
                self.too_many, where="rounds", remedy="Run the suite on the table or the fold_map."
            )
        if self.rounds.is_empty():
            raise DataError("the rounds table has no rows", where="rounds")
        for column in ("round", "side", "row_id"):
            if nulls := self.rounds[column].null_count():
                raise DataError(f"{nulls} rows have no {column}", where="rounds")
        if unknown := set(self.rounds["side"].unique()) - set(SIDES):
            raise DataError(f"unknown side {sorted(unknown)}", where="rounds")
        found = self.rounds["round"].unique().sort().to_list()
        every = list(range(self.n_splits))
        if found not in ((list(self.numbers),) if self.numbers else (every, every[1:])):
            whose = "the fold map" if self.numbers else f"{self.n_splits} folds"
            raise DataError(
                f"rounds {found[:20]} are not those of {whose}",
                where="rounds",
                remedy="A round without rows would pass every rule; make the fold map again.",
            )
