from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.dataset import labels
from fold_guard.dataset.labels import as_text, classes, codes_of
from fold_guard.errors import DataError


@pytest.mark.parametrize(
    ("values", "dtype", "texts"),
    [
        ([1, 0, None], pl.Int8, ["1", "0", None]),
        ([1.0, -0.0, None], pl.Float64, ["1", "0", None]),
        ([1.0, float("nan")], pl.Float64, ["1", None]),
        ([0.5, 1.0], pl.Float64, ["0.5", "1.0"]),
        ([True, None], pl.Boolean, ["true", None]),
        (["b", "a"], pl.Categorical, ["b", "a"]),
        (["a", ""], pl.String, ["a", ""]),
    ],
)
def test_text_of_labels(values: list[Any], dtype: Any, texts: list[str | None]) -> None:
    assert as_text(pl.Series("y", values, dtype=dtype)).to_list() == texts


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), 1e300, 1e19])
def test_a_number_beyond_64_bits_is_not_lost(value: float) -> None:
    """Lost, it would read as a row without a label."""
    assert as_text(pl.Series([1.0, value])).null_count() == 0


@given(st.lists(st.none() | st.integers(-(2**53), 2**53), min_size=1))
def test_whole_numbers_read_the_same_as_integers_and_as_floats(values: list[int | None]) -> None:
    whole = pl.Series(values, dtype=pl.Int64)
    assert as_text(whole).equals(as_text(whole.cast(pl.Float64)))


@given(st.lists(st.none() | st.text(max_size=3), min_size=1))
def test_codes_point_at_their_names(values: list[str | None]) -> None:
    found = classes(pl.Series("y", values, dtype=pl.String))
    assert list(found.names) == sorted({value for value in values if value is not None})
    assert [found.names[c] if c >= 0 else None for c in found.codes] == values


@pytest.mark.parametrize("dtype", [pl.Int32, pl.Float64, pl.String, pl.Categorical])
def test_class_names_are_in_the_order_of_their_text(dtype: Any) -> None:
    series = pl.Series([10, 9, 2]).cast(pl.String) if dtype in (pl.String, pl.Categorical) else None
    found = classes(pl.Series([10, 9, 2], dtype=dtype) if series is None else series.cast(dtype))
    assert found.names == ("10", "2", "9")
    assert found.codes.tolist() == [0, 2, 1]


@pytest.mark.parametrize("values", [[0.5, 1.0], [1.0, None, 2.25]])
def test_a_continuous_label_is_refused(values: list[float]) -> None:
    with pytest.raises(DataError, match="continuous") as caught:
        classes(pl.Series("bmi", values))
    assert caught.value.where == "column bmi"


@pytest.mark.parametrize(
    ("series", "codes"),
    [
        (pl.Series([0.0, -0.0, float("nan"), None]), [0, 0, -1, -1]),
        (pl.Series([None, None]), [-1, -1]),
        (pl.Series([True, False, None]), [1, 0, -1]),
        (pl.Series(["b", "a", None], dtype=pl.Enum(["b", "a"])), [0, 1, -1]),
        (pl.Series(["", None]), [0, -1]),
        (pl.Series([], dtype=pl.String), []),
    ],
    ids=["zeros", "nulls", "booleans", "enum", "empty text", "no rows"],
)
def test_group_codes(series: pl.Series, codes: list[int]) -> None:
    assert codes_of(series)[0].tolist() == codes


@pytest.mark.parametrize("values", [["b", "a"], [2.0, 1.0], [True, False], [2, 1]])
def test_a_name_that_looks_like_a_pattern_is_a_name(values: list[Any]) -> None:
    series = pl.Series("^y$", values)
    assert as_text(series).name == "^y$"
    assert len(classes(series).names) == len(codes_of(series)[1]) == 2


@pytest.mark.parametrize("series", [pl.Series([timedelta(1)]), pl.Series([b"\xff"])])
def test_what_has_no_text_is_refused(series: pl.Series) -> None:
    with pytest.raises(DataError, match="cannot be read as text"):
        classes(series)


def test_keys_of_any_year_have_names() -> None:
    late = pl.Series([3_000_000, 0], dtype=pl.Int32).cast(pl.Date)
    assert codes_of(late)[1] == ["1970-01-01", "+10183-09-21"]


@given(st.lists(st.none() | st.sampled_from([-7, 0, 3, 2**40, 2**63 - 1, -(2**63)])))
def test_codes_of_whole_numbers_near_and_far_apart(values: list[int | None]) -> None:
    distinct = sorted({value for value in values if value is not None})
    expected = [-1 if value is None else distinct.index(value) for value in values]
    codes, found = codes_of(pl.Series(values, dtype=pl.Int64))
    assert (codes.tolist(), found) == (expected, distinct)


def test_codes_of_many_texts_are_those_of_few() -> None:
    """More distinct texts than are looked up in a table, with nulls, in no order."""
    texts = [None if n % 11 == 0 else f"é{n * 7919 % 90_001}" for n in range(100_000)]
    distinct = sorted({text for text in texts if text is not None})
    assert len(distinct) > 2**16
    place = {text: code for code, text in enumerate(distinct)}
    codes, found = codes_of(pl.Series("^t$", texts))
    assert found == distinct
    assert codes.tolist() == [-1 if text is None else place[text] for text in texts]


def test_two_texts_of_one_hash_are_two_values(monkeypatch: pytest.MonkeyPatch) -> None:
    class Short:
        def __init__(self, name: str) -> None:
            length = pl.col(name).str.len_bytes().cast(pl.UInt64)
            self.nchash = SimpleNamespace(xxhash64=lambda: length)

    monkeypatch.setattr(labels, "_SMALL", 1)
    monkeypatch.setattr(labels, "plh", SimpleNamespace(col=Short))
    assert codes_of(pl.Series(["bb", "aa", "c", "bb"]))[0].tolist() == [1, 0, 2, 1]
    assert codes_of(pl.Series(["bb", "c", None, "bb"]))[0].tolist() == [0, 1, -1, 0]


@pytest.mark.parametrize(
    "series",
    [pl.Series([2.0, 10.0, None]), pl.Series(["b", None, "a"]), pl.Series([True, False])],
)
def test_texts_of_rows_are_the_column_as_text(series: pl.Series) -> None:
    assert classes(series).texts.to_list() == as_text(series).to_list()
