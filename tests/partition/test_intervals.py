from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.errors import DataError
from fold_guard.partition.intervals import Intervals

SPANS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 8)), max_size=15)


def spans(pairs: list[tuple[int, int]], dtype: Any = np.int64) -> Intervals:
    start = np.array([a for a, _ in pairs], dtype=dtype)
    return Intervals(start, start + np.array([b for _, b in pairs], dtype=dtype))


@given(SPANS, SPANS, st.sampled_from([np.int64, np.float64]))
def test_meeting_against_every_pair(
    ours: list[tuple[int, int]], theirs: list[tuple[int, int]], dtype: Any
) -> None:
    by_hand = [any(a <= c + d and c <= a + b for c, d in theirs) for a, b in ours]
    assert spans(ours, dtype).meeting(spans(theirs, dtype)).tolist() == by_hand


def test_ends_belong_to_the_interval() -> None:
    assert spans([(0, 5)]).meeting(spans([(5, 1)])).tolist() == [True]
    assert spans([(0, 5)]).meeting(spans([(6, 1)])).tolist() == [False]


def test_a_long_interval_is_seen_behind_short_ones() -> None:
    assert spans([(9, 0)]).meeting(spans([(0, 9), (1, 1), (2, 1)])).tolist() == [True]


@pytest.mark.parametrize("end", [[1.0, 0.5], [1.0, np.nan]])
def test_an_interval_without_an_instant_is_named(end: list[float]) -> None:
    with pytest.raises(DataError, match="1 row ends before it starts, the first at position 1"):
        Intervals(np.array([0.0, 1.0]), np.array(end))
