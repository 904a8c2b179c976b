from __future__ import annotations

import hashlib

import numpy as np
import polars as pl
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.identity.hashing import (
    json_digest,
    sealed,
    xxh64_ids,
    xxh64_integers,
    xxh64_texts,
)

PRIME32 = 2654435761
# Of 0, 1, -1, 2**63-1 and -2**63 as eight little-endian bytes.
PINNED_SEED_0 = [
    "34c96acdcadb1bbb",
    "9f29cb17a2a49995",
    "85d136adb773c6c9",
    "ff70cc60366e770c",
    "3f425eacf01544e0",
]
PINNED_SEED_MAX = [
    "60b899029d747159",
    "0cf2b890e8d9479f",
    "1a158c94abf6a8b1",
    "4f33f2058914eaa9",
    "b0bdb479fe9b7026",
]
SIGNED = st.integers(-(2**63), 2**63 - 1)


@pytest.mark.parametrize(
    ("text", "seed", "expected"),
    [
        # Published: the specification's sanity checks and the usual short strings.
        ("", 0, 0xEF46DB3751D8E999),
        ("", PRIME32, 0xAC75FDA2929B17EF),
        ("a", 0, 0xD24EC4F1A98C6E5B),
        ("abc", 0, 0x44BC2CF5AD770999),
    ],
)
def test_published_vectors(text: str, seed: int, expected: int) -> None:
    assert int(xxh64_ids(pl.Series([text]), seed)[0]) == expected


@given(st.lists(SIGNED, min_size=1, max_size=30), st.integers(0, 2**64 - 1))
def test_integers_are_hashed_as_the_xxhash_package_does(values: list[int], seed: int) -> None:
    found = xxh64_integers(np.array(values, dtype=np.int64), seed)
    expected = [xxhash.xxh64_intdigest(v.to_bytes(8, "little", signed=True), seed) for v in values]
    assert found.tolist() == expected


def test_integer_vectors_are_pinned() -> None:
    values = np.array([0, 1, -1, 2**63 - 1, -(2**63)], dtype=np.int64)
    assert [f"{v:016x}" for v in xxh64_integers(values, 0).tolist()] == PINNED_SEED_0
    assert [f"{v:016x}" for v in xxh64_integers(values, 2**64 - 1).tolist()] == PINNED_SEED_MAX


def test_integers_and_texts_take_their_own_way() -> None:
    numbers = xxh64_ids(pl.Series([5, 6]), 7)
    assert numbers.tolist() == xxh64_integers(np.array([5, 6]), 7).tolist()
    texts = xxh64_ids(pl.Series(["é", "5"]), 7)
    assert texts.tolist() == [xxhash.xxh64_intdigest(t.encode(), 7) for t in ("é", "5")]
    assert texts.dtype == np.uint64


@given(
    st.lists(st.text(max_size=6) | st.text(min_size=20, max_size=90), min_size=1, max_size=20),
    st.integers(0, 2**64 - 1) | st.sampled_from([0, 2**63 - 1, 2**63, 2**64 - 1]),
)
def test_texts_are_hashed_as_the_xxhash_package_does(texts: list[str], seed: int) -> None:
    expected = [xxhash.xxh64_intdigest(text.encode(), seed) for text in texts]
    assert xxh64_texts(pl.Series("^v$", texts), seed).tolist() == expected
    raw = pl.Series([text.encode() for text in texts])
    assert xxh64_texts(raw, seed).tolist() == expected


def test_every_length_around_the_steps_of_the_algorithm() -> None:
    texts = [("é" + "x" * length)[:length] for length in range(300)] + ["€" * 100_000]
    for seed in (0, 2**64 - 1):
        expected = [xxhash.xxh64_intdigest(text.encode(), seed) for text in texts]
        assert xxh64_texts(pl.Series(texts), seed).tolist() == expected


def test_each_integer_may_have_its_own_seed() -> None:
    rows = 2**15 + 2
    values, seeds = np.arange(rows), np.arange(rows, dtype=np.uint64)[::-1] << np.uint64(49)
    found = xxh64_integers(values, seeds).tolist()
    pairs = zip(values.tolist(), seeds.tolist(), strict=True)
    assert found == [xxhash.xxh64_intdigest(v.to_bytes(8, "little"), s) for v, s in pairs]


def test_nothing_warns_on_overflow(recwarn: pytest.WarningsRecorder) -> None:
    xxh64_integers(np.array([2**63 - 1]), 2**64 - 1)
    assert not recwarn.list


def test_sealed_is_sha256_of_the_whole() -> None:
    whole = hashlib.sha256(b"abc").hexdigest()
    assert sealed([b"a", memoryview(b"bc")]) == sealed([b"abc"]) == whole


def test_json_digest_ignores_the_order_of_keys_alone() -> None:
    assert json_digest({"a": 1, "b": [1, 2]}) == json_digest({"b": [1, 2], "a": 1})
    assert json_digest([1, 2]) != json_digest([2, 1])
    assert json_digest(1) != json_digest("1")
    expected = '{"a":"é"}'.encode()
    assert json_digest({"a": "é"}) == hashlib.sha256(expected).hexdigest()


def test_json_digest_refuses_nan() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        json_digest({"score": float("nan")})
