from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fold_guard.partition.near.groups import Groups, pairs_kept
from fold_guard.partition.near.numbers import parted, reach_of, within_reach

# Whole numbers: no difference is in doubt, and many are equal to the reach.
ROWS = st.lists(st.tuples(*[st.integers(-30, 30)] * 3), min_size=1, max_size=25)


def found_in(values: np.ndarray, reach: np.ndarray, enough: int) -> list[tuple[int, int]]:
    start = Groups.of(np.arange(len(values)), np.zeros(len(values), dtype=np.uint64))
    groups = parted(start, values, reach, enough)
    pairs = pairs_kept([groups], len(values), lambda a, b: within_reach(values, reach, a, b), 10**6)
    assert pairs is not None
    return list(zip(*(each.tolist() for each in pairs), strict=True))


@settings(max_examples=200, deadline=None)
@given(ROWS, st.tuples(*[st.integers(1, 5)] * 3))
def test_no_pair_is_lost_against_brute_force(
    rows: list[tuple[int, int, int]], reaches: tuple[int, int, int]
) -> None:
    values, reach = np.array(rows, dtype=np.float64), np.array(reaches, dtype=np.float64)
    expected = [
        (i, j)
        for i, j in combinations(range(len(rows)), 2)
        if all(abs(a - b) <= r for a, b, r in zip(rows[i], rows[j], reaches, strict=True))
    ]
    assert found_in(values, reach, enough=0) == expected


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e9])
def test_no_pair_is_lost_among_many_rows(scale: float) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(1500, 3)) * scale
    reach = np.array([0.05, 0.1, 0.2]) * scale
    apart = np.abs(values[:, None, :] - values[None, :, :])
    near = np.triu((apart <= reach).all(axis=2), 1)
    expected = list(zip(*(each.tolist() for each in np.nonzero(near)), strict=True))
    assert len(expected) > 100
    assert found_in(values, reach, enough=0) == expected
    assert found_in(values, reach, enough=3000) == expected


def test_cutting_leaves_few_candidates() -> None:
    values = np.random.default_rng(0).normal(size=(20_000, 8))
    start = Groups.of(np.arange(20_000), np.zeros(20_000, dtype=np.uint64))
    groups = parted(start, values, np.full(8, 0.0135))
    assert start.n_pairs == 20_000 * 19_999 // 2
    assert groups.n_pairs <= 40_000
    assert len(groups.rows) < 40_000


def test_ties_are_not_copied_over_and_over() -> None:
    values = np.random.default_rng(0).integers(0, 2, size=(2000, 40)).astype(np.float64)
    start = Groups.of(np.arange(2000), np.zeros(2000, dtype=np.uint64))
    groups = parted(start, values, np.full(40, 0.01), enough=0)
    assert not len(groups.rows)


def test_a_difference_that_is_the_reach_but_for_rounding_is_near() -> None:
    values = np.array([[0.1], [0.3]])
    assert values[1, 0] - values[0, 0] < 0.2
    assert found_in(values, np.array([np.nextafter(0.3 - 0.1, 0.0)]), enough=0) == [(0, 1)]
    assert found_in(values, np.array([0.1999]), enough=0) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.arange(101.0), 0.5),
        (np.array([0.0] * 99 + [10.0]), 0.01 * np.std([0.0] * 99 + [10.0])),
        (np.array([7.0] * 5), 0.0),
        (np.zeros(0), 0.0),
        (np.array([0.0, 0.0]), 0.0),
    ],
)
def test_reach(values: np.ndarray, expected: float) -> None:
    assert reach_of(values, 0.01) == pytest.approx(expected)


@pytest.mark.filterwarnings("error")
def test_reach_of_huge_and_of_tiny_numbers() -> None:
    assert 0 < reach_of(np.array([-1.7e308, 1.7e308] * 4), 0.01) < np.inf
    assert 0 < reach_of(np.array([0.0] * 9 + [1.7e308]), 0.01) < np.inf
    assert reach_of(np.array([0.0, 5e-324, 1e-323, 1.5e-323]), 0.01) > 0
