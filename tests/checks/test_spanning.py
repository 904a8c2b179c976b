from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fold_guard.checks.spanning import spanning_sets
from fold_guard.partition.rounds import forward_rounds, kfold_rounds

ROWS = st.lists(st.tuples(st.integers(-2, 4), st.integers(-2, 3)), max_size=14)


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, scheme=st.sampled_from([kfold_rounds, forward_rounds]))
def test_against_brute_force(rows: list[tuple[int, int]], scheme: object) -> None:
    codes = np.array([code for code, _ in rows], dtype=np.int64)
    folds = np.array([fold for _, fold in rows], dtype=np.int64)
    rounds = scheme(folds)  # type: ignore[operator]
    found = spanning_sets(codes, folds, rounds)

    pairs = [
        (i, j)
        for i, j in combinations(range(len(rows)), 2)
        # Fold -1 is a fold like any other; a row of -2 is in no side, and in no fold.
        if codes[i] == codes[j] >= 0 and folds[i] != folds[j] and -2 not in folds[[i, j]]
    ]
    assert found.cross_fold_pairs == len(pairs)
    spanning = {int(codes[i]) for i, _ in pairs}
    assert found.spanning.tolist() == sorted(spanning)
    inside = [code in spanning and fold != -2 for code, fold in rows]
    assert found.rows_in_spanning.tolist() == inside

    total = 0
    for each, overlap in zip(rounds, found.rounds, strict=True):
        trained = {int(code) for code in codes[each.train]} - {-1, -2}
        leaking = [bool(each.test[i]) and int(codes[i]) in trained for i in range(len(rows))]
        assert overlap.index == each.index
        assert overlap.leaking.tolist() == leaking
        assert overlap.shared.tolist() == sorted({int(c) for c in codes[leaking]})
        total += sum(leaking)
    assert found.leaking_total == total


def test_counts_do_not_overflow() -> None:
    # 200,000 rows of one set: 10**10 pairs, more than 32 bits hold.
    n = 200_000
    folds = np.arange(n) % 2
    found = spanning_sets(np.zeros(n, dtype=np.int64), folds, kfold_rounds(folds))
    assert found.cross_fold_pairs == (n // 2) ** 2
    assert isinstance(found.cross_fold_pairs, int)


@pytest.mark.parametrize("codes", [[], [-1, -1, -1]])
def test_rows_in_no_set_span_nothing(codes: list[int]) -> None:
    folds = np.arange(len(codes))
    found = spanning_sets(np.array(codes, dtype=np.int64), folds, kfold_rounds(folds))
    assert (found.cross_fold_pairs, found.leaking_total, found.spanning.size) == (0, 0, 0)
