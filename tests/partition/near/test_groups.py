from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fold_guard.partition.near.groups import Groups, mixed, pairs_kept

KEYS = st.lists(st.integers(0, 4), max_size=12)


def keyed(keys: list[int]) -> Groups:
    return Groups.of(np.arange(len(keys)), np.array(keys, dtype=np.uint64))


def everything(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.ones(len(left), dtype=np.bool_)


@settings(max_examples=100, deadline=None)
@given(KEYS)
def test_pairs_are_those_that_share_a_key(keys: list[int]) -> None:
    groups = keyed(keys)
    expected = [(i, j) for i, j in combinations(range(len(keys)), 2) if keys[i] == keys[j]]
    assert groups.n_pairs == len(expected)
    found = pairs_kept([groups], len(keys), everything, 100)
    assert found is not None
    assert list(zip(*(each.tolist() for each in found), strict=True)) == expected


def test_a_pair_of_several_groupings_is_returned_once_and_a_row_is_no_pair_with_itself() -> None:
    twice = Groups(np.array([3, 1, 3]), np.array([3]))
    found = pairs_kept([twice, keyed([0, 1, 2, 1])], 4, everything, 10)
    assert found is not None
    assert [each.tolist() for each in found] == [[1], [3]]


def test_more_pairs_than_the_limit_are_none() -> None:
    assert pairs_kept([keyed([0] * 5)], 5, everything, 9) is None
    found = pairs_kept([keyed([0] * 5)], 5, everything, 10)
    assert found is not None
    assert len(found[0]) == 10


def test_a_large_group_comes_in_blocks() -> None:
    groups = keyed([0] * 3000)
    blocks = [len(left) for left, _ in groups.pairs()]
    assert len(blocks) > 1
    assert sum(blocks) == groups.n_pairs == 3000 * 2999 // 2


def test_the_count_of_pairs_does_not_overflow() -> None:
    groups = Groups(np.empty(0, dtype=np.int64), np.array([2**40]))
    assert groups.n_pairs > 2**62


def test_mixing_tells_small_numbers_apart() -> None:
    numbers = np.arange(-500, 500)
    keys = mixed(mixed(np.zeros(1000, dtype=np.uint64), numbers), numbers[::-1])
    assert len(np.unique(keys)) == 1000
