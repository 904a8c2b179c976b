from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest

from fold_guard.partition.paths import backtest_paths


def test_the_figure_in_the_book() -> None:
    """Advances in Financial Machine Learning, figures 12.1 and 12.2: six groups, two tested."""
    assert backtest_paths(6, 2).tolist() == [
        [0, 0, 1, 2, 3, 4],
        [1, 5, 5, 6, 7, 8],
        [2, 6, 9, 9, 10, 11],
        [3, 7, 10, 12, 12, 13],
        [4, 8, 11, 13, 14, 14],
    ]


@pytest.mark.parametrize(("n", "p"), [(2, 1), (5, 1), (6, 2), (7, 3), (5, 4)])
def test_every_test_prediction_is_used_once(n: int, p: int) -> None:
    paths = backtest_paths(n, p)
    assert paths.shape == (comb(n, p) * p // n, n)
    tested = list(combinations(range(n), p))
    used = [(int(paths[i, g]), g) for i in range(len(paths)) for g in range(n)]
    assert all(g in tested[at] for at, g in used)
    assert len(set(used)) == len(used) == comb(n, p) * p
    assert paths.dtype == np.int64
