"""What folds are balanced on: one class a row, or any number of labels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.errors import DataError

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """Strata of rows.

    Attributes
    ----------
    names : tuple of str
    codes : ndarray of int64, shape (n_entries,)
        Index into ``names``; with one stratum a row, -1 is none.
    indptr : ndarray of int64, shape (n_rows + 1,), or None
        Several strata a row: ``codes[indptr[row]:indptr[row + 1]]``. None: one a row.
    """

    names: tuple[str, ...]
    codes: IntArray
    indptr: IntArray | None = None

    @property
    def rows(self) -> IntArray:
        """The row of each entry."""
        if self.indptr is None:
            return np.arange(len(self.codes), dtype=np.int64)
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    def take(self, rows: BoolArray) -> Strata:
        """Return the strata of some rows."""
        if self.indptr is None:
            return Strata(self.names, self.codes[rows])
        lengths = np.diff(self.indptr)
        indptr = np.concatenate([[0], np.cumsum(lengths[rows])]).astype(np.int64)
        return Strata(self.names, self.codes[np.repeat(rows, lengths)], indptr)

    def used(self) -> Strata:
        """Return the same without classes that no row has; a fixed list of labels stays.

        >>> Strata(("a", "b", "c"), np.array([2, 0, -1])).used().names
        ('a', 'c')
        """
        if self.indptr is not None:
            return self
        held = np.zeros(len(self.names), dtype=np.bool_)
        held[self.codes[self.codes >= 0]] = True
        return self.only(held)

    def only(self, kept: BoolArray) -> Strata:
        """Return some strata, numbered anew; the others are none (-1).

        >>> Strata(("a", "b", "c"), np.array([2, 0, -1])).only(np.array([False, True, True])).codes
        array([ 1, -1, -1])
        """
        number = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)
        names = tuple(name for name, is_kept in zip(self.names, kept, strict=True) if is_kept)
        return Strata(names, number[self.codes], self.indptr)

    def by_fold(self, folds: IntArray, n_folds: int, counts: IntArray | None = None) -> IntArray:
        """Count rows by fold and stratum; rows of a negative fold do not count.

        Parameters
        ----------
        folds : ndarray of int64, shape (n_rows,)
        n_folds : int
        counts : ndarray of int64, shape (n_rows,), optional
            How many rows each one stands for; default: one.

        Returns
        -------
        ndarray of int64, shape (n_folds, n_strata)
        """
        whole = self.indptr is None
        fold_of = folds if whole else folds[self.rows]
        counted = (fold_of >= 0) & (self.codes >= 0)
        flat = fold_of[counted] * len(self.names) + self.codes[counted]
        weights = counts if counts is None or whole else counts[self.rows]
        weights = None if weights is None else weights[counted]
        found = np.bincount(flat, weights, minlength=n_folds * len(self.names))
        return found.reshape(n_folds, len(self.names)).astype(np.int64)


def labels_of(frame: pl.DataFrame, columns: Sequence[str]) -> Strata:
    """Read indicator columns: each says of each row whether it has the label.

    Parameters
    ----------
    frame : polars.DataFrame
    columns : sequence of str
        0 and 1 (of any numeric dtype) or booleans; no nulls.

    Raises
    ------
    DataError
        Another value, or none at all.

    Examples
    --------
    >>> strata = labels_of(pl.DataFrame({"a": [1, 0], "b": [True, True]}), ["a", "b"])
    >>> strata.codes.tolist(), strata.indptr.tolist()
    ([0, 1, 1], [0, 2, 3])
    """
    held = np.zeros((frame.height, len(columns)), dtype=np.bool_)
    for at, name in enumerate(columns):
        series = frame[name].alias("label")
        numeric = series.dtype == pl.Boolean or series.dtype.is_numeric()
        values = series.cast(pl.Float64) if numeric else None
        if values is None or not values.is_in([0.0, 1.0]).fill_null(False).all():
            raise DataError(
                "a label of several must be 0 or 1 in every row (or true and false)",
                where=f"column {name}",
                remedy="Make one such column a label, or name a single label column of classes.",
            )
        held[:, at] = values.to_numpy() == 1.0
    codes = np.nonzero(held)[1]
    indptr = np.concatenate([[0], np.cumsum(held.sum(axis=1))]).astype(np.int64)
    return Strata(tuple(columns), codes.astype(np.int64), indptr)


def label_sets(strata: Strata) -> pl.Series:
    """Return the labels of each row as a text: a JSON list of their names.

    Examples
    --------
    >>> label_sets(labels_of(pl.DataFrame({"a": [1, 0], "b": [1, 0]}), ["a", "b"])).to_list()
    ['["a", "b"]', '[]']
    """
    assert strata.indptr is not None
    known: dict[tuple[int, ...], str] = {}
    texts = []
    for start, stop in zip(strata.indptr[:-1], strata.indptr[1:], strict=True):
        labels = tuple(strata.codes[start:stop].tolist())
        if labels not in known:
            known[labels] = json.dumps([strata.names[c] for c in labels], ensure_ascii=False)
        texts.append(known[labels])
    return pl.Series("label", texts, dtype=pl.String)
