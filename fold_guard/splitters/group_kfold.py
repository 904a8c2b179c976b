"""Group k-fold: units never split, equal sizes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fold_guard.splitters.base import UnitSplitter
from fold_guard.splitters.columns import group_keys


class GroupKFold(UnitSplitter):
    """Whole groups in k folds of about equally many rows.

    Rows that share any key are one unit: ``groups`` may have several columns. A null key links
    nothing.

    Parameters
    ----------
    n_splits : int
        k >= 2.
    shuffle : bool
        Whether the seed decides among groups of equal size.
    random_state : int, optional
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

    # scikit-learn's metadata routing: cross_validate(..., params={"groups": ...}).
    __metadata_request__split = {"groups": True}  # noqa: RUF012

    def _folds(self, n_rows: int, y: object, groups: object) -> npt.NDArray[np.int64]:
        return self._dealt_groups(n_rows, group_keys(groups, "GroupKFold"), None)
