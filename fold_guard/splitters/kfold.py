"""K-fold: rows, equal sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.splitters.base import UnitSplitter, dealt_rows


class KFold(UnitSplitter):
    """Rows in k folds whose sizes differ by one at most.

    Parameters
    ----------
    n_splits : int
        k >= 2.
    shuffle : bool
        False: contiguous folds, as scikit-learn's; True: rows are dealt by a seeded hash of their
        position.
    random_state : int or numpy generator, optional
        The seed; None is 0. Only with ``shuffle``.

    Examples
    --------
    >>> import numpy as np
    >>> [test.tolist() for _, test in KFold(2).split(np.zeros((5, 1)))]
    [[0, 1, 2], [3, 4]]
    """

    def _folds(self, n_rows: int, y: Any, groups: Any, seed: int | None) -> npt.NDArray[np.int64]:
        return dealt_rows(np.zeros(n_rows, dtype=np.int64), self.n_splits, seed)
