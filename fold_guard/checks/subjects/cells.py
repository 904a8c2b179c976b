"""Cells: rows counted by their values in some columns and by their folds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import overload

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.outcome import RowId
from fold_guard.partition.rounds import Round

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
SHOWN = 20


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Rows that no check can tell apart, counted: they share some values, and their folds.

    A table in memory is not grouped: there, a cell is a row.

    Attributes
    ----------
    values : polars.DataFrame, n_cells rows
        The columns that were asked for.
    folds : ndarray of int64, shape (n_repeats, n_cells)
        0..k-1; -1 is in no test set and always trains; -2 is in neither side of any round.
    rounds : sequence of Round
        Masks over the cells; as many for each repeat, one repeat after the other.
    counts : ndarray of int64, shape (n_cells,), or None
        The rows of each cell; None: one each.
    find : callable (ndarray of int64) -> tuple of int or str
        Returns ids of rows in the cells at some positions, ascending: the first few where a cell
        is a row, else a few.
    row_ids : polars.Series of Int64 or String, or None
        The id of each cell, or the smallest of its rows, where that is known.
    fold_names : mapping of int to str
        What folds are called, where they are no numbers: ``train``, ``test``.
    """

    values: pl.DataFrame
    folds: IntArray
    rounds: Sequence[Round]
    counts: IntArray | None
    find: Callable[[IntArray], tuple[RowId, ...]]
    row_ids: pl.Series | None = None
    fold_names: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of cells."""
        return int(self.folds.shape[1])

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self) if self.counts is None else int(self.counts.sum())

    def count(self, inside: BoolArray | np.bool_) -> int:
        """Return the rows in the cells of a mask."""
        if self.counts is None:
            return int(np.count_nonzero(inside))
        return int(self.counts[np.asarray(inside)].sum())

    def tally(self, codes: IntArray, length: int, where: BoolArray | None = None) -> IntArray:
        """Return the rows of each code, of the cells of a mask; a negative code is none.

        Parameters
        ----------
        codes : ndarray of int64, shape (n_cells,)
        length : int
            How many codes there are.
        where : ndarray of bool, shape (n_cells,), optional
        """
        inside = codes >= 0 if where is None else where & (codes >= 0)
        return weighted(codes[inside], length, None if self.counts is None else self.counts[inside])

    def ids_at(self, where: npt.ArrayLike) -> tuple[RowId, ...]:
        """Return a few row ids, ascending, of the cells at positions or of a boolean mask."""
        at = np.asarray(where)
        if at.dtype == np.bool_:
            at = np.flatnonzero(at)
        return self.find(at.astype(np.int64))

    def take(self, where: IntArray) -> Cells:
        """Return the cells at some positions; rounds and ids follow."""
        return replace(
            self,
            values=self.values[where] if self.values.width else self.values,
            folds=self.folds[:, where],
            rounds=RoundsAt(self.rounds, where),
            counts=None if self.counts is None else self.counts[where],
            find=lambda at: self.find(where[at]),
            row_ids=None if self.row_ids is None else self.row_ids.gather(where),
        )


def weighted(codes: IntArray, length: int, weights: IntArray | None) -> IntArray:
    """Return the sum of the weights of each code, exactly; without weights the number of each.

    >>> weighted(np.array([1, 1, 0]), 3, np.array([5, 6, 7])).tolist()
    [7, 11, 0]
    """
    if weights is None:
        return np.bincount(codes, minlength=length).astype(np.int64)
    # Sums stay below 2**53 rows, so the floats of bincount are whole.
    return np.bincount(codes, weights=weights, minlength=length).astype(np.int64)


class RoundsAt(Sequence[Round]):
    """Rounds over some of the positions of others; each is made when it is asked for.

    Parameters
    ----------
    rounds : sequence of Round
    where : ndarray of int64
    """

    __slots__ = ("_rounds", "_where")

    def __init__(self, rounds: Sequence[Round], where: IntArray) -> None:
        self._rounds = rounds
        self._where = where

    def __len__(self) -> int:
        """Return the number of rounds."""
        return len(self._rounds)

    @overload
    def __getitem__(self, at: int) -> Round: ...

    @overload
    def __getitem__(self, at: slice) -> RoundsAt: ...

    def __getitem__(self, at: int | slice) -> Round | RoundsAt:
        """Return one round, or those of a slice."""
        if isinstance(at, slice):
            return RoundsAt(self._rounds[at], self._where)
        each = self._rounds[at]
        return Round(each.index, each.train[self._where], each.test[self._where])
