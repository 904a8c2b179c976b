"""Group k-fold: units never split, equal sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.splitters.base import Grouped, UnitSplitter, dealt_groups
from fold_guard.splitters.columns import group_keys


class GroupKFold(Grouped, UnitSplitter):
    """Whole groups in k folds of about equally many rows.

    Rows that share any key are one unit: ``groups`` may have several columns. A null key links
    nothing.

    Parameters
    ----------
    n_splits : int
        k >= 2.
    shuffle : bool
        Whether the seed decides among groups of equal size.
    random_state : int or numpy generator, optional
        The seed; None is 0. Only with ``shuffle``.

    Warns
    -----
    UserWarning
        A group is larger than one fold in k.

    Examples
    --------
    >>> import numpy as np
    >>> patient = ["a", "a", "b", "b"]
    >>> [test.tolist() for _, test in GroupKFold(2).split(np.zeros((4, 1)), groups=patient)]
    [[0, 1], [2, 3]]
    """

    def _folds(self, n_rows: int, y: Any, groups: Any, seed: int | None) -> npt.NDArray[np.int64]:
        keys = group_keys(groups, "GroupKFold")
        return dealt_groups(n_rows, keys, None, self.n_splits, seed)
