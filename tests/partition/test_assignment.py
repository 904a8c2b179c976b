from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fold_guard.errors import InfeasibleError
from fold_guard.partition.assignment import assign_units

MATRICES = st.integers(1, 3).flatmap(
    lambda strata: st.lists(
        st.lists(st.integers(0, 4), min_size=strata, max_size=strata).filter(any),
        min_size=2,
        max_size=14,
    )
)


def cost(counts: np.ndarray, folds: np.ndarray, k: int) -> Fraction:
    """The objective as documented, in exact fractions; sizes are one more stratum."""
    weighed = np.hstack([counts, counts.sum(axis=1, keepdims=True)])
    total = Fraction(0)
    for column in weighed.T.tolist():
        size = sum(column)
        for fold in range(k):
            here = sum(c for c, f in zip(column, folds, strict=True) if f == fold)
            total += (here - Fraction(size, k)) ** 2 / max(size, 1)
    return total


def rows_of(*per_class: int) -> np.ndarray:
    """Build units of one row each."""
    return np.repeat(np.eye(len(per_class), dtype=np.int64), per_class, axis=0)


@given(MATRICES, st.integers(2, 4), st.randoms(use_true_random=False))
def test_every_unit_has_one_fold_and_no_fold_is_empty(
    counts: list[list[int]], k: int, random: object
) -> None:
    if len(counts) < k:
        with pytest.raises(InfeasibleError):
            assign_units(np.array(counts), np.arange(len(counts)), k)
        return
    rank = np.arange(len(counts))
    random.shuffle(rank)  # type: ignore[attr-defined]
    folds = assign_units(np.array(counts), rank, k)
    assert folds.shape == (len(counts),)
    assert set(folds.tolist()) == set(range(k))


@given(MATRICES, st.integers(2, 4), st.randoms(use_true_random=False))
def test_the_order_of_units_does_not_matter(
    counts: list[list[int]], k: int, random: object
) -> None:
    counts = counts + counts[:1] * k
    rank, order = np.arange(len(counts)), np.arange(len(counts))
    random.shuffle(rank)  # type: ignore[attr-defined]
    random.shuffle(order)  # type: ignore[attr-defined]
    folds = assign_units(np.array(counts), rank, k)
    again = assign_units(np.array(counts)[order], rank[order], k)
    assert again.tolist() == folds[order].tolist()


@given(st.lists(st.integers(1, 30), min_size=1, max_size=5), st.integers(2, 6))
def test_single_rows_are_dealt_as_evenly_as_whole_numbers_allow(
    per_class: list[int], k: int
) -> None:
    counts = rows_of(*per_class)
    if len(counts) < k:
        return
    folds = assign_units(counts, np.arange(len(counts)), k)
    dealt = np.stack([counts[folds == fold].sum(axis=0) for fold in range(k)])
    assert (dealt.max(axis=0) - dealt.min(axis=0) <= 1).all()
    assert dealt.sum(axis=1).max() - dealt.sum(axis=1).min() <= 1


@settings(max_examples=20)
@given(st.lists(st.integers(1, 3), min_size=1, max_size=2), st.integers(2, 3))
def test_single_rows_are_dealt_optimally(per_class: list[int], k: int) -> None:
    counts = rows_of(*per_class)
    if len(counts) < k:
        return
    folds = assign_units(counts, np.arange(len(counts)), k)
    best = min(cost(counts, np.array(f), k) for f in product(range(k), repeat=len(counts)))
    assert cost(counts, folds, k) == best


@given(MATRICES, st.integers(2, 4))
def test_groups_are_dealt_no_worse_than_a_random_assignment_on_average(
    counts: list[list[int]], k: int
) -> None:
    """Greedy is not optimal for groups, but this bound is proved (conditional expectations).

    A unit that goes where it costs least costs at most the mean over folds; the expected cost of
    dealing each unit to a random fold is (1 - 1/k) * sum of count**2 / total.
    """
    if len(counts) < k:
        return
    matrix = np.array(counts)
    weighed = np.hstack([matrix, matrix.sum(axis=1, keepdims=True)])
    expected = sum(
        (1 - Fraction(1, k)) * Fraction(int((column**2).sum()), max(int(column.sum()), 1))
        for column in weighed.T
    )
    folds = assign_units(matrix, np.arange(len(counts)), k)
    # Weights are rounded down to multiples of 2**-30.
    assert cost(matrix, folds, k) <= expected * (1 + Fraction(1, 10**6))


