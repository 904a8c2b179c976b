"""The subject of the checks: a table with its folds, its rounds and the facts about its ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.outcome import RowId
from fold_guard.dataset.roles import Roles
from fold_guard.folds.plan import Scheme
from fold_guard.folds.reconciliation import Reconciliation
from fold_guard.folds.strategies import Traits
from fold_guard.identity.row_ids import RowIdentity
from fold_guard.partition.rounds import Round

IntArray = npt.NDArray[np.int64]
SHOWN = 20
_GIVEN = Traits("given")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows in memory: some columns of them, their folds, their ids, and the rounds over them.

    Attributes
    ----------
    frame : polars.DataFrame
        The columns that were asked for.
    folds : ndarray of int64, shape (n_repeats, n_rows)
        0..k-1; -1 is in no test set and always trains; -2 is in neither side of any round.
    rounds : sequence of Round
        Masks over these rows; as many for each repeat, one repeat after the other.
    row_ids : polars.Series of Int64 or String
    """

    frame: pl.DataFrame
    folds: IntArray
    rounds: Sequence[Round]
    row_ids: pl.Series

    def ids_at(self, positions: npt.ArrayLike, shown: int = SHOWN) -> tuple[RowId, ...]:
        """Return the first few row ids at positions (int array or boolean mask), ascending."""
        where = np.asarray(positions)
        if where.dtype == np.bool_:
            where = np.flatnonzero(where)
        return tuple(self.row_ids.gather(where.astype(np.int64)).sort().head(shown).to_list())


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What every check is given.

    Attributes
    ----------
    frame : polars.DataFrame
        The rows that have a fold, all columns.
    roles : Roles
        Resolved: features are named.
    row_ids : polars.Series of Int64 or String
        The id of each row of ``frame``; row numbers when the table has no id.
    folds : ndarray of int64, shape (n_rows,)
        0..k-1; -1 is in no test set and always trains; -2 is in neither side of any round.
    rounds : sequence of Round
        The train/test splits, purge and embargo applied.
    scheme : {"kfold", "forward"}
    identity : RowIdentity
        Of the whole table, before rows without a fold were left out.
    has_ids : bool
        False when ``row_ids`` are row numbers.
    taken_for_ids : tuple of str
        Columns that nobody named and that are unique in every row; no features.
    reconciliation : Reconciliation or None
        The fold map against the whole table; None when there is no fold map.
    repeats : ndarray of int64, shape (n_repeats, n_rows), or None
        The folds of every repeat, when there are several; ``folds`` is the first.
    traits : Traits
        What makes up the strategy of the fold map; an audited column is ``given``.
    estimator : object or None
        What the user trains: a scikit-learn estimator, not fitted. Checks clone it.
    """

    frame: pl.DataFrame
    roles: Roles
    row_ids: pl.Series
    folds: IntArray
    rounds: Sequence[Round]
    scheme: Scheme
    identity: RowIdentity
    has_ids: bool = True
    reconciliation: Reconciliation | None = None
    taken_for_ids: tuple[str, ...] = ()
    repeats: IntArray | None = None
    traits: Traits = _GIVEN
    estimator: object | None = None

    def rows(self, columns: Sequence[str]) -> Rows:
        """Bring some columns of the rows into memory, whatever frame they are in."""
        frame = self.frame.select(self.frame[name] for name in dict.fromkeys(columns))
        return Rows(frame, self.every_repeat, self.rounds, self.row_ids)

    @property
    def every_repeat(self) -> IntArray:
        """The folds of each repeat, shape (n_repeats, n_rows)."""
        return self.folds[None, :] if self.repeats is None else self.repeats

    @property
    def n_repeats(self) -> int:
        """How often the rows were dealt."""
        return len(self.every_repeat)

    @property
    def rounds_a_repeat(self) -> int:
        """Rounds of each repeat; they are numbered on through all repeats."""
        return len(self.rounds) // self.n_repeats

    @property
    def features(self) -> tuple[str, ...]:
        """The feature columns."""
        return self.roles.features or ()

    def ids_at(self, positions: npt.ArrayLike, shown: int = SHOWN) -> tuple[RowId, ...]:
        """Return the first few row ids at positions (int array or boolean mask), ascending."""
        where = np.asarray(positions)
        if where.dtype == np.bool_:
            where = np.flatnonzero(where)
        return tuple(self.row_ids.gather(where.astype(np.int64)).sort().head(shown).to_list())
