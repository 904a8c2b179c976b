from __future__ import annotations

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.errors import DataError, UsageError
from fold_guard.identity.row_ids import (
    examine_ids,
    in_id_order,
    names_rows,
    nearly_names_rows,
    require_usable,
    row_ids,
)


def ids(values: list[Any], dtype: Any = None) -> pl.Series:
    return row_ids(pl.DataFrame({"id": pl.Series(values, dtype=dtype)}), ("id",))


@pytest.mark.parametrize("dtype", [pl.Int8, pl.Int32, pl.UInt16, pl.UInt64, pl.Int128, pl.Float64])
def test_whole_numbers_of_any_width_are_one_kind(dtype: type[pl.DataType]) -> None:
    found = ids([3, 1, None], dtype)
    assert found.dtype == pl.Int64
    assert (found.to_list(), found.name) == ([3, 1, None], "row_id")


def test_nan_is_no_id() -> None:
    assert ids([1.0, float("nan")]).to_list() == [1, None]


@pytest.mark.parametrize(
    ("value", "dtype"), [(2**63, pl.UInt64), (2**70, pl.Int128), (-(2**70), pl.Int128)]
)
def test_ids_beyond_64_bits_become_text_all_of_them(value: int, dtype: type[pl.DataType]) -> None:
    assert ids([value, 1, None], dtype).to_list() == [str(value), "1", None]


@pytest.mark.parametrize("value", [1.5, float("inf"), 1e19, 2.0**53])
def test_floats_that_name_no_row_are_refused(value: float) -> None:
    with pytest.raises(DataError) as caught:
        ids([1.0, value])
    assert caught.value.where == "column id"
    assert "whole numbers or text" in caught.value.remedy


@pytest.mark.parametrize("values", [[True], [b"a"], [dt.timedelta(1)], [[1]]])
def test_types_that_cannot_name_a_row_are_refused(values: list[Any]) -> None:
    with pytest.raises(DataError, match="cannot name a row"):
        ids(values)


def test_text_stays_as_it_is() -> None:
    assert ids(["007", "7", "é"]).to_list() == ["007", "7", "é"]
    assert ids(["b", "a"], pl.Categorical).to_list() == ["b", "a"]


def test_an_instant_has_one_id_in_every_unit() -> None:
    naive = pl.Series([dt.datetime(2020, 5, 4, 10, 30), dt.datetime(2020, 5, 4, 0, 0, 0, 250_000)])
    expected = ["2020-05-04 10:30:00", "2020-05-04 00:00:00.250"]
    for unit in ("ms", "us", "ns"):
        assert ids(naive.to_list(), pl.Datetime(unit)).to_list() == expected
    berlin = naive.dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Berlin")
    assert ids(berlin.to_list(), berlin.dtype).to_list() == [f"{text}Z" for text in expected]


def test_no_column_means_row_numbers() -> None:
    assert row_ids(pl.DataFrame({"a": ["x", "y"]}), ()).to_list() == [0, 1]


def test_an_unknown_column_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="'visit_i'") as caught:
        row_ids(pl.DataFrame({"visit_id": [1]}), ("visit_i",))
    assert caught.value.remedy == "Did you mean 'visit_id'?"


def test_several_columns_are_null_where_any_part_is() -> None:
    frame = pl.DataFrame({"a": [1, None, 3], "b": ["x", "y", None]})
    assert row_ids(frame, ("a", "b")).to_list() == ['[1, "x"]', None, None]


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_joined_ids_are_equal_only_if_their_parts_are(
    a: tuple[str, ...], b: tuple[str, ...]
) -> None:
    found = row_ids(pl.DataFrame([a, b], schema=["p", "q"], orient="row"), ("p", "q")).to_list()
    assert (found[0] == found[1]) == (a == b)
    assert [tuple(json.loads(text)) for text in found] == [a, b]


def test_examination_counts_and_shows() -> None:
    found = examine_ids(pl.Series("row_id", [5, 5, 5, 2, 2, 1, None, None]))
    assert (found.rows, found.null_ids, found.duplicate_ids) == (8, 2, 3)
    assert found.null_positions == (6, 7)
    assert found.duplicate_examples == (2, 5)
    assert examine_ids(pl.Series("row_id", [None], dtype=pl.Int64)).duplicate_ids == 0


