"""Stratified group k-fold: units never split, classes balanced."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.splitters.base import Grouped, UnitSplitter, dealt_groups, require_classes
from fold_guard.splitters.columns import group_keys, label_codes
from fold_guard.splitters.settings import RandomState


class StratifiedGroupKFold(Grouped, UnitSplitter):
    """Whole groups in k folds, each with about its share of every class.

    Rows that share any key are one unit: ``groups`` may have several columns. A null key links
    nothing. No fold is empty.

    Parameters
    ----------
    n_splits : int
        k >= 2.
    shuffle : bool
        Whether the seed decides among groups of equal class counts.
    random_state : int or numpy generator, optional
        The seed; None is 0. Only with ``shuffle``.

    Warns
    -----
    UserWarning
        A class has fewer rows than folds (an error when every class has), or a group is larger
        than one fold in k.

    Examples
    --------
    >>> import numpy as np
    >>> y, patient = ["a", "b", "a", "b"], [7, 7, 8, 8]
    >>> splitter = StratifiedGroupKFold(2)
    >>> [test.tolist() for _, test in splitter.split(np.zeros((4, 1)), y, patient)]
    [[0, 1], [2, 3]]
    """

    _needs_y = True

    # scikit-learn takes these by position here, and here alone.
    def __init__(
        self, n_splits: int = 5, shuffle: bool = False, random_state: RandomState = None
    ) -> None:
        super().__init__(n_splits, shuffle=shuffle, random_state=random_state)

    def _folds(self, n_rows: int, y: Any, groups: Any, seed: int | None) -> npt.NDArray[np.int64]:
        codes = label_codes(y, "StratifiedGroupKFold")
        keys = group_keys(groups, "StratifiedGroupKFold")
        require_classes(codes, self.n_splits)
        return dealt_groups(n_rows, keys, codes, self.n_splits, seed)
