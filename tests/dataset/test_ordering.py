from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.dataset.ordering import ascending, order_of


def truth(values: list[int] | list[str] | list[bytes]) -> list[int]:
    return sorted(range(len(values)), key=lambda row: (values[row], row))


def found(series: pl.Series) -> list[int]:
    order = ascending(series)
    return list(range(len(series))) if order is None else order.tolist()


SIGNED = st.integers(-(2**63), 2**63 - 1)
NEAR = st.sampled_from([-(2**63), -1, 0, 1, 2**40, 2**40 + 1, 2**63 - 2, 2**63 - 1])


@given(st.lists(SIGNED | NEAR))
def test_whole_numbers(values: list[int]) -> None:
    assert found(pl.Series(values, dtype=pl.Int64)) == truth(values)


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 3)))
def test_numbers_without_a_sign(values: list[int]) -> None:
    assert order_of(np.array(values, dtype=np.uint64)).tolist() == truth(values)


# Zero bytes, ends within and at the end of a word, letters of one to four bytes.
LETTERS = st.sampled_from(["\0", "a", "b", "0", "9", "é", "€", "\U0001f600"])
TEXTS = st.text(LETTERS, max_size=30) | st.text(max_size=12)


@given(st.lists(TEXTS), st.sampled_from(["", "x", "a prefix that is longer than a word"]))
def test_texts(texts: list[str], prefix: str) -> None:
    texts = [prefix + text for text in texts]
    assert found(pl.Series(texts, dtype=pl.String)) == truth([text.encode() for text in texts])


@pytest.mark.parametrize("kind", ["short", "uuid", "long", "few", "twins"])
def test_many_texts_that_tie_in_their_leading_bits(kind: str) -> None:
    """More rows than one block, and texts that no single number of 64 bits tells apart."""
    rng = np.random.default_rng(3)
    numbers = rng.integers(0, 2**62, 40_000)
    texts = {
        "short": [f"row{n % 50_000}" for n in numbers],
        "uuid": [f"{n % 7:016x}-{n:016x}" for n in numbers],
        "long": [f"site{n % 3}-patient-{n % 101}-visit-{n % 5}-é{n}" for n in numbers],
        "few": [f"{n % 3}" for n in numbers],
        "twins": [f"{n % 1000:040d}" + "\0" * (n % 3) for n in numbers],
    }[kind]
    assert found(pl.Series(texts)) == truth(texts)


def test_numbers_that_tie_in_all_bits_that_fit_beside_a_position() -> None:
    rng = np.random.default_rng(4)
    keys = rng.integers(0, 2**64, 70_000, dtype=np.uint64)
    keys[::3] = keys[0] ^ rng.integers(0, 4, len(keys[::3]), dtype=np.uint64)
    assert order_of(keys).tolist() == np.argsort(keys, kind="stable").tolist()


@pytest.mark.parametrize(
    "series", [pl.Series([1, 1, 2]), pl.Series(["", "a", "a"]), pl.Series([7])]
)
def test_what_is_in_order_needs_none(series: pl.Series) -> None:
    assert ascending(series) is None