def test_equal_groups_are_dealt_evenly() -> None:
    counts = np.tile([[2, 1]], (12, 1))
    folds = assign_units(counts, np.arange(12)[::-1], 4)
    assert np.bincount(folds).tolist() == [3, 3, 3, 3]
    # Neighbours in rank land in different folds.
    assert folds[::-1][:4].tolist() == [0, 1, 2, 3]


def test_the_rare_class_of_a_known_trap_is_spread() -> None:
    """scikit-learn issues #34828 and #33085: sizes 4, 5, 0, 5, 4 and an empty fold."""
    y = np.array([0, 2, 1, 1, 0, 0, 0, 2, 2, 2, 2, 2, 1, 0, 1, 1, 1, 0])
    groups = np.array([0] * 5 + [1] * 4 + [2] * 3 + [3] * 4 + [4] * 2)
    counts = np.zeros((5, 3), dtype=np.int64)
    np.add.at(counts, (groups, y), 1)
    assert sorted(assign_units(counts, np.arange(5), 5).tolist()) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("giant", [1, 9_000_000])
def test_ten_million_rows_and_a_hundred_folds_stay_exact(giant: int) -> None:
    """Counts, not rows, are built. Python's integers do not overflow: they are the truth."""
    rng = np.random.default_rng(3)
    counts = rng.multinomial(10**7 - giant, [1 / 400] * 400).reshape(200, 2).astype(np.int64)
    counts = np.vstack([counts, [[giant, 0]]])
    rank, k = np.arange(len(counts)), 100
    assert assign_units(counts, rank, k).tolist() == dealt_one_by_one(counts, rank, k)


def test_small_instances_follow_the_same_plain_algorithm() -> None:
    for seed in range(25):
        rng = np.random.default_rng(seed)
        counts = rng.integers(0, 3, size=(15, 2)) + np.array([[0, 1]], dtype=np.int64)
        rank = rng.permutation(15)
        assert assign_units(counts, rank, 4).tolist() == dealt_one_by_one(counts, rank, 4)


def dealt_one_by_one(counts: np.ndarray, rank: np.ndarray, k: int) -> list[int]:
    """Place one unit after the other where it costs least, with Python's unbounded integers."""
    rows = [[*map(int, row), int(sum(row))] for row in counts]
    totals = [sum(column) for column in zip(*rows, strict=True)]
    weights = [2**30 // max(total, 1) for total in totals]

    def size_first(row: list[int]) -> tuple[object, ...]:
        return (-row[-1], -sum(c * c for c in row[:-1]), *(-c for c in reversed(row[:-1])))

    filled = [[0] * len(totals) for _ in range(k)]
    folds = [0] * len(rows)
    for row in sorted({tuple(row) for row in rows}, key=lambda row: size_first(list(row))):
        members = sorted(
            (u for u in range(len(rows)) if tuple(rows[u]) == row), key=lambda u: int(rank[u])
        )
        before = [fold[-1] for fold in filled]
        taken = [0] * k
        for _ in members:
            prices = [
                sum(
                    (k * filled[f][s] - totals[s]) * row[s] * weights[s] * 2
                    + k * row[s] ** 2 * weights[s]
                    for s in range(len(row))
                )
                for f in range(k)
            ]
            best = min(range(k), key=lambda f: (prices[f], before[f], f))
            taken[best] += 1
            filled[best] = [a + b for a, b in zip(filled[best], row, strict=True)]
        turns = sorted((turn, fold) for fold in range(k) for turn in range(taken[fold]))
        for unit, (_, fold) in zip(members, turns, strict=True):
            folds[unit] = fold
    return folds


def test_what_cannot_be_weighed_exactly_is_refused() -> None:
    counts = np.full((1_000, 1), 10**7, dtype=np.int64)
    with pytest.raises(InfeasibleError, match="exceed") as caught:
        assign_units(counts, np.arange(1_000), 100)
    assert "n_splits" in caught.value.remedy


def test_fewer_units_than_folds_names_what_works() -> None:
    with pytest.raises(InfeasibleError) as caught:
        assign_units(rows_of(3), np.arange(3), 4)
    assert caught.value.remedy == "Use n_splits <= 3."
    with pytest.raises(InfeasibleError) as caught:
        assign_units(rows_of(1), np.arange(1), 2)
    assert "n_splits" not in caught.value.remedy
