from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fold_guard.partition.balance import share_balance


def test_the_worst_place_is_named() -> None:
    found = share_balance(np.array([[4, 6], [9, 1], [8, 2]]))
    assert found.max_share_deviation == pytest.approx(0.3)
    assert found.mean_share_deviation == pytest.approx(2 * (0.3 + 0.2 + 0.1) / 6)
    assert (found.worst_fold, found.size_cv) == (0, 0.0)
    assert not found.bound_reached


def test_perfect_folds_reach_the_bound() -> None:
    found = share_balance(np.array([[6, 2], [6, 2]]))
    assert (found.max_share_deviation, found.lower_bound, found.bound_reached) == (0, 0, True)


def test_an_empty_fold_does_not_divide_by_zero() -> None:
    found = share_balance(np.array([[4, 4], [0, 0]]))
    assert np.isfinite([found.max_share_deviation, found.lower_bound, found.size_cv]).all()


@given(st.integers(1, 4), st.integers(1, 6), st.integers(2, 3), st.integers(0, 4))
def test_no_assignment_beats_the_lower_bound(a: int, b: int, k: int, seed: int) -> None:
    """Brute force over every way to deal two classes to folds of the same sizes."""
    assume(a + b >= k)
    rng = np.random.default_rng(seed)
    drawn = np.stack([rng.multinomial(n, [1 / k] * k) for n in (a, b)], axis=1)
    assume((drawn.sum(axis=1) > 0).all())
    found = share_balance(drawn)
    sizes = drawn.sum(axis=1)
    reachable = [
        np.stack([first, sizes - first], axis=1)
        for first in (np.array(each) for each in product(range(a + 1), repeat=k))
        if first.sum() == a and (first <= sizes).all()
    ]
    best = min(share_balance(each).max_share_deviation for each in reachable)
    assert found.lower_bound <= best + 1e-12
    assert any((each == drawn).all() for each in reachable)


@given(st.lists(st.integers(1, 5), min_size=2, max_size=3), st.data())
def test_the_lower_bound_of_one_class_is_reached_by_some_assignment(
    sizes: list[int], data: st.DataObject
) -> None:
    """Brute force over every way to put a class into folds of any sizes: the bound is exact."""
    held = [data.draw(st.integers(0, size)) for size in sizes]
    found = share_balance(np.array(held)[:, None], np.array(sizes))
    share = sum(held) / sum(sizes)
    best = min(
        max(abs(count / size - share) for count, size in zip(counts, sizes, strict=True))
        for counts in product(*(range(size + 1) for size in sizes))
        if sum(counts) == sum(held)
    )
    assert found.lower_bound == pytest.approx(best, abs=1e-6)
    assert found.lower_bound <= best + 1e-9


def test_rows_of_many_labels_have_sizes_of_their_own() -> None:
    found = share_balance(np.array([[5, 1], [5, 3]]), np.array([5, 10]))
    assert found.max_share_deviation == pytest.approx(1 - 10 / 15)
    assert (found.worst_fold, found.worst_class) == (0, 0)
