from __future__ import annotations

from itertools import combinations, product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.partition.portions import portioned_units


def cost(counts: np.ndarray, portions: np.ndarray, sizes: tuple[int, ...]) -> int:  # type: ignore[type-arg]
    """What the search lowers, written out."""
    weighed = np.hstack([counts, counts.sum(axis=1, keepdims=True)])
    totals = [int(t) for t in weighed.sum(axis=0)]
    n, total = totals[-1], 0
    for portion, size in enumerate(sizes):
        if size == 0:
            continue
        for stratum, whole in enumerate(totals):
            ideal = (2 * whole * size + n) // (2 * n)
            held = int(weighed[portions == portion, stratum].sum())
            total += (held - ideal) ** 2 * ((1 << 30) // max(whole, 1))
    return total


UNITS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 3)).filter(any), min_size=3, max_size=14
)


@given(UNITS, st.randoms(use_true_random=False), st.integers(0, 2))
def test_no_move_and_no_swap_is_better(
    units: list[tuple[int, int]], random: object, rest: int
) -> None:
    counts = np.array(units)
    n = int(counts.sum())
    test = max(n // 4, 1)
    sizes = (test, n - test - rest, rest) if n - test - rest > 0 else (test, n - test, 0)
    order = list(range(len(units)))
    random.shuffle(order)  # type: ignore[attr-defined]
    portions = portioned_units(counts, np.array(order), sizes)
    used = [at for at, size in enumerate(sizes) if size]
    assert set(portions.tolist()) == set(used)
    reached = cost(counts, portions, sizes)
    for unit, to in product(range(len(units)), used):
        moved = portions.copy()
        moved[unit] = to
        if set(moved.tolist()) == set(used):
            assert cost(counts, moved, sizes) >= reached
    for one, other in combinations(range(len(units)), 2):
        swapped = portions.copy()
        swapped[[one, other]] = portions[[other, one]]
        assert cost(counts, swapped, sizes) >= reached


def test_samples_differ_and_keep_the_shares() -> None:
    rng = np.random.default_rng(3)
    sizes = rng.integers(1, 30, 200)
    positive = rng.binomial(sizes, 0.2)
    counts = np.column_stack([sizes - positive, positive])
    n = int(sizes.sum())
    tests = set()
    for seed in range(10):
        order = np.random.default_rng(seed).permutation(200)
        portions = portioned_units(counts, order, (n // 5, n - n // 5))
        inside = counts[portions == 0].sum(axis=0)
        assert abs(inside.sum() - n // 5) <= 2
        assert abs(inside[1] / inside.sum() - positive.sum() / n) < 0.002
        tests.add(tuple(np.flatnonzero(portions == 0)))
    assert len(tests) == 10
