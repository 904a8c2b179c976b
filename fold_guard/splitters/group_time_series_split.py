"""Group time series split: train on the past of other groups."""

from __future__ import annotations

from typing import Any

import numpy as np

from fold_guard.partition.rounds import Round, Rounds
from fold_guard.partition.units import connected_units
from fold_guard.partition.windows import Window, forward_windows
from fold_guard.splitters.base import Grouped, Pairs, length, positions
from fold_guard.splitters.columns import group_keys
from fold_guard.splitters.time_series_split import ForwardSplitter
from fold_guard.splitters.times import column_instants


class GroupTimeSeriesSplit(Grouped, ForwardSplitter):
    """Each round tests the rows after those that it trains on, without the groups of the test rows.

    The windows are those of `TimeSeriesSplit`. A group that occurs in the test window is purged
    from the train side of that round. Rows that share any key are one group: ``groups`` may have
    several columns. A null key links nothing.

    Parameters
    ----------
    n_splits : int
        Rounds; at least 2.
    max_train_size : int, optional
        A sliding window of at most so many rows, before groups are purged; None: the window
        expands.
    test_size : int, optional
        Rows of each test window; default ``n_samples // (n_splits + 1)``.
    gap : int
        Rows left out between train and test.
    time_column : str, optional
        Column of X that holds the time; X must be a frame. Rows of one instant stay together: test
        windows begin at the nearest instant, and the train side gives up those that reach into
        the gap or out of the window. None: rows are in time order, each an instant of its own.

    Examples
    --------
    >>> splitter = GroupTimeSeriesSplit(2)
    >>> patient = ["a", "b", "b", "c", "a", "c"]
    >>> [(a.tolist(), b.tolist()) for a, b in splitter.split([[0.0]] * 6, groups=patient)]
    [([0], [2, 3]), ([1, 2], [4, 5])]
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        max_train_size: int | None = None,
        test_size: int | None = None,
        gap: int = 0,
        time_column: str | None = None,
    ) -> None:
        super().__init__(n_splits, max_train_size=max_train_size, test_size=test_size, gap=gap)
        self.time_column = time_column

    def _rounds(self, X: Any, y: Any, groups: Any) -> Pairs:
        n_rows = length(X)
        units = connected_units(n_rows, group_keys(groups, "GroupTimeSeriesSplit"))
        order, upto = np.arange(n_rows), None
        if self.time_column is not None:
            time = column_instants(X, self.time_column).values
            order = np.argsort(time, kind="stable")
            upto = np.concatenate([[0], np.cumsum(np.unique(time, return_counts=True)[1])])
        windows = forward_windows(
            n_rows,
            self.n_splits,
            test_size=self.test_size,
            gap=self.gap,
            max_train_size=self.max_train_size,
            upto=upto,
        )
        place = np.empty_like(order)
        place[order] = np.arange(n_rows)

        def make(at: int) -> Round:
            train, test = (_inside(place, side) for side in _sides(windows[at]))
            return Round(at, train & ~np.isin(units, units[test]), test)

        yield from positions(Rounds(range(len(windows)), make))


def _sides(window: Window) -> tuple[range, range]:
    return window.train, window.test


def _inside(place: Any, stretch: range) -> Any:
    return (place >= stretch.start) & (place < stretch.stop)
