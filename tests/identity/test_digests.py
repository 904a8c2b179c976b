from __future__ import annotations

import io
import json
import struct
from hashlib import sha256
from itertools import permutations
from typing import Any

import polars as pl
import pytest
import xxhash

from fold_guard.identity.digests import assignment_digest, dataset_digest, row_digests

TABLE = pl.DataFrame({"id": [1, 2, 10], "t": ["é", None, "a\nb"], "x": [1.5, -0.0, None]})


def digest(frame: pl.DataFrame) -> str:
    return dataset_digest(frame["id"].cast(pl.Int64), frame)


def column(tags: bytes, words: list[int], tails: str = "") -> str:
    packed = struct.pack(f"<{len(words)}q", *words)
    return sha256(struct.pack("<Q", len(tags)) + tags + packed + tails.encode()).hexdigest()


def test_a_row_digest_is_a_chain_of_xxh64() -> None:
    """Seeded with the digest so far and the tag; over the word, or the hash of the tail."""

    def chained(*values: tuple[str, bytes]) -> int:
        digest = 0
        for tag, word in values:
            digest = xxhash.xxh64_intdigest(word, digest ^ ord(tag))
        return digest

    def text(value: str) -> tuple[str, bytes]:
        return "s", struct.pack("<Q", xxhash.xxh64_intdigest(value.encode()))

    def whole(tag: str, value: int) -> tuple[str, bytes]:
        return tag, struct.pack("<q", value)

    expected = [
        chained(whole("i", 1), text("é"), ("f", struct.pack("<d", 1.5))),
        chained(whole("i", 2), whole("~", 0), whole("i", 0)),
        chained(whole("i", 10), text("a\nb"), whole("~", 0)),
    ]
    found = row_digests(TABLE)
    assert (found.to_list(), found.name) == (expected, "row_digest")
    assert found.dtype == pl.UInt64


def test_a_dataset_digest_is_the_seal_of_a_text_that_anybody_can_write() -> None:
    bits = struct.unpack("<q", struct.pack("<d", 1.5))[0]
    columns = [
        ["id", column(b"i", [1, 2, 10])],
        ["t", column(b"s~s", [2, 0, 3], "éa\nb")],
        ["x", column(b"fi~", [bits, 0, 0])],
    ]
    text = json.dumps(["fold-guard/canonical/2", "dataset", 3, columns])
    assert digest(TABLE) == sha256(text.encode()).hexdigest()


def test_an_assignment_digest_is_one_too() -> None:
    columns = [column(b"i", [2, 10]), column(b"i", [1, -1])]
    text = json.dumps(["fold-guard/canonical/2", "fold map", 2, columns])
    found = assignment_digest(pl.Series([10, 2]), pl.Series([-1, 1]))
    assert found == sha256(text.encode()).hexdigest()


def test_ids_are_ordered_as_numbers_or_as_text() -> None:
    texts = assignment_digest(pl.Series(["10", "2"]), pl.Series([0, 1]))
    columns = [column(b"s", [2, 1], "102"), column(b"i", [0, 1])]
    expected = json.dumps(["fold-guard/canonical/2", "fold map", 2, columns])
    assert texts == sha256(expected.encode()).hexdigest()
    assert texts != assignment_digest(pl.Series([10, 2]), pl.Series([0, 1]))


def test_long_tables_are_sealed_in_chunks_of_65536_rows() -> None:
    rows = 2**16 + 3
    ids = pl.Series("id", range(rows))
    mixed = pl.DataFrame([ids, pl.Series("x", [*range(2**16), None, 1, 2])])
    first = struct.pack("<Q", 1) + b"i" + struct.pack(f"<{2**16}q", *range(2**16))
    second = struct.pack("<Q", 1) + b"i" + struct.pack("<3q", *range(2**16, rows))
    gap = struct.pack("<Q", 3) + b"~ii" + struct.pack("<3q", 0, 1, 2)
    columns = [["id", sha256(first + second).hexdigest()], ["x", sha256(first + gap).hexdigest()]]
    text = json.dumps(["fold-guard/canonical/2", "dataset", rows, columns])
    assert digest(mixed) == sha256(text.encode()).hexdigest()
    shuffled = mixed.sample(fraction=1.0, shuffle=True, seed=5)
    assert digest(shuffled) == digest(mixed)
    pairs = dict(zip(shuffled["id"], row_digests(shuffled), strict=True))
    assert pairs == dict(zip(ids, row_digests(mixed), strict=True))


@pytest.mark.parametrize("ids", [[1, 1, 2, 2], [None, 3, None, 3], ["a", "a", None, "a"]])
def test_rows_that_share_an_id_or_have_none_are_in_no_order(ids: list[Any]) -> None:
    table = pl.DataFrame({"id": ids, "x": [1, 2, 3, 4]})
    found = {
        dataset_digest(each["id"], each)
        for order in permutations(range(4))
        for each in [table[list(order)]]
    }
    assert len(found) == 1
    assert dataset_digest(table["id"], table.with_columns(x=pl.Series([1, 2, 3, 5]))) not in found


@pytest.mark.parametrize(
    "same",
    [
        TABLE.reverse(),
        TABLE.select("x", "t", "id"),
        TABLE.with_columns(pl.col("id").cast(pl.Int16)),
        TABLE.with_columns(pl.col("t").cast(pl.Categorical)),
        TABLE.with_columns(pl.Series("x", [1.5, 0.0, float("nan")])),
        TABLE.with_columns(pl.col("x").cast(pl.Decimal(10, 3)).cast(pl.Float64)),
        TABLE.with_columns(pl.col("id").cast(pl.Float64)),
        pl.concat([TABLE.head(1), TABLE.tail(2)], rechunk=False),
    ],
    ids=["rows", "columns", "width", "category", "zero", "decimal", "floats", "chunks"],
)
def test_what_does_not_matter(same: pl.DataFrame) -> None:
    assert digest(same) == digest(TABLE)


@pytest.mark.parametrize(
    "other",
    [
        TABLE.head(2),
        TABLE.rename({"x": "x2"}),
        TABLE.rename({"x": "t", "t": "x"}),
        TABLE.drop("x"),
        TABLE.with_columns(z=pl.lit(None)),
        TABLE.with_columns(pl.Series("t", ["é", "", "a\nb"])),
        TABLE.with_columns(pl.Series("x", [1.5000000000000002, 0.0, None])),
        TABLE.with_columns(pl.Series("id", [1, 10, 2])),
        TABLE.with_columns(pl.Series("t", ["éa", None, "\nb"])),
        TABLE.with_columns(pl.Series("x", ["1.5", "0", None])),
        TABLE.with_columns(pl.Series("x", [1.5, None, 0.0])),
    ],
    ids=[
        *["gone", "renamed", "swapped", "dropped", "added", "null to empty", "one bit", "ids"],
        *["text cut elsewhere", "text", "null moved"],
    ],
)
def test_what_matters(other: pl.DataFrame) -> None:
    assert digest(other) != digest(TABLE)


def test_a_file_format_does_not_matter(covid: pl.DataFrame) -> None:
    buffer = io.BytesIO()
    covid.write_csv(buffer)
    again = pl.read_csv(buffer.getvalue(), infer_schema_length=None)
    ids = covid["row_id"].cast(pl.Int64)
    ours = dataset_digest(ids, covid)
    assert ours == dataset_digest(again["row_id"], again)
    # Of the committed file: a change of the encoding is noticed here.
    assert ours == "83cc20a84f67d5c0a7f56171ca861fdaeb94cc7042e41196a97652047667fe7b"
