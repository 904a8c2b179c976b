from __future__ import annotations

import hashlib
import io

import polars as pl
import pytest

from fold_guard.identity.digests import assignment_digest, dataset_digest, row_digests

TABLE = pl.DataFrame({"id": [1, 2, 10], "t": ["é", None, "a\nb"], "x": [1.5, -0.0, None]})


def digest(frame: pl.DataFrame) -> str:
    return dataset_digest(frame["id"].cast(pl.Int64), row_digests(frame), frame.columns)


def test_a_row_digest_is_the_hash_of_the_joined_texts() -> None:
    texts = ["i1;s2:éf3ff8000000000000;", "i2;~i0;", "i10;s3:a\nb~"]
    expected = [hashlib.blake2b(t.encode(), digest_size=16).hexdigest() for t in texts]
    found = row_digests(TABLE)
    assert (found.to_list(), found.name) == (expected, "row_digest")


def test_a_dataset_digest_is_the_seal_of_a_text_that_anybody_can_write() -> None:
    lines = [f"i{i};s32:{d}" for i, d in zip(TABLE["id"], row_digests(TABLE), strict=True)]
    head = '["fold-guard/canonical/1", "dataset", ["id", "t", "x"]]'
    assert digest(TABLE) == hashlib.sha256("\n".join([head, *lines]).encode()).hexdigest()


def test_an_assignment_digest_is_one_too() -> None:
    text = '["fold-guard/canonical/1", "fold map"]\ni2;i1;\ni10;i-1;'
    found = assignment_digest(pl.Series([10, 2]), pl.Series([-1, 1]))
    assert found == hashlib.sha256(text.encode()).hexdigest()


def test_ids_are_ordered_as_numbers_or_as_text() -> None:
    texts = assignment_digest(pl.Series(["10", "2"]), pl.Series([0, 1]))
    expected = '["fold-guard/canonical/1", "fold map"]\ns2:10i0;\ns1:2i1;'
    assert texts == hashlib.sha256(expected.encode()).hexdigest()
    assert texts != assignment_digest(pl.Series([10, 2]), pl.Series([0, 1]))


@pytest.mark.parametrize(
    "same",
    [
        TABLE.reverse(),
        TABLE.select("x", "t", "id"),
        TABLE.with_columns(pl.col("id").cast(pl.Int16)),
        TABLE.with_columns(pl.col("t").cast(pl.Categorical)),
        TABLE.with_columns(pl.Series("x", [1.5, 0.0, float("nan")])),
        TABLE.with_columns(pl.col("x").cast(pl.Decimal(10, 3)).cast(pl.Float64)),
    ],
    ids=["rows", "columns", "width", "category", "zero and nan", "decimal and back"],
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
    ],
    ids=["row gone", "renamed", "swapped", "dropped", "added", "null to empty", "one bit", "ids"],
)
def test_what_matters(other: pl.DataFrame) -> None:
    assert digest(other) != digest(TABLE)


def test_a_file_format_does_not_matter(covid: pl.DataFrame) -> None:
    buffer = io.BytesIO()
    covid.write_csv(buffer)
    again = pl.read_csv(buffer.getvalue(), infer_schema_length=None)
    ids = covid["row_id"].cast(pl.Int64)
    ours = dataset_digest(ids, row_digests(covid), covid.columns)
    assert ours == dataset_digest(again["row_id"], row_digests(again), again.columns)
    # Of the committed file: a change of the encoding is noticed here.
    assert ours == "a6391675de80233617c534cb7c663a2d3701c0bb1124f45a40000267d425453f"
