from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.errors import InfeasibleError
from fold_guard.identity.hashing import xxh64_integers
from fold_guard.partition.dealing import deal_rows


def by_hand(strata: np.ndarray, keys: np.ndarray, tie: np.ndarray, k: int) -> np.ndarray:
    """Sort each stratum, cut it into stretches; odd rows go to the folds in turn."""
    folds, turn = np.empty(len(keys), dtype=np.int64), 0
    for stratum in range(strata.max() + 1):
        rows = [r for r in np.lexsort((tie, keys)) if strata[r] == stratum]
        sizes = [len(rows) // k] * k
        for odd in range(len(rows) % k):
            sizes[(turn + odd) % k] += 1
        turn += len(rows) % k
        folds[rows] = np.repeat(np.arange(k), sizes)
    return folds


@given(st.data())
def test_the_same_as_sorting_and_cutting_by_hand(data: Any) -> None:
    k = data.draw(st.integers(2, 6))
    n = data.draw(st.integers(k, 60))
    codes = data.draw(st.lists(st.integers(0, 4), min_size=n, max_size=n))
    strata = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    # Few keys: ties at the cuts are the rule.
    most = data.draw(st.sampled_from([3, 2**64 - 1]))
    keys = np.array(
        data.draw(st.lists(st.integers(0, most), min_size=n, max_size=n)), dtype=np.uint64
    )
    tie = np.array(data.draw(st.permutations(range(n))))
    folds = deal_rows(strata, keys, k, lambda: np.lexsort((tie, keys)))
    assert folds.tolist() == by_hand(strata, keys, tie, k).tolist()
    counts = np.zeros((k, strata.max() + 1), dtype=int)
    np.add.at(counts, (folds, strata), 1)
    assert (np.ptp(counts, axis=0) <= 1).all()
    assert np.ptp(counts.sum(axis=1)) <= 1


def test_keys_that_differ_need_no_whole_order() -> None:
    keys = xxh64_integers(np.arange(1000), 0)
    folds = deal_rows(None, keys, 7, lambda: pytest.fail("the order was asked for"))
    assert np.ptp(np.bincount(folds)) <= 1


def test_a_table_that_grows_by_a_hundredth_moves_few_rows() -> None:
    """scikit-learn moves 32 to 80% of the rows here."""
    strata = np.arange(10_100) % 3
    keys = xxh64_integers(np.arange(10_100), 0)
    before = deal_rows(strata[:10_000], keys[:10_000], 5, lambda: np.empty(0, dtype=int))
    after = deal_rows(strata, keys, 5, lambda: np.empty(0, dtype=int))
    assert (before != after[:10_000]).mean() < 0.01


def test_more_folds_than_rows() -> None:
    with pytest.raises(InfeasibleError, match="3 rows cannot fill 4 folds"):
        deal_rows(None, np.arange(3, dtype=np.uint64), 4, lambda: np.arange(3))
