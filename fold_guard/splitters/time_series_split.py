"""Time series split: train on the past rows, test on the next."""

from __future__ import annotations

from typing import Any

import numpy as np

from fold_guard.partition.windows import forward_windows
from fold_guard.splitters.base import Pairs, Splitter, length
from fold_guard.splitters.settings import require_splits, require_whole


class ForwardSplitter(Splitter):
    """Base of the splitters that train on the past.

    Parameters
    ----------
    n_splits : int
        Rounds; at least 2.
    max_train_size : int, optional
        A sliding window of at most so many rows; None: the window expands.
    test_size : int, optional
        Rows of each test window; default ``n_samples // (n_splits + 1)``.
    gap : int
        Rows left out between train and test.
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        max_train_size: int | None = None,
        test_size: int | None = None,
        gap: int = 0,
    ) -> None:
        require_splits(n_splits)
        for value, name in ((max_train_size, "max_train_size"), (test_size, "test_size")):
            if value is not None:
                require_whole(value, name, 1)
        require_whole(gap, "gap", 0)
        self.n_splits = int(n_splits)
        self.max_train_size = max_train_size
        self.test_size = test_size
        self.gap = gap

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Return the number of rounds; the arguments are of no use."""
        return self.n_splits


class TimeSeriesSplit(ForwardSplitter):
    """Rows in time order: each round tests the rows after those that it trains on.

    Parameters
    ----------
    n_splits : int
        Rounds; at least 2.
    max_train_size : int, optional
        A sliding window of at most so many rows; None: the window expands.
    test_size : int, optional
        Rows of each test window; default ``n_samples // (n_splits + 1)``.
    gap : int
        Rows left out between train and test.

    Examples
    --------
    >>> splitter = TimeSeriesSplit(2, gap=1)
    >>> [(a.tolist(), b.tolist()) for a, b in splitter.split([[0.0]] * 6)]
    [([0], [2, 3]), ([0, 1, 2], [4, 5])]
    """

    def _rounds(self, X: Any, y: Any, groups: Any) -> Pairs:
        n_rows = length(X)
        for window in forward_windows(
            n_rows,
            self.n_splits,
            test_size=self.test_size,
            gap=self.gap,
            max_train_size=self.max_train_size,
        ):
            train, test = window.train, window.test
            # Of a range numpy would ask for each number by itself.
            yield np.arange(train.start, train.stop), np.arange(test.start, test.stop)
