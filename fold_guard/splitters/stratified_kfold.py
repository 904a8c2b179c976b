"""Stratified k-fold: rows, classes balanced."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fold_guard.splitters.base import UnitSplitter
from fold_guard.splitters.columns import label_codes


class StratifiedKFold(UnitSplitter):
    """Rows in k folds, each with its share of every class.

    Parameters
    ----------
    n_splits : int
        k >= 2.
    shuffle : bool
        False: each class is cut into contiguous stretches; True: rows are dealt by a seeded hash
        of their position.
    random_state : int, optional
        The seed; None is 0. Only with ``shuffle``.

    Warns
    -----
    UserWarning
        A class has fewer rows than folds.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array(["a", "a", "b", "b"])
    >>> [y[test].tolist() for _, test in StratifiedKFold(2).split(y, y)]
    [['a', 'b'], ['a', 'b']]
    """

    def _folds(self, n_rows: int, y: object, groups: object) -> npt.NDArray[np.int64]:
        codes = label_codes(y, "StratifiedKFold")
        self._warn_of_rare_classes(codes)
        return self._dealt_rows(codes)
