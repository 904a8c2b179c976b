from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.partition.counting import distinct_counts, first_of_runs

# Far apart, they are sorted; close together, they are counted.
VALUES = st.lists(st.one_of(st.integers(0, 9), st.integers(10**12, 10**12 + 5)), max_size=30)


@given(values=VALUES, weighted=st.booleans())
def test_against_a_counter(values: list[int], weighted: bool) -> None:
    weights = [1 + i % 4 for i in range(len(values))]
    expected: Counter[int] = Counter()
    for value, weight in zip(values, weights, strict=True):
        expected[value] += weight if weighted else 1
    given_weights = np.array(weights, dtype=np.int64) if weighted else None
    distinct, counts = distinct_counts(np.array(values, dtype=np.int64), given_weights)
    assert dict(zip(distinct.tolist(), counts.tolist(), strict=True)) == dict(expected)
    assert distinct.tolist() == sorted(expected)
    assert counts.dtype == np.int64


@given(values=st.lists(st.integers(0, 3), max_size=12))
def test_a_run_begins_where_the_value_changes(values: list[int]) -> None:
    ordered = sorted(values)
    first = first_of_runs(np.array(ordered, dtype=np.int64))
    assert first.tolist() == [i == 0 or ordered[i] != ordered[i - 1] for i in range(len(ordered))]
