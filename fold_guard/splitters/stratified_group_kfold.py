"""Stratified group k-fold: units never split, classes balanced."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fold_guard.splitters.base import UnitSplitter
from fold_guard.splitters.columns import group_keys, label_codes


class StratifiedGroupKFold(UnitSplitter):
    """Whole groups in k folds, each with about its share of every class.

    Rows that share any key are one unit: ``groups`` may have several columns. A null key links
    nothing. No fold is empty.

    Parameters
    ----------
    n_splits : int
        k >= 2.
    shuffle : bool
        Whether the seed decides among groups of equal class counts.
    random_state : int, optional
        The seed; None is 0. Only with ``shuffle``.

    Warns
    -----
    UserWarning
        A class has fewer rows than folds, or a group is larger than one fold in k.

    Examples
    --------
    >>> import numpy as np
    >>> y, patient = ["a", "b", "a", "b"], [7, 7, 8, 8]
    >>> splitter = StratifiedGroupKFold(2)
    >>> [test.tolist() for _, test in splitter.split(np.zeros((4, 1)), y, patient)]
    [[0, 1], [2, 3]]
    """

    # scikit-learn's metadata routing: cross_validate(..., params={"groups": ...}).
    __metadata_request__split = {"groups": True}  # noqa: RUF012

    def _folds(self, n_rows: int, y: object, groups: object) -> npt.NDArray[np.int64]:
        codes = label_codes(y, "StratifiedGroupKFold")
        keys = group_keys(groups, "StratifiedGroupKFold")
        self._warn_of_rare_classes(codes)
        return self._dealt_groups(n_rows, keys, codes)