@pytest.mark.parametrize(
    ("values", "said"), [([1, None], "at position 1"), (["a", "b", "a"], "for instance 'a'")]
)
def test_unusable_ids_are_refused_with_examples(values: list[Any], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        require_usable(examine_ids(pl.Series("row_id", values)), source="t.csv")
    assert caught.value.where == "t.csv"
    assert caught.value.remedy


def test_good_ids_pass() -> None:
    require_usable(examine_ids(pl.Series("row_id", [2, 1])), source="t.csv")


@pytest.mark.parametrize("values", [[1.0, 2.0], ["a", "b"], [dt.date(2020, 1, 1)] * 2])
def test_a_name_that_looks_like_a_pattern_is_a_name(values: list[Any]) -> None:
    frame = pl.DataFrame([pl.Series("^i$", values), pl.Series("i", [1, 2])])
    assert row_ids(frame, ("^i$",)).null_count() == 0
    assert row_ids(frame, ("^i$", "i")).n_unique() == 2


def test_a_date_of_any_year_names_a_row() -> None:
    late = pl.DataFrame({"id": pl.Series([3_000_000], dtype=pl.Int32).cast(pl.Date)})
    assert row_ids(late, ("id",)).to_list() == ["+10183-09-21"]


def test_few_rows_gaps_or_repeats_make_no_id() -> None:
    assert names_rows(pl.Series(map(str, range(21))))
    assert not names_rows(pl.Series(range(20)))
    assert not names_rows(pl.Series([*range(30), None]))
    assert not names_rows(pl.Series([*range(30), 0]))
    assert not names_rows(pl.Series([each / 1 for each in range(30)]))


@pytest.mark.parametrize("space", [" ", "\t", "\n", "  \r\n"])
def test_four_words_in_most_rows_are_prose(space: str) -> None:
    # A unique text of a few words may well be an id, and would hide every copy as a feature.
    ids = [f"visit{space}{number}{space}of" for number in range(2000)]
    prose = [f"{each}{space}patient" for each in ids]
    for dtype in (pl.String, pl.Categorical):
        assert names_rows(pl.Series("^x$", ids, dtype=dtype))
        assert names_rows(pl.Series("^x$", [*ids[:1000], *prose[1000:]], dtype=dtype))
        assert not names_rows(pl.Series("^x$", [*ids[:999], *prose[999:]], dtype=dtype))


@pytest.mark.parametrize(
    ("values", "nearly"),
    [
        ([*range(99), 7], True),
        ([*range(99), None], True),
        ([float(each) for each in range(99)] + [float("nan")], True),
        ([f"k{each}" for each in range(99)] + ["k5"], True),
        ([dt.date(2020, 1, 1) + dt.timedelta(each) for each in range(99)] + [None], True),
        ([*range(90), *range(10)], False),
        ([each / 3 for each in range(100)], False),
        ([f"the patient came {each} times" for each in range(100)], False),
        ([*range(80), *[None] * 20], False),
        (list(range(20)), False),
    ],
)
def test_an_id_with_a_few_faults_is_nearly_one(values: list[object], nearly: bool) -> None:
    assert nearly_names_rows(pl.Series("^x$", values, strict=False)) is nearly


def test_rows_follow_their_ids() -> None:
    table = pl.DataFrame({"^x$": ["c", "a", "b"]})
    sorted_table, ids = in_id_order(table, pl.Series("row_id", [30, -1, 20]))
    assert sorted_table["^x$"].to_list() == ["a", "b", "c"]
    assert (ids.to_list(), ids.name) == ([-1, 20, 30], "row_id")
    texts = in_id_order(table, pl.Series(["b", "a", "é"]))
    assert (texts[0]["^x$"].to_list(), texts[1].to_list()) == (["a", "c", "b"], ["a", "b", "é"])


def test_without_an_id_nothing_moves() -> None:
    """A message names the first rows without one by their positions."""
    table, ids = pl.DataFrame({"x": [1, 2, 3]}), pl.Series([3, None, 1])
    same, again = in_id_order(table, ids)
    assert same.equals(table)
    assert again.to_list() == [3, None, 1]


@given(st.lists(st.none() | st.integers(-3, 3)) | st.lists(st.none() | st.sampled_from("abé")))
def test_repeats_are_counted_as_a_plain_loop_does(values: list[Any]) -> None:
    found = examine_ids(pl.Series("row_id", values, dtype=None if any(values) else pl.Int64))
    present = [value for value in values if value is not None]
    assert found.duplicate_ids == len(present) - len(set(present))
    twice = sorted(value for value in set(present) if present.count(value) > 1)
    assert list(found.duplicate_examples) == twice[:5]
