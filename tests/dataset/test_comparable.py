from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from fold_guard.dataset.comparable import comparable


def test_each_type_has_its_kind() -> None:
    frame = pl.DataFrame(
        {
            "text": ["a", None],
            "long": ["a text of many, many letters", "and another"],
            "category": pl.Series(["x", "y"], dtype=pl.Categorical),
            "enum": pl.Series(["x", "y"], dtype=pl.Enum(["x", "y"])),
            "flag": [True, None],
            "bytes": [b"\xff", b"a"],
            "nothing": [None, None],
            "int": [1, 2],
            "float": [0.5, None],
            "decimal": [Decimal("1.10"), Decimal("1.20")],
            "day": [date(2020, 1, 1), date(9999, 12, 31)],
            "instant": [datetime(2020, 1, 1, 12), None],
            "clock": [time(1), time(2)],
            "span": [timedelta(1), timedelta(2)],
            "list": [[1], [2]],
            "struct": [{"a": 1}, {"a": 2}],
            "object": pl.Series([object(), object()], dtype=pl.Object),
        }
    )
    made = comparable(frame, 15)
    assert made.equal == ("text", "category", "enum", "flag", "bytes", "nothing")
    assert made.numbers == ("int", "float", "decimal", "day", "instant", "clock", "span")
    assert [each.name for each in made.texts] == ["long"]
    assert made.left_out == ("list", "struct", "object")
    assert made.values.shape == made.known.shape == (2, 7)
    assert made.values[:, 2].tolist() == [1.1, 1.2]
    assert not made.known[1, [1, 4]].any()
    assert made.known.sum() == 12


def test_texts_are_equal_but_for_case_and_spaces() -> None:
    made = comparable(pl.DataFrame({"a": ["New  York", " new york\t", "newyork", "", None]}), 20)
    codes = made.codes[:, 0]
    assert codes[0] == codes[1]
    assert len(set(codes.tolist())) == 4


def test_long_is_what_has_so_many_letters_in_the_mean_of_distinct_values() -> None:
    frame = pl.DataFrame({"a": ["abcd", "ab", "ab", "ab", "ab"]})
    assert comparable(frame, 3).texts[0].distinct == ["ab", "abcd"]
    assert not comparable(frame, 3.01).texts
    assert comparable(pl.DataFrame({"a": pl.Series([None], dtype=pl.String)}), 1).equal == ("a",)


def test_missing_and_infinite_values_are_told_apart_by_codes() -> None:
    inf = float("inf")
    frame = pl.DataFrame({"a": [None, float("nan"), inf, -inf, 0.0, -0.0, 7.0]})
    made = comparable(frame, 20)
    codes = made.codes[:, 0].tolist()
    assert codes[0] == codes[1]
    assert codes[4] == codes[5] == codes[6]
    assert len(set(codes)) == 4
    assert made.values[:, 0].tolist() == [0, 0, 0, 0, 0, 0, 7]
    # Where all are values there is nothing to tell apart.
    assert comparable(pl.DataFrame({"a": [1.0, 2.0]}), 20).codes.shape == (2, 0)


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        (pl.Int64, [2**60, 2**60 + 1, 2**60 + 3]),
        (pl.UInt64, [2**64 - 4, 2**64 - 3, 2**64 - 1]),
        (pl.Int64, [-(2**63), -(2**63) + 1, -(2**63) + 3]),
    ],
)
def test_large_whole_numbers_keep_the_digits_that_differ(
    dtype: pl.DataType, values: list[int]
) -> None:
    made = comparable(pl.DataFrame({"a": pl.Series(values, dtype=dtype)}), 20)
    assert np.diff(made.values[:, 0]).tolist() == [1.0, 2.0]


def test_no_rows_and_names_that_look_like_patterns() -> None:
    empty = comparable(pl.DataFrame(schema={"a": pl.Float64, "b": pl.String}), 20)
    assert empty.values.shape == (0, 1)
    named = comparable(pl.DataFrame({"^a.*$": [1, 2], "*": ["x", "y"]}), 20)
    assert (named.numbers, named.equal) == (("^a.*$",), ("*",))
