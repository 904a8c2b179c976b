"""Multi-label stratified k-fold: rows or whole groups, every label balanced."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from fold_guard.errors import UsageError
from fold_guard.partition.assignment import Quality
from fold_guard.splitters.base import (
    Grouped,
    UnitSplitter,
    assigned,
    dealt_groups,
    require_units,
)
from fold_guard.splitters.columns import group_keys, indicator
from fold_guard.splitters.settings import RandomState


class MultilabelStratifiedKFold(UnitSplitter):
    """Rows in k folds, each with about its share of every label.

    Parameters
    ----------
    n_splits : int
        k >= 2.
    shuffle : bool
        Whether the seed decides among rows with the same labels.
    random_state : int or numpy generator, optional
        The seed; None is 0. Only with ``shuffle``.
    quality : {"standard", "high"}
        How long to search for better balance.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array([[1, 0], [1, 1], [1, 0], [1, 1]])
    >>> [y[test].sum(axis=0).tolist() for _, test in MultilabelStratifiedKFold(2).split(y, y)]
    [[2, 1], [2, 1]]
    """

    _needs_y = True

    def __init__(
        self,
        n_splits: int = 5,
        *,
        shuffle: bool = False,
        random_state: RandomState = None,
        quality: Quality = "standard",
    ) -> None:
        super().__init__(n_splits, shuffle=shuffle, random_state=random_state)
        require_quality(quality)
        self.quality = quality

    def _folds(self, n_rows: int, y: Any, groups: Any, seed: int | None) -> npt.NDArray[np.int64]:
        labels = indicator(y, type(self).__name__)
        require_units(n_rows, self.n_splits, "samples")
        return assigned(np.arange(n_rows), labels, self.n_splits, seed, self.quality)


class MultilabelStratifiedGroupKFold(Grouped, MultilabelStratifiedKFold):
    """Whole groups in k folds, each with about its share of every label.

    Rows that share any key are one unit: ``groups`` may have several columns. A null key links
    nothing.

    Parameters
    ----------
    n_splits : int
        k >= 2.
    shuffle : bool
        Whether the seed decides among groups with the same label counts.
    random_state : int or numpy generator, optional
        The seed; None is 0. Only with ``shuffle``.
    quality : {"standard", "high"}
        How long to search for better balance.

    Warns
    -----
    UserWarning
        A group is larger than one fold in k.

    Examples
    --------
    >>> y = [[1, 0], [0, 1], [1, 0], [0, 1]]
    >>> splitter = MultilabelStratifiedGroupKFold(2)
    >>> [test.tolist() for _, test in splitter.split(y, y, groups=[7, 7, 8, 8])]
    [[0, 1], [2, 3]]
    """

    def _folds(self, n_rows: int, y: Any, groups: Any, seed: int | None) -> npt.NDArray[np.int64]:
        name = type(self).__name__
        keys, labels = group_keys(groups, name), indicator(y, name)
        return dealt_groups(n_rows, keys, labels, self.n_splits, seed, self.quality)


def require_quality(quality: object) -> None:
    """Refuse a quality that there is not."""
    if quality not in get_args(Quality):
        raise UsageError(f"quality must be 'standard' or 'high', got {quality!r}")
