"""Laws of these rounds are in tests/invariants/test_splitters.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from fold_guard.errors import DataError, InfeasibleError, UsageError
from fold_guard.splitters import GroupTimeSeriesSplit, TimeSeriesSplit

X = np.zeros((20, 1))


def rounds(splitter: Any, X: Any, groups: Any = None) -> list[tuple[list[int], list[int]]]:
    return [(a.tolist(), b.tolist()) for a, b in splitter.split(X, groups=groups)]


@pytest.mark.parametrize(
    "settings", [{}, {"gap": 2}, {"test_size": 3}, {"max_train_size": 4}, {"n_splits": 3}]
)
def test_where_no_group_comes_back_it_is_a_time_series_split(settings: dict[str, Any]) -> None:
    expected = [(a.tolist(), b.tolist()) for a, b in TimeSeriesSplit(**settings).split(X)]
    assert rounds(GroupTimeSeriesSplit(**settings), X, np.arange(20)) == expected
    shuffled = np.random.default_rng(0).permutation(20)
    frame = pd.DataFrame({"t": shuffled})
    splitter = GroupTimeSeriesSplit(**settings, time_column="t")
    by_time = [
        (sorted(shuffled[a]), sorted(shuffled[b])) for a, b in rounds(splitter, frame, shuffled)
    ]
    assert by_time == expected


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_dates_with_ties_stay_together_in_any_frame(make: Any) -> None:
    days = pd.to_datetime("2024-01-01") + pd.to_timedelta(np.arange(12) // 4, unit="D")
    splitter = GroupTimeSeriesSplit(2, time_column="day")
    found = rounds(splitter, make({"day": list(days)}), np.arange(12))
    assert found == [
        ([0, 1, 2, 3], [4, 5, 6, 7]),
        ([0, 1, 2, 3, 4, 5, 6, 7], [8, 9, 10, 11]),
    ]


def test_groups_of_the_test_window_do_not_train() -> None:
    groups = np.array([0, 1, 2, 3, 4, 1, 5, 0, 2])
    for train, test in rounds(GroupTimeSeriesSplit(2), np.zeros((9, 1)), groups):
        assert not set(groups[train]) & set(groups[test])
    assert rounds(GroupTimeSeriesSplit(2), np.zeros((9, 1)), groups)[1] == ([1, 3, 4, 5], [6, 7, 8])


def test_a_round_that_purging_empties_is_refused_before_the_first() -> None:
    with pytest.raises(InfeasibleError, match="round 1 has no train row left"):
        next(
            GroupTimeSeriesSplit(2, max_train_size=1).split(
                np.zeros((6, 1)), groups=[0, 1, 2, 3, 3, 4]
            )
        )


def test_what_time_cannot_be_is_refused() -> None:
    splitter = GroupTimeSeriesSplit(2, time_column="t")
    with pytest.raises(UsageError, match="X is no frame but ndarray"):
        rounds(splitter, X, np.arange(20))
    with pytest.raises(UsageError, match="X has no column 't'"):
        rounds(splitter, pd.DataFrame({"u": range(20)}), np.arange(20))
    with pytest.raises(DataError, match="1 row has no instant, the first at position 1"):
        rounds(splitter, pd.DataFrame({"t": [1.0, None, 2.0, 3.0]}), np.arange(4))


@pytest.mark.parametrize("kind", [TimeSeriesSplit, GroupTimeSeriesSplit])
@pytest.mark.parametrize(
    "settings", [{"n_splits": 1}, {"gap": -1}, {"max_train_size": 0}, {"test_size": 0.5}]
)
def test_settings_without_meaning_are_refused(kind: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(settings))} must be"):
        kind(**settings)
