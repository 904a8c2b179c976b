from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.partition.shares import whole_shares


@given(
    totals=st.lists(st.integers(2, 60), min_size=1, max_size=8),
    share=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_shares_add_up_and_leave_a_row_of_each_class(
    totals: list[int], share: float, seed: int
) -> None:
    counts = np.array(totals)
    n, n_classes = int(counts.sum()), len(totals)
    size = n_classes + int(share * (n - 2 * n_classes))
    rank = np.random.default_rng(seed).permutation(n_classes)
    found = whole_shares(counts, size, rank, most=counts - 1)
    assert found.sum() == size
    assert (found >= 1).all()
    assert (found <= counts - 1).all()
    exact = [Fraction(c * size, n) for c in totals]
    if all(1 <= e <= c - 1 for e, c in zip(exact, totals, strict=True)):
        # Largest remainders: nobody is a row away, and no swap would be nearer.
        assert all(abs(f - e) < 1 for f, e in zip(found.tolist(), exact, strict=True))
        pairs = list(zip(found.tolist(), exact, strict=True))
        rounded_up = [e - int(e) for f, e in pairs if f > e]
        rounded_down = [e - int(e) for f, e in pairs if f <= e]
        assert min(rounded_up, default=1) >= max(rounded_down, default=0)


def test_rank_decides_among_equal_remainders() -> None:
    totals = np.array([11, 11])
    for rank, expected in (([0, 1], [3, 2]), ([1, 0], [2, 3])):
        assert whole_shares(totals, 5, np.array(rank), totals).tolist() == expected
