from __future__ import annotations

import numpy as np
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.identity.seeds import derived_seed, shuffled_rows, shuffled_units

SEEDS = st.integers(0, 2**64 - 1)


@given(SEEDS, st.integers(0, 1000))
def test_derived_seeds_are_the_named_hash(seed: int, turn: int) -> None:
    assert derived_seed(seed, turn) == xxhash.xxh64_intdigest(turn.to_bytes(8, "little"), seed)


@given(SEEDS)
def test_rows_come_in_the_order_of_the_named_hash(seed: int) -> None:
    by_hand = sorted(range(20), key=lambda r: xxhash.xxh64_intdigest(r.to_bytes(8, "little"), seed))
    assert shuffled_rows(20, seed).tolist() == by_hand


def test_every_unit_comes_first_equally_often_whatever_its_size() -> None:
    units = np.array([0] * 50 + [1, 2, 3])
    first = [int(shuffled_units(units, seed)[0]) for seed in range(2000)]
    assert np.abs(np.bincount(first, minlength=4) - 500).max() < 80
