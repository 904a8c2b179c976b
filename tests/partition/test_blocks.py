from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fold_guard.errors import InfeasibleError
from fold_guard.partition.blocks import time_blocks

TIMES = st.lists(st.integers(0, 9), min_size=2, max_size=24)


@given(TIMES, st.integers(2, 6))
def test_blocks_are_contiguous_and_keep_ties(times: list[int], k: int) -> None:
    assume(len(set(times)) >= k)
    blocks = time_blocks(np.array(times), k)
    assert set(blocks.tolist()) == set(range(k))
    order = np.argsort(times, kind="stable")
    assert (np.diff(blocks[order]) >= 0).all()
    for time in set(times):
        assert len(set(blocks[np.array(times) == time].tolist())) == 1


@given(TIMES, st.integers(2, 4))
def test_blocks_are_nearly_as_even_as_any(times: list[int], k: int) -> None:
    """Against brute force over every set of cuts: the largest miss is at most one instant more."""
    instants, per_instant = np.unique(times, return_counts=True)
    assume(len(instants) >= k)
    ideal = len(times) / k
    best = min(
        max(abs(part.sum() - ideal) for part in np.split(per_instant, cuts))
        for cuts in combinations(range(1, len(instants)), k - 1)
    )
    sizes = np.bincount(time_blocks(np.array(times), k))
    assert np.abs(sizes - ideal).max() <= best + per_instant.max()


@given(st.integers(2, 40), st.integers(2, 8))
def test_without_ties_blocks_differ_by_one_row(rows: int, k: int) -> None:
    assume(rows >= k)
    sizes = np.bincount(time_blocks(np.random.default_rng(0).permutation(rows), k))
    assert sizes.max() - sizes.min() <= 1


@given(TIMES, st.integers(2, 4), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(times: list[int], k: int, random: object) -> None:
    assume(len(set(times)) >= k)
    order = np.arange(len(times))
    random.shuffle(order)  # type: ignore[attr-defined]
    blocks = time_blocks(np.array(times), k)
    assert time_blocks(np.array(times)[order], k).tolist() == blocks[order].tolist()


def test_floats_and_nanoseconds_are_instants_too() -> None:
    assert time_blocks(np.array([0.5, -1.0, 0.25]), 3).tolist() == [2, 0, 1]
    start = 1_588_588_200_250_000_000
    assert time_blocks(np.array([start, start + 1, start + 2]), 3).tolist() == [0, 1, 2]


def test_fewer_instants_than_blocks_names_what_works() -> None:
    with pytest.raises(InfeasibleError, match="2 distinct instants") as caught:
        time_blocks(np.array([1, 1, 2]), 3)
    assert caught.value.remedy == "Use n_splits <= 2."
    with pytest.raises(InfeasibleError) as caught:
        time_blocks(np.array([1, 1]), 2)
    assert "n_splits" not in caught.value.remedy
