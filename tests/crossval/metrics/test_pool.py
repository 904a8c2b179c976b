from __future__ import annotations

import numpy as np
import pytest

from fold_guard.crossval.metrics.pool import LEAST_BLOCKS, MOST_BLOCKS, blocks_of, pool_of
from fold_guard.crossval.metrics.side import Side
from tests.crossval.metrics.made import random_classes, random_numbers


def test_rows_tested_unequally_often_are_no_pool() -> None:
    side = random_classes(rows=4)
    rows = np.array([0, 1, 1, 2])
    assert pool_of(side, rows, None, rows) is None
    assert pool_of(side, rows, np.array([0, 0, 1, 0]), rows) is not None


def test_a_row_twice_in_a_repeat_is_a_fault_of_the_caller() -> None:
    rows = np.array([0, 1, 1, 2])
    with pytest.raises(ValueError, match="twice in one repeat"):
        pool_of(random_classes(rows=4), rows, np.array([0, 0, 0, 1]), rows)


@pytest.mark.parametrize("gap", [1, 10**12])
def test_numbers_are_without_gaps(gap: int) -> None:
    rows = np.array([5, 9, 5, 7]) * gap
    given = pool_of(random_classes(rows=4), rows, np.array([3, 3, 8, 8]), rows * 0 + 4)
    assert given is not None
    assert given.repeats.tolist() == [0, 0, 1, 1]
    assert given.rows.tolist() == [0, 2, 0, 1]
    assert (given.n_rows, given.n_repeats, given.n_units) == (3, 2, 1)
    assert not given.single
    part = given.take(np.array([1, 3]))
    assert part.rows.tolist() == [1, 0]
    assert (part.n_rows, part.n_repeats, part.n_units) == (2, 2, 1)


def test_few_units_are_drawn_themselves() -> None:
    units = np.arange(300) // 3
    given = pool_of(random_classes(rows=300), np.arange(300), None, units)
    assert given is not None
    blocks, n_blocks = blocks_of(given, 3, seed=0)
    assert (blocks == units).all()
    assert n_blocks == 100


@pytest.mark.parametrize("side", [random_classes(rows=12_000), random_numbers(rows=12_000)])
def test_many_units_are_dealt_to_blocks_of_one_size_whatever_the_order(side: Side) -> None:
    units = np.arange(12_000) // 2
    rows = np.arange(12_000)
    given = pool_of(side, rows, None, units)
    assert given is not None
    blocks, n_blocks = blocks_of(given, 3, seed=0)
    assert n_blocks == MOST_BLOCKS
    held = np.bincount(blocks[::2], minlength=n_blocks)
    assert set(held.tolist()) == {2, 3}
    # A unit is never parted.
    assert (blocks[::2] == blocks[1::2]).all()

    order = np.random.default_rng(0).permutation(12_000)
    names = np.random.default_rng(1).permutation(6_000)
    shuffled = pool_of(side.take(order), rows[order], None, names[units[order]])
    assert shuffled is not None
    again, _ = blocks_of(shuffled, 3, seed=0)
    assert (again == blocks[order]).all()
    assert (blocks_of(given, 3, seed=1)[0] != blocks).any()


def test_a_wide_table_has_fewer_blocks() -> None:
    rows = np.arange(5_000)
    given = pool_of(random_numbers(rows=5_000), rows, None, rows)
    assert given is not None
    assert blocks_of(given, 1_000_000, seed=0)[1] == LEAST_BLOCKS


def test_blocks_are_random() -> None:
    """Sums of blocks vary as those of random sets of rows do: less would be too narrow."""
    side = random_numbers(rows=200_000)
    rows = np.arange(200_000)
    given = pool_of(side, rows, None, rows)
    assert given is not None
    blocks, n_blocks = blocks_of(given, 8, seed=0)
    for values in (side.actual, side.actual - side.predicted):
        sums = np.bincount(blocks, weights=values - values.mean(), minlength=n_blocks)
        # Relative error of a variance of 2,048 normal numbers: 3%.
        assert sums.var() == pytest.approx(values.var() * 200_000 / n_blocks, rel=0.12)
