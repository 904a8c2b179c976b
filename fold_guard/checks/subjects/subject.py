"""The subject of the checks: rows with their folds, wherever they are, and the facts about them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.outcome import RowId
from fold_guard.checks.subjects.cells import SHOWN, Cells
from fold_guard.dataset.roles import Roles
from fold_guard.folds.plan import Scheme
from fold_guard.folds.reconciliation import Reconciliation
from fold_guard.folds.strategies import Traits
from fold_guard.identity.row_ids import RowIdentity
from fold_guard.partition.rounds import Round

IntArray = npt.NDArray[np.int64]
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
    fold_names : mapping of int to str
        As in `Subject`.
    sampled : str
        Which rows these are, where they are not all.
    """

    frame: pl.DataFrame
    folds: IntArray
    rounds: Sequence[Round]
    row_ids: pl.Series
    fold_names: Mapping[int, str] = field(default_factory=dict)
    sampled: str = ""

    @property
    def cells(self) -> Cells:
        """The rows as cells of one row each."""
        return Cells(
            self.frame,
            self.folds,
            self.rounds,
            None,
            lambda at: self.ids_at(at),
            self.row_ids,
            self.fold_names,
        )

    def ids_at(self, positions: npt.ArrayLike, shown: int = SHOWN) -> tuple[RowId, ...]:
        """Return the first few row ids at positions (int array or boolean mask), ascending."""
        where = np.asarray(positions)
        if where.dtype == np.bool_:
            where = np.flatnonzero(where)
        return tuple(self.row_ids.gather(where.astype(np.int64)).sort().head(shown).to_list())


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Subject(ABC):
    """What every check is given.

    Attributes
    ----------
    roles : Roles
        Resolved: features are named.
    scheme : {"kfold", "forward"}
    identity : RowIdentity
        Of the whole table, before rows without a fold were left out.
    has_ids : bool
        False when rows are named by their numbers, or not at all.
    taken_for_ids : tuple of str
        Columns that nobody named and that are unique in every row; no features.
    reconciliation : Reconciliation or None
        The fold map against the whole table; None when there is no fold map.
    traits : Traits
        What makes up the strategy of the fold map; an audited column is ``given``.
    estimator : object or None
        What the user trains: a scikit-learn estimator, not fitted. Checks clone it.
    fold_names : mapping of int to str
        What folds are called where a number would say nothing: ``train``, ``test``.
    n_dealt : int or None
        Folds that units were dealt to; each fold from this number on is a unit left out by
        itself. None: there are no such folds.
    """

    roles: Roles
    scheme: Scheme
    identity: RowIdentity
    has_ids: bool = True
    taken_for_ids: tuple[str, ...] = ()
    reconciliation: Reconciliation | None = None
    traits: Traits = _GIVEN
    estimator: object | None = None
    fold_names: Mapping[int, str] = field(default_factory=dict)
    n_dealt: int | None = None

    @abstractmethod
    def cells(self, columns: Sequence[str]) -> Cells:
        """Count the rows by their values in some columns, and by their folds.

        Floats are made plain: NaN is null, -0.0 is 0.0.
        """

    @abstractmethod
    def alike(self, columns: Sequence[str], also: Sequence[str] = ()) -> Cells:
        """Return cells with every row that equals another in ``columns``.

        Rows that equal no other may be among them. Columns are made plain as by `cells`, and
        those of ``also`` split the cells further.
        """

    @abstractmethod
    def rows(self, columns: Sequence[str], *, at_most: int | None = None) -> Rows:
        """Bring some columns of the rows into memory, wherever they are.

        Parameters
        ----------
        columns : sequence of str
        at_most : int, optional
            A check to which about so many rows say enough asks for no more. A table in memory
            gives all the same; one that is elsewhere gives whole groups, chosen by hash, and says
            so in ``sampled``.
        """

    @abstractmethod
    def rows_alike(self, columns: Sequence[str], also: Sequence[str] = ()) -> Rows:
        """Bring the rows into memory that `alike` counts, with their ids."""

    @property
    @abstractmethod
    def ordered(self) -> bool:
        """Whether the rows have an order, so that their numbers mean something."""

    @property
    def threads(self) -> int:
        """How many checks may work on it at a time; more need more memory."""
        return 1

    @property
    def shape(self) -> Cells:
        """The rows by their folds alone."""
        return self.cells(())

    @property
    @abstractmethod
    def n_repeats(self) -> int:
        """How often the rows were dealt."""

    @property
    @abstractmethod
    def n_rounds(self) -> int:
        """Rounds of all repeats; they are numbered on through them."""

    @property
    def rounds_a_repeat(self) -> int:
        """Rounds of each repeat."""
        return self.n_rounds // self.n_repeats

    @property
    def features(self) -> tuple[str, ...]:
        """The feature columns."""
        return self.roles.features or ()
