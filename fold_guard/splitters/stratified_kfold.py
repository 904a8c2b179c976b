"""Stratified k-fold: rows, classes balanced."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.splitters.base import UnitSplitter, dealt_rows, require_classes
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
    random_state : int or numpy generator, optional
        The seed; None is 0. Only with ``shuffle``.

    Warns
    -----
    UserWarning
        A class, but not every class, has fewer rows than folds.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array(["a", "a", "b", "b"])
    >>> [y[test].tolist() for _, test in StratifiedKFold(2).split(y, y)]
    [['a', 'b'], ['a', 'b']]
    """

    _needs_y = True

    def _folds(self, n_rows: int, y: Any, groups: Any, seed: int | None) -> npt.NDArray[np.int64]:
        codes = label_codes(y, "StratifiedKFold")
        require_classes(codes, self.n_splits)
        return dealt_rows(codes, self.n_splits, seed)
