from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.partition.samples import TEST, TRAIN, UNUSED, sampled, sampled_by_class


@given(st.permutations(range(12)), st.integers(1, 6), st.integers(1, 6))
def test_sides_have_the_sizes_asked_for(order: list[int], n_test: int, n_train: int) -> None:
    sides = sampled(np.array(order), n_test, n_train)
    assert np.bincount(sides, minlength=3).tolist() == [n_test, n_train, 12 - n_test - n_train]
    assert sides[order[0]] == TEST
    assert sides[order[n_test]] == TRAIN


@given(st.permutations(range(30)))
def test_each_class_has_its_share_on_both_sides(order: list[int]) -> None:
    codes = np.repeat([0, 1, 2], [18, 9, 3])
    sides = sampled_by_class(codes, np.array(order), np.arange(3), 10, 15)
    assert np.bincount(codes[sides == TEST]).tolist() == [6, 3, 1]
    assert np.abs(np.bincount(codes[sides == TRAIN]) - [9, 4.5, 1.5]).max() <= 0.5
    assert (sides == UNUSED).sum() == 5
