"""The nearest blocks of time, against every way to cut."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from fold_guard.errors import InfeasibleError
from fold_guard.partition.recut import recut_blocks


def cheapest(time: np.ndarray, folds: np.ndarray, k: int) -> int:
    inside = folds >= 0
    instants = np.unique(time[inside])
    best = len(time)
    for cuts in combinations(instants[1:].tolist(), k - 1):
        block = np.searchsorted(np.array(cuts), time[inside], side="right")
        best = min(best, int((block != folds[inside]).sum()))
    return best


def test_no_cut_moves_fewer_rows() -> None:
    asked = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        k = int(rng.integers(2, 5))
        time = rng.integers(0, 9, 25)
        folds = rng.integers(0, k, 25)
        if seed % 2:
            # Nearly in order, as a split that somebody meant to follow time.
            folds = np.where(rng.random(25) < 0.7, np.minimum(time * k // 9, k - 1), folds)
        folds = np.where(rng.random(25) < 0.1, -1 - (seed % 2), folds)
        if len(np.unique(time[folds >= 0])) < k:
            continue
        asked += 1
        after = recut_blocks(time, folds, k)
        inside = folds >= 0
        assert (after[~inside] == folds[~inside]).all()
        assert sorted(set(after[inside].tolist())) == list(range(k))
        for block in range(k - 1):
            assert time[after == block].max() < time[after == block + 1].min()
        assert int((after != folds).sum()) == cheapest(time, folds, k)
    assert asked > 250


def test_blocks_that_follow_time_stay() -> None:
    time, folds = np.array([0.5, 1.5, 1.5, 9.0]), np.array([0, 1, 1, 2])
    assert recut_blocks(time, folds, 3).tolist() == folds.tolist()


def test_equal_cuts_go_for_equal_blocks() -> None:
    # Every cut keeps as many rows: the middle one is taken.
    time, folds = np.arange(10), np.zeros(10, dtype=np.int64)
    folds[1::2] = 1
    after = recut_blocks(time, folds, 2)
    assert int((after == 0).sum()) in (4, 5, 6)
    assert int((after != folds).sum()) == cheapest(time, folds, 2)


def test_order_of_rows_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    time, folds = rng.integers(0, 30, 200), rng.integers(0, 4, 200)
    order = rng.permutation(200)
    assert (recut_blocks(time[order], folds[order], 4) == recut_blocks(time, folds, 4)[order]).all()


def test_too_few_instants() -> None:
    with pytest.raises(InfeasibleError, match="2 distinct instants cannot fill 3 blocks") as caught:
        recut_blocks(np.array([1, 1, 2, 3]), np.array([0, 1, 2, -1]), 3)
    assert "At most 2" in caught.value.remedy
    with pytest.raises(InfeasibleError, match="one instant"):
        recut_blocks(np.array([1, 1]), np.array([0, 1]), 2)
