"""Leave-one-out: every row is a test set."""

from __future__ import annotations

from typing import Any

import numpy as np

from fold_guard.errors import InfeasibleError, UsageError
from fold_guard.splitters.base import Pairs, Splitter, length


class LeaveOneOut(Splitter):
    """Each row is tested once, trained on by all others.

    Examples
    --------
    >>> [test.tolist() for _, test in LeaveOneOut().split([[0.1], [0.2], [0.3]])]
    [[0], [1], [2]]
    """

    def get_n_splits(self, X: Any, y: object = None, groups: object = None) -> int:
        """Return the number of rows.

        Raises
        ------
        UsageError
            X is None.
        """
        if X is None:
            raise UsageError("The 'X' parameter should not be None.", where="get_n_splits")
        return length(X)

    def _rounds(self, X: Any, y: Any, groups: Any) -> Pairs:
        n_rows = length(X)
        if n_rows < 2:
            raise InfeasibleError(
                f"Cannot perform LeaveOneOut with n_samples={n_rows}: no row is left to train on",
                remedy="Add data.",
            )
        rows = np.arange(n_rows)
        for row in range(n_rows):
            yield np.delete(rows, row), rows[row : row + 1].copy()
