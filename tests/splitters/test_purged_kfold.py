"""The brute force is in tests/invariants/test_splitters.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from fold_guard.errors import DataError, InfeasibleError, UsageError
from fold_guard.splitters import CombinatorialPurgedKFold, KFold, PurgedKFold


def rounds(splitter: Any, X: Any) -> list[tuple[list[int], list[int]]]:
    return [(train.tolist(), test.tolist()) for train, test in splitter.split(X)]


def test_without_horizon_and_embargo_it_is_a_kfold() -> None:
    X = np.zeros((15, 1))
    assert rounds(PurgedKFold(5), X) == rounds(KFold(5), X)


def test_an_embargo_follows_the_test_block_and_does_not_precede_it() -> None:
    for embargo in (2, 2.9, {"rows": 2}, {"fraction": 0.2}, {"fraction": 0.101}):
        train, test = rounds(PurgedKFold(5, embargo=embargo), np.zeros((10, 1)))[1]
        assert (train, test) == ([0, 1, 6, 7, 8, 9], [2, 3])


@pytest.mark.parametrize("unit", ["ns", "us", "ms", "date"])
def test_time_and_its_unit(unit: str) -> None:
    days = pd.to_datetime("2024-03-01") + pd.to_timedelta(np.arange(12), unit="D")
    known = days + pd.Timedelta(days=1)
    if unit == "date":
        X = pd.DataFrame({"t0": list(days.date), "t1": list(known.date)})
    else:
        X = pd.DataFrame({"t0": days.astype(f"datetime64[{unit}]"), "t1": known})
    by_hand = ([0, 1, 7 + 2, 10, 11], [3, 4, 5])
    for embargo in (2, pd.Timedelta(days=2), np.timedelta64(48, "h")):
        splitter = PurgedKFold(4, prediction_time="t0", evaluation_time="t1", embargo=embargo)
        assert rounds(splitter, X)[1] == by_hand


def test_an_embargo_of_hours() -> None:
    hours = pd.to_datetime("2024-03-01") + pd.to_timedelta(np.arange(8), unit="h")
    splitter = PurgedKFold(4, prediction_time="t", embargo=pd.Timedelta(minutes=119))
    assert rounds(splitter, pd.DataFrame({"t": hours}))[0] == ([3, 4, 5, 6, 7], [0, 1])


def test_rows_need_not_be_in_time_order() -> None:
    X = pd.DataFrame({"t": [5, 0, 3, 1, 4, 2]})
    assert [test for _, test in rounds(PurgedKFold(3, prediction_time="t"), X)] == [
        [1, 3],
        [2, 5],
        [0, 4],
    ]


def test_purging_that_leaves_nothing_is_refused_before_the_first_round() -> None:
    X = pd.DataFrame({"t": range(6), "u": [0, 1, 2, 9, 9, 9]})
    splitter = PurgedKFold(2, prediction_time="t", evaluation_time="u", embargo=9)
    assert [train for train, _ in rounds(PurgedKFold(2, prediction_time="t"), X)][1] == [0, 1, 2]
    with pytest.raises(InfeasibleError, match="round 0 has no train row left"):
        next(splitter.split(X))


def test_times_that_cannot_be_compared_are_refused() -> None:
    days = pd.date_range("2024-01-01", periods=4)
    for frame in (
        pd.DataFrame({"t": days, "u": range(4)}),
        pd.DataFrame({"t": days, "u": days.tz_localize("UTC")}),
    ):
        with pytest.raises(DataError, match="of two kinds"):
            rounds(PurgedKFold(2, prediction_time="t", evaluation_time="u"), frame)
    X = pd.DataFrame({"t": range(4), "u": [1, 2, 1, 4]})
    with pytest.raises(DataError, match="1 row ends before it starts, the first at position 2"):
        rounds(PurgedKFold(2, prediction_time="t", evaluation_time="u"), X)
    with pytest.raises(UsageError, match="timedelta needs a prediction_time of dates"):
        rounds(PurgedKFold(2, embargo=pd.Timedelta(days=1)), np.zeros((4, 1)))
    with pytest.raises(UsageError, match="no meaning without prediction_time"):
        PurgedKFold(2, evaluation_time="u")


@pytest.mark.parametrize("kind", [PurgedKFold, CombinatorialPurgedKFold])
@pytest.mark.parametrize(
    "embargo",
    [
        -1,
        np.nan,
        np.inf,
        True,
        "3 days",
        {},
        {"rows": 1.5},
        {"rows": -1},
        {"fraction": 1.0},
        {"days": 3},
        {"rows": 1, "fraction": 0.1},
        pd.Timedelta(days=-1),
        None,
    ],
)
def test_what_is_no_embargo_is_refused(kind: Any, embargo: Any) -> None:
    with pytest.raises(UsageError, match="an embargo is a number of at least 0"):
        kind(4, embargo=embargo)
