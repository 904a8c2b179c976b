"""Stratified k-fold of a continuous label: its bins are balanced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.errors import UsageError
from fold_guard.partition.bins import given_bins, quantile_bins
from fold_guard.splitters.base import (
    Grouped,
    UnitSplitter,
    dealt_groups,
    dealt_rows,
)
from fold_guard.splitters.columns import continuous_label, group_keys
from fold_guard.splitters.settings import RandomState, require_whole

IntArray = npt.NDArray[np.int64]


class StratifiedKFoldContinuous(UnitSplitter):
    """Rows in k folds, each with its share of every bin of the label.

    Parameters
    ----------
    n_splits : int
        k >= 2.
    n_bins : int
        Quantile bins; equal values share one, so there may be fewer. Not used with ``bins``.
    bins : sequence of float, optional
        Edges between bins, ascending; an edge belongs to the bin above it.
    shuffle : bool
        False: each bin is cut into contiguous stretches; True: rows are dealt by a seeded hash of
        their position.
    random_state : int or numpy generator, optional
        The seed; None is 0. Only with ``shuffle``.

    Examples
    --------
    >>> y = [5.0, 1.0, 2.0, 8.0]
    >>> splitter = StratifiedKFoldContinuous(2, n_bins=2)
    >>> [test.tolist() for _, test in splitter.split([[0.0]] * 4, y)]
    [[0, 1], [2, 3]]
    """

    _needs_y = True

    def __init__(
        self,
        n_splits: int = 5,
        *,
        n_bins: int = 10,
        bins: Sequence[float] | None = None,
        shuffle: bool = False,
        random_state: RandomState = None,
    ) -> None:
        super().__init__(n_splits, shuffle=shuffle, random_state=random_state)
        require_whole(n_bins, "n_bins", 1)
        _require_edges(bins)
        self.n_bins = int(n_bins)
        self.bins = bins

    def _folds(self, n_rows: int, y: Any, groups: Any, seed: int | None) -> IntArray:
        return dealt_rows(self._binned(y), self.n_splits, seed)

    def _binned(self, y: Any) -> IntArray:
        values = continuous_label(y, type(self).__name__)
        # Nobody scores a bin: one with fewer rows than folds is no loss.
        if self.bins is None:
            return quantile_bins(values, self.n_bins)
        return given_bins(values, self.bins)


class StratifiedGroupKFoldContinuous(Grouped, StratifiedKFoldContinuous):
    """Whole groups in k folds, each with about its share of every bin of the label.

    Rows that share any key are one unit: ``groups`` may have several columns. A null key links
    nothing.

    Parameters
    ----------
    n_splits : int
        k >= 2.
    n_bins : int
        Quantile bins; equal values share one, so there may be fewer. Not used with ``bins``.
    bins : sequence of float, optional
        Edges between bins, ascending; an edge belongs to the bin above it.
    shuffle : bool
        Whether the seed decides among groups of equal counts.
    random_state : int or numpy generator, optional
        The seed; None is 0. Only with ``shuffle``.

    Warns
    -----
    UserWarning
        A group is larger than one fold in k.

    Examples
    --------
    >>> y, plot = [5.0, 1.0, 2.0, 8.0], ["a", "a", "b", "b"]
    >>> splitter = StratifiedGroupKFoldContinuous(2, n_bins=2)
    >>> [test.tolist() for _, test in splitter.split([[0.0]] * 4, y, plot)]
    [[0, 1], [2, 3]]
    """

    def _folds(self, n_rows: int, y: Any, groups: Any, seed: int | None) -> IntArray:
        keys = group_keys(groups, type(self).__name__)
        return dealt_groups(n_rows, keys, self._binned(y), self.n_splits, seed)


def _require_edges(bins: object) -> None:
    if bins is None:
        return
    edges = np.asarray(bins)
    numbers = edges.ndim == 1 and edges.dtype.kind in "iuf" and edges.size > 0
    if not numbers or not np.isfinite(edges).all() or (np.diff(edges) <= 0).any():
        raise UsageError(f"bins must be ascending finite edges, got {bins!r}")
