"""Shares of classes, or of labels, in the folds of a repeat, and how far they could be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.checks.subjects.cells import Cells, weighted
from fold_guard.dataset.strata import Strata
from fold_guard.partition.balance import share_balance
from fold_guard.partition.counting import distinct_counts

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class FoldShares:
    """Shares in the folds of one repeat.

    Attributes
    ----------
    repeat : int
    folds : ndarray of int64, shape (n_folds,)
        Those with a labelled row: the share of nothing is 0 and would drown every other.
    counts : ndarray of int64, shape (n_folds, n_strata)
        Rows of each class, or with each label.
    shares : ndarray of float64, shape (n_folds, n_strata)
    overall : ndarray of float64, shape (n_strata,)
        Shares in the whole.
    max_deviation, mean_deviation, lower_bound : float
        As of `fold_guard.partition.balance.Balance`.
    """

    repeat: int
    folds: IntArray
    counts: IntArray
    shares: FloatArray
    overall: FloatArray
    max_deviation: float
    mean_deviation: float
    lower_bound: float

    @property
    def deviations(self) -> FloatArray:
        """Distances of the shares from the whole."""
        away: FloatArray = np.abs(self.shares - self.overall)
        return away

    @property
    def worst_fold(self) -> int:
        """The fold that is farthest off."""
        return int(self.folds[self._worst[0]])

    @property
    def worst_class(self) -> int:
        """The stratum in which it is."""
        return self._worst[1]

    @property
    def _worst(self) -> tuple[int, int]:
        row, code = np.unravel_index(int(self.deviations.argmax()), self.shares.shape)
        return int(row), int(code)


def shares_of(
    cells: Cells,
    strata: Strata,
    repeat: int,
    *,
    drawn: bool = False,
    dealt: int | None = None,
) -> FoldShares | None:
    """Measure the folds of a repeat against all that it deals to folds.

    Parameters
    ----------
    cells : Cells
    strata : Strata
        Of the cells.
    repeat : int
    drawn : bool
        Whether the folds are a test set that was drawn: it is measured against every row of the
        table.
    dealt : int, optional
        Only the folds below it are measured, and held against each other.

    Returns
    -------
    FoldShares or None
        None when no row of a fold has a label.
    """
    given, counts_of = cells.folds[repeat], cells.counts
    labelled = np.ones(len(given), dtype=np.bool_)
    if strata.indptr is None:
        labelled = strata.codes >= 0
    inside = labelled & (given >= 0)
    if dealt is not None:
        inside &= given < dealt
    if not inside.any():
        return None
    folds, _ = distinct_counts(given[inside])
    number = np.full(int(folds[-1]) + 1, -1, dtype=np.int64)
    number[folds] = np.arange(len(folds))
    place = np.full(len(given), -1, dtype=np.int64)
    place[inside] = renumbered = number[given[inside]]
    counts = strata.by_fold(place, len(folds), counts_of)
    sizes = weighted(renumbered, len(folds), None if counts_of is None else counts_of[inside])
    if drawn:
        totals = strata.by_fold(np.where(labelled, 0, -1), 1, counts_of)[0]
        return _of_draw(repeat, folds, counts, sizes, totals / cells.count(labelled))
    # The mean is over classes that are dealt: one that lies in -1 alone is nowhere off.
    dealt_classes = counts.any(axis=0)
    reached = share_balance(counts[:, dealt_classes] if dealt_classes.any() else counts, sizes)
    return FoldShares(
        repeat,
        folds,
        counts,
        counts / sizes[:, None],
        counts.sum(axis=0) / sizes.sum(),
        reached.max_share_deviation,
        reached.mean_share_deviation,
        reached.lower_bound,
    )


def _of_draw(
    repeat: int, folds: IntArray, counts: IntArray, sizes: IntArray, overall: FloatArray
) -> FoldShares:
    shares = counts / sizes[:, None]
    away = np.abs(shares - overall)
    # The nearest whole number of rows, each class by itself.
    owed = np.outer(sizes, overall)
    nearest = float((np.abs(np.rint(owed) - owed) / sizes[:, None]).max())
    return FoldShares(
        repeat, folds, counts, shares, overall, float(away.max()), float(away.mean()), nearest
    )
