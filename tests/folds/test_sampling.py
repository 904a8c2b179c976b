"""Shuffle splits by row id: sizes, shares, whole groups, and every unit with an equal chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.errors import InfeasibleError
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan

ROWS = 120
TABLE = pl.DataFrame(
    {
        "id": np.arange(ROWS),
        "g": np.r_[np.zeros(60, dtype=np.int64), np.arange(1, 61)],
        "y": np.where(np.arange(ROWS) % 4 == 0, "few", "many"),
    }
)
ROLES: dict[str, Any] = {"id": "id", "label": "y", "groups": "g"}


def repeats(strategy: Any, table: pl.DataFrame = TABLE, **settings: Any) -> np.ndarray:
    return make_folds(table, FoldPlan(strategy, **settings), **ROLES).repeats_of(table)


def test_sizes_round_the_test_side_up() -> None:
    for folds in repeats("shuffle_split", n_repeats=4, test_size=0.21, train_size=0.5):
        assert [(folds == side).sum() for side in (0, -1, -2)] == [26, 60, 34]


def test_repeats_differ_and_more_of_them_leave_the_first_alone() -> None:
    three, five = (repeats("shuffle_split", n_repeats=n) for n in (3, 5))
    assert (five[:3] == three).all()
    assert len({folds.tobytes() for folds in five}) == 5


def test_classes_have_their_shares_on_both_sides() -> None:
    few = (TABLE["y"] == "few").to_numpy()
    for folds in repeats("stratified_shuffle_split", n_repeats=3, test_size=0.2):
        assert ((folds == 0) & few).sum() == 6
        assert ((folds == -1) & few).sum() == 24


def test_a_large_group_is_tested_no_more_often_than_a_small_one() -> None:
    """Were the least hash of its rows what orders groups, the one of 60 rows would come first."""
    folds = repeats("group_shuffle_split", n_repeats=600, test_size=0.2)
    assert 0.2 - 0.06 < (folds[:, 0] == 0).mean() < 0.2 + 0.06
    for each in folds[:20]:
        assert len(set(each[:60].tolist())) == 1


def test_groups_are_whole_and_classes_even() -> None:
    small = TABLE.tail(60).with_columns(g=pl.col("g") // 2)
    few = (small["y"] == "few").to_numpy()
    plan = FoldPlan("stratified_group_shuffle_split", n_repeats=3, test_size=0.2)
    made = make_folds(small, plan, **ROLES)
    for folds in made.repeats_of(small):
        assert abs(int((folds == 0).sum()) - 12) <= 2
        assert abs(int(((folds == 0) & few).sum()) - 3) <= 1
        by_group = pl.DataFrame({"g": small["g"], "fold": folds})
        assert by_group.group_by("g").agg(pl.col("fold").n_unique())["fold"].max() == 1


@pytest.mark.parametrize(
    ("strategy", "rows", "settings", "said"),
    [
        ("shuffle_split", 2, {"test_size": 0.9}, "do not fill a test side of 2"),
        ("shuffle_split", 4, {"test_size": 0.5, "train_size": 0.2}, "train side of 0"),
        ("stratified_shuffle_split", 5, {"test_size": 0.2}, "cannot hold each of 2 classes"),
        ("stratified_shuffle_split", 4, {"test_size": 0.5}, "class 'few' has one row"),
        ("group_shuffle_split", 60, {}, "1 groups do not fill"),
    ],
)
def test_what_cannot_be_is_refused(
    strategy: Any, rows: int, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(InfeasibleError, match=said) as caught:
        repeats(strategy, TABLE.head(rows), **settings)
    assert caught.value.remedy
