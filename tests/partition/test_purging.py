"""The brute force over whole splits is in tests/invariants/test_splitters.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.errors import UsageError
from fold_guard.partition.intervals import Intervals
from fold_guard.partition.purging import Embargo, embargoed_rows, purged_rows

ROWS = st.lists(
    st.tuples(st.integers(0, 15), st.integers(0, 5), st.sampled_from(["train", "test", "none"])),
    min_size=1,
    max_size=20,
)


@given(ROWS, st.integers(0, 6), st.integers(0, 4))
def test_scattered_test_rows_against_every_pair(
    rows: list[tuple[int, int, str]], span: int, count: int
) -> None:
    """A fold map's test rows need not be one stretch: each row casts its own shadow."""
    start = np.array([a for a, _, _ in rows])
    intervals = Intervals(start, start + np.array([b for _, b, _ in rows]))
    train = np.array([side == "train" for _, _, side in rows])
    test = np.array([side == "test" for _, _, side in rows])
    ends = [a + b for a, b, side in rows if side == "test"]
    purged = [
        t and any(a <= c + d and c <= a + b for c, d, side in rows if side == "test")
        for (a, b, _), t in zip(rows, train.tolist(), strict=True)
    ]
    assert purged_rows(intervals, test, train).tolist() == purged
    late = [
        t and any(e < a <= e + span for e in ends) for (a, _, _), t in zip(rows, train, strict=True)
    ]
    assert embargoed_rows(intervals, test, train, Embargo(span=span)).tolist() == late

    def next_after(end: int) -> list[int]:
        return sorted(a for a, _, _ in rows if a > end)[:count]

    near = [
        t and any(a in next_after(e) for e in ends)
        for (a, _, _), t in zip(rows, train, strict=True)
    ]
    assert embargoed_rows(intervals, test, train, Embargo(rows=count)).tolist() == near


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_an_embargo_is_exact_in_nanoseconds(offset: int) -> None:
    end, day = 1_588_588_200_000_000_123, 86_400_000_000_000
    start = np.array([end, end + day + offset])
    test = np.array([True, False])
    found = embargoed_rows(Intervals(start, start), test, ~test, Embargo(span=day))
    assert found.tolist() == [False, offset <= 0]


def test_instants_at_both_ends_of_64_bits_do_not_wrap_around() -> None:
    start = np.array([-(2**62) - 5, 2**62])
    test = np.array([True, False])
    assert not embargoed_rows(Intervals(start, start), test, ~test, Embargo(span=2**40)).any()
    assert embargoed_rows(Intervals(start, start), test, ~test, Embargo(span=1e30))[1]


def test_no_test_row_asks_for_nothing() -> None:
    start = np.arange(3)
    none = np.zeros(3, dtype=bool)
    assert not purged_rows(Intervals(start, start), none, ~none).any()
    assert not embargoed_rows(Intervals(start, start), none, ~none, Embargo(span=9)).any()


@pytest.mark.parametrize(
    "settings", [{"span": -1}, {"span": np.inf}, {"span": np.nan}, {"rows": -1}]
)
def test_what_is_no_length_is_refused(settings: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="length of at least 0"):
        Embargo(**settings)  # type: ignore[arg-type]


def test_time_and_rows_at_once_are_refused() -> None:
    with pytest.raises(UsageError, match="not in both"):
        Embargo(span=1, rows=1)
