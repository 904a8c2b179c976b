from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import combinations
from math import comb

import numpy as np
import pytest

from fold_guard.errors import InfeasibleError
from fold_guard.partition.intervals import Intervals
from fold_guard.partition.purging import Embargo
from fold_guard.partition.rounds import (
    EXCLUDED,
    Rounds,
    combinatorial_rounds,
    forward_rounds,
    kfold_rounds,
    purged_rounds,
)


def test_kfold_trains_on_every_other_row() -> None:
    folds = np.array([0, 2, 1, -1, 0])
    rounds = kfold_rounds(folds)
    assert [r.index for r in rounds] == [0, 1, 2]
    for each in rounds:
        assert each.test.tolist() == (folds == each.index).tolist()
        assert (each.train ^ each.test).all()


def test_no_folds_no_rounds() -> None:
    assert list(kfold_rounds(np.array([-1, -1]))) == []
    assert list(forward_rounds(np.array([], dtype=np.int64))) == []


def test_forward_trains_on_the_past_without_fold_minus_one() -> None:
    rounds = forward_rounds(np.array([0, 1, 2, -1]))
    assert [r.index for r in rounds] == [1, 2]
    assert [r.train.tolist() for r in rounds] == [
        [True, False, False, False],
        [True, True, False, False],
    ]


def test_units_of_the_test_block_are_purged() -> None:
    [each] = forward_rounds(np.array([0, 0, 0, 1]), units=np.array([7, 8, 9, 7]))
    assert each.train.tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("embargo", "kept"), [(0, [1, 2, 3, 4]), (0.5, [1, 2, 3, 4]), (1, [1, 2, 3]), (2.5, [1, 2])]
)
def test_embargo_counts_whole_days(embargo: float, kept: list[int]) -> None:
    day = np.array([1, 2, 3, 4, 5])
    [each] = forward_rounds(np.array([0, 0, 0, 0, 1]), time=day, embargo=embargo)
    assert day[each.train].tolist() == kept


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_embargo_is_exact_in_nanoseconds(offset: int) -> None:
    """A float has 53 bits; the 61 bits of a nanosecond today would blur the boundary."""
    start, day = 1_588_588_200_000_000_123, 86_400_000_000_000
    time = np.array([start + offset, start + 2 * day])
    [each] = forward_rounds(np.array([0, 1]), time=time, embargo=2.0 * day)
    assert each.train[0] == (offset < 0)


def test_an_embargo_longer_than_history_leaves_no_train_row() -> None:
    [each] = forward_rounds(np.array([0, 1]), time=np.array([1, 2]), embargo=1e30)
    assert not each.train.any()


def test_float_times_take_the_same_rule() -> None:
    [each] = forward_rounds(np.array([0, 0, 1]), time=np.array([0.5, 1.5, 2.0]), embargo=1.5)
    assert each.train.tolist() == [False, False, False]


def test_excluded_rows_are_on_neither_side() -> None:
    folds = np.array([0, 1, 2, -1, EXCLUDED])
    for rounds in (kfold_rounds(folds), forward_rounds(folds), combinatorial_rounds(folds, 2)):
        assert len(rounds)
        for each in rounds:
            assert not each.train[4]
            assert not each.test[4]


@pytest.mark.parametrize(("window", "kept"), [(1, [[0], [1], [2]]), (2, [[0], [0, 1], [1, 2]])])
def test_a_sliding_window_counts_folds(window: int, kept: list[list[int]]) -> None:
    folds = np.array([0, 1, 2, 3, -1])
    rounds = forward_rounds(folds, window=window)
    assert [np.flatnonzero(r.train).tolist() for r in rounds] == kept


def test_combinations_are_tested_in_order_and_made_when_asked_for() -> None:
    folds = np.array([0, 1, 2, 3, -1, 0])
    rounds = combinatorial_rounds(folds, 2)
    for at, (each, chosen) in enumerate(zip(rounds, combinations(range(4), 2), strict=True)):
        assert each.index == at
        assert each.test.tolist() == [fold in chosen for fold in folds.tolist()]
        assert (each.train ^ each.test).all()
    assert rounds[-1].test.tolist() == rounds[5].test.tolist()
    assert len(combinatorial_rounds(np.zeros(1, dtype=np.int64), 3, 20)) == 1140


@pytest.mark.parametrize("n_folds", range(1, 9))
def test_every_choice_is_found_by_its_number(n_folds: int) -> None:
    folds = np.arange(n_folds)
    for n_chosen in range(1, n_folds + 2):
        rounds = combinatorial_rounds(folds, n_chosen)
        expected = [list(chosen) for chosen in combinations(range(n_folds), n_chosen)]
        assert len(rounds) == len(expected)
        assert [np.flatnonzero(rounds[at].test).tolist() for at in range(len(rounds))] == expected


def test_choices_too_many_to_list_are_had_one_by_one() -> None:
    """A list of them would fill any memory; ``len`` ends at 64 bits."""
    day = np.arange(1000)
    few = combinatorial_rounds(day, 5)
    assert len(few) == few.number == comb(1000, 5)
    assert np.flatnonzero(few[-1].test).tolist() == [995, 996, 997, 998, 999]
    many = combinatorial_rounds(day, 500)
    for rounds in (many, purged_rounds(many, Intervals(day, day))):
        assert rounds.number == comb(1000, 500) > sys.maxsize
        assert np.flatnonzero(rounds[-1].test).tolist() == list(range(500, 1000))
        assert [each.index for each in rounds[7:9]] == [7, 8]
        assert next(iter(rounds)).test[:500].all()
        with pytest.raises(InfeasibleError, match="more than 9,223,372,036,854,775,807 rounds"):
            len(rounds)


def test_a_slice_has_the_number_of_its_rounds() -> None:
    rounds = kfold_rounds(np.arange(7))
    for part in (slice(2, 5), slice(1, 7, 4), slice(5, 2), slice(None, None, -3)):
        assert rounds[part].number == len(rounds[part]) == len(range(7)[part])


def test_purged_rounds_keep_the_test_side_and_the_index() -> None:
    day = np.arange(6)
    rounds = purged_rounds(forward_rounds(day // 2), Intervals(day, day + 1), Embargo(span=1))
    assert [r.index for r in rounds] == [1, 2]
    assert [np.flatnonzero(r.test).tolist() for r in rounds] == [[2, 3], [4, 5]]
    assert [np.flatnonzero(r.train).tolist() for r in rounds] == [[0], [0, 1, 2]]
    both_ways = purged_rounds(kfold_rounds(day // 2), Intervals(day, day), Embargo(span=1))
    assert [np.flatnonzero(r.train).tolist() for r in both_ways] == [
        [3, 4, 5],
        [0, 1, 5],
        [0, 1, 2, 3],
    ]


@pytest.mark.parametrize("rounds", [kfold_rounds, forward_rounds])
def test_an_excluded_row_is_in_neither_side(rounds: Callable[[np.ndarray], Rounds]) -> None:
    found = rounds(np.array([0, 1, EXCLUDED, -1, 2]))
    assert len(found) >= 2
    for each in found:
        assert not (each.train | each.test)[2]
