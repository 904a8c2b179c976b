from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.partition.units import connected_units

KEYS = st.integers(0, 12).flatmap(
    lambda rows: st.lists(
        st.lists(st.integers(-1, 4), min_size=rows, max_size=rows), min_size=0, max_size=3
    ).map(lambda keys: (rows, keys))
)


def joined_by_hand(rows: int, keys: list[list[int]]) -> list[int]:
    """Union-find over pairs of rows: slow and plain."""
    root = list(range(rows))

    def find(row: int) -> int:
        while root[row] != row:
            row = root[row]
        return row

    for key in keys:
        for a in range(rows):
            for b in range(a):
                if key[a] >= 0 and key[a] == key[b]:
                    root[find(a)] = find(b)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(find(row), len(numbers)) for row in range(rows)]


@given(KEYS)
def test_units_are_the_connected_components(case: tuple[int, list[list[int]]]) -> None:
    rows, keys = case
    found = connected_units(rows, [np.array(key, dtype=np.int64) for key in keys])
    assert found.dtype == np.int64
    assert found.tolist() == joined_by_hand(rows, keys)


def test_a_chain_through_two_keys_is_one_unit() -> None:
    rows = 2_000
    left = np.arange(rows) // 2
    right = (np.arange(rows) + 1) // 2
    assert connected_units(rows, [left, right]).max() == 0
