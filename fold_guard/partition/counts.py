"""Counts of rows by unit and stratum: what the kernel balances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.partition import kernel

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class UnitCounts:
    """A sparse matrix, units by strata (compressed rows); the last stratum is all rows.

    Attributes
    ----------
    indptr : ndarray of int64, shape (n_units + 1,)
        Where the entries of each unit begin and end.
    strata, counts : ndarray of int64, shape (n_entries,)
        The stratum of an entry, and how many rows of the unit are in it. The last entry of each
        unit is its size, in stratum ``n_strata``.
    n_strata : int
        Without the one of all rows.
    """

    indptr: IntArray
    strata: IntArray
    counts: IntArray
    n_strata: int

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.indptr) - 1

    @property
    def sizes(self) -> IntArray:
        """Rows of each unit; with several labels a row its counts do not add up to this."""
        return self.counts[self.indptr[1:] - 1]

    def by_fold(self, folds: IntArray, n_splits: int) -> IntArray:
        """Add up the units of each fold; those of a negative fold do not count.

        Parameters
        ----------
        folds : ndarray of int64, shape (n_units,)
        n_splits : int

        Returns
        -------
        ndarray of int64, shape (n_splits, n_strata + 1)
        """
        fold_of = np.repeat(folds, np.diff(self.indptr))
        dealt = fold_of >= 0
        added = np.bincount(
            fold_of[dealt] * (self.n_strata + 1) + self.strata[dealt],
            # Exact: a float holds whole numbers up to 2**53.
            weights=self.counts[dealt],
            minlength=n_splits * (self.n_strata + 1),
        )
        return added.astype(np.int64).reshape(n_splits, self.n_strata + 1)

    def dense(self) -> IntArray:
        """Return the matrix with its zeros, without the sizes, shape (n_units, n_strata)."""
        unit_of = np.repeat(np.arange(self.n_units), np.diff(self.indptr))
        matrix = np.zeros((self.n_units, self.n_strata + 1), dtype=np.int64)
        matrix[unit_of, self.strata] = self.counts
        return np.ascontiguousarray(matrix[:, :-1])


def count_units(units: IntArray, strata: IntArray | None = None) -> UnitCounts:
    """Count the rows of each unit in each stratum, one stratum a row.

    Parameters
    ----------
    units : ndarray of int64, shape (n_rows,)
        0..n_units-1, each at least once.
    strata : ndarray of int64, shape (n_rows,), optional
        0..n_strata-1; None: there are none, and sizes alone count.

    Examples
    --------
    >>> count_units(np.array([0, 0, 1]), np.array([0, 1, 1])).dense().tolist()
    [[1, 1], [0, 1]]
    """
    sizes = np.bincount(units).astype(np.int64)
    if strata is None:
        return _counted(units[:0], units[:0], sizes, 0)
    return _counted(units, strata, sizes, int(strata.max(initial=-1)) + 1)


def count_labels(units: IntArray, indptr: IntArray, labels: IntArray, n_labels: int) -> UnitCounts:
    """Count the rows of each unit that carry each label, any number of labels a row.

    Parameters
    ----------
    units : ndarray of int64, shape (n_rows,)
        0..n_units-1, each at least once.
    indptr : ndarray of int64, shape (n_rows + 1,)
        ``labels[indptr[row]:indptr[row + 1]]`` are the labels of a row.
    labels : ndarray of int64, shape (n_entries,)
        0..n_labels-1, each at most once a row.
    n_labels : int

    Examples
    --------
    >>> counts = count_labels(np.array([0, 0]), np.array([0, 2, 3]), np.array([0, 2, 2]), 3)
    >>> counts.dense().tolist(), counts.sizes.tolist()
    ([[1, 0, 2]], [2])
    """
    sizes = np.bincount(units).astype(np.int64)
    return _counted(np.repeat(units, np.diff(indptr)), labels, sizes, n_labels)


def _counted(unit_of: IntArray, strata: IntArray, sizes: IntArray, n_strata: int) -> UnitCounts:
    n_units = len(sizes)
    starts = np.zeros(n_units + 1, dtype=np.int64)
    np.cumsum(np.bincount(unit_of, minlength=n_units), out=starts[1:])
    strata = np.ascontiguousarray(strata, dtype=np.int64)
    if (unit_of[1:] < unit_of[:-1]).any():
        by_unit = np.empty_like(strata)
        kernel.bucket(
            np.ascontiguousarray(unit_of),
            strata.view(np.uint64),
            starts.copy(),
            by_unit.view(np.uint64),
        )
        strata = by_unit
    tallied = np.empty(len(strata) + n_units, dtype=np.int64)
    counts, indptr = np.empty_like(tallied), np.zeros(n_units + 1, dtype=np.int64)
    scratch = np.full(n_strata, -1, dtype=np.int64)
    n = kernel.tally(starts, strata, sizes, tallied, counts, indptr, scratch, n_strata)
    return UnitCounts(indptr, tallied[:n], counts[:n], n_strata)
