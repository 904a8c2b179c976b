"""What a suite is run on: the raw table, the fold map, and the rounds as one long table."""

from __future__ import annotations

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
    """

    table: pl.DataFrame
    fold_map: pl.DataFrame
    rounds: pl.DataFrame
    id: str
    label: str
    groups: tuple[str, ...]
    time: str | None
    n_splits: int

    def facts(self) -> dict[str, object]:
        """Parameters that every suite may ask for without their being written in params.

        Returns
        -------
        dict
            ``n_splits``, ``classes`` (sorted), ``group_columns``, ``id_column``, ``label_column``,
            and ``time_column`` where there is one.
        """
        classes = self.fold_map["label"].drop_nulls().unique().sort().to_list()
        facts: dict[str, object] = {
            "n_splits": self.n_splits,
            "classes": classes,
            "group_columns": list(self.groups),
            "id_column": self.id,
            "label_column": self.label,
        }
        return facts if self.time is None else {**facts, "time_column": self.time}

    def require_rounds(self) -> None:
        """Refuse a rounds table on which a rule could hold only because something is absent.

        Raises
        ------
        DataError
            No rows, an unknown side, a null where there may be none, or rounds other than 0..k-1
            and 1..k-1.
        """
        if self.rounds.is_empty():
            raise DataError("the rounds table has no rows", where="rounds")
        for column in ("round", "side", "row_id"):
            if nulls := self.rounds[column].null_count():
                raise DataError(f"{nulls} rows have no {column}", where="rounds")
        if unknown := set(self.rounds["side"].unique()) - set(SIDES):
            raise DataError(f"unknown side {sorted(unknown)}", where="rounds")
        found = self.rounds["round"].unique().sort().to_list()
        every = list(range(self.n_splits))
        if found not in (every, every[1:]):
            raise DataError(
                f"rounds {found} are not those of {self.n_splits} folds",
                where="rounds",
                remedy="A round without rows would pass every rule; make the fold map again.",
            )
