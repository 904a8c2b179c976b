from __future__ import annotations

import datetime as dt
import json
import struct
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.errors import DataError
from fold_guard.identity.encoding import ENCODING, encode

COMMITTED = json.loads(
    (Path(__file__).parents[1] / "vectors" / "encoding.json").read_text(encoding="utf-8")
)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def column(dtype: str, values: list[Any]) -> pl.Series:
    """Build a column from a vector without any of the code under test."""
    kind, *options = dtype.split(":")
    if kind.startswith(("Int", "UInt")):
        return pl.Series("v", [None if v is None else int(v) for v in values], getattr(pl, kind))
    if kind.startswith("Float"):
        return pl.Series("v", [None if v is None else float(v) for v in values], getattr(pl, kind))
    if kind == "Datetime":
        unit, *zone = options
        naive = [None if v is None else dt.datetime.fromisoformat(v) for v in values]
        series = pl.Series("v", naive, pl.Datetime("us")).cast(pl.Datetime(unit))  # type: ignore[arg-type]
        if not zone:
            return series
        return series.dt.replace_time_zone("UTC").dt.convert_time_zone(zone[0])
    if kind == "Duration":
        spans = [None if v is None else dt.timedelta(seconds=float(v)) for v in values]
        return pl.Series("v", spans, pl.Duration("us")).cast(pl.Duration(options[0]))  # type: ignore[arg-type]
    if kind == "Decimal":
        digits = [None if v is None else Decimal(v) for v in values]
        return pl.Series("v", digits, pl.Decimal(20, int(options[0])))
    converters: dict[str, Callable[[Any], Any]] = {
        "Date": dt.date.fromisoformat,
        "Time": dt.time.fromisoformat,
        "Binary": bytes.fromhex,
    }
    convert = converters.get(kind, lambda value: value)
    return pl.Series("v", [None if v is None else convert(v) for v in values], getattr(pl, kind))


def test_the_vectors_are_those_of_this_encoding() -> None:
    assert COMMITTED["encoding"] == ENCODING


@pytest.mark.parametrize("vector", COMMITTED["vectors"], ids=lambda vector: vector["what"])
def test_committed_vectors(vector: dict[str, Any]) -> None:
    assert encode(column(vector["dtype"], vector["values"])).to_list() == vector["texts"]


def test_an_enum_is_its_text() -> None:
    assert encode(pl.Series(["b", "a"], dtype=pl.Enum(["b", "a"]))).to_list() == ["s1:b", "s1:a"]


def test_the_name_and_length_stay() -> None:
    encoded = encode(pl.Series("age", [1, None]))
    assert encoded.dtype == pl.String
    assert (encoded.name, encoded.null_count()) == ("age", 0)


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float64, pl.String, pl.Date, pl.Null])
def test_an_empty_column_is_empty(dtype: type[pl.DataType]) -> None:
    assert encode(pl.Series("v", [], dtype=dtype)).to_list() == []


@pytest.mark.parametrize("values", [[[1]], [{"a": 1}]])
def test_nested_values_are_refused_by_name(values: list[Any]) -> None:
    with pytest.raises(DataError) as caught:
        encode(pl.Series("tags", values))
    assert caught.value.where == "column tags"
    assert caught.value.remedy


@given(st.lists(st.floats(width=64), min_size=1, max_size=20))
def test_floats_are_the_bytes_that_struct_packs(values: list[float]) -> None:
    for value, text in zip(values, encode(pl.Series(values, dtype=pl.Float64)), strict=True):
        if value != value:
            assert text == "~"
        elif abs(value) < 2**53 and value == int(value):
            assert text == f"i{int(value)};"
        else:
            assert text == f"f{struct.pack('>d', value).hex()};"


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20))
def test_every_bit_pattern_keeps_its_bits(patterns: list[int]) -> None:
    values = [struct.unpack(">d", p.to_bytes(8, "big"))[0] for p in patterns]
    for pattern, value, text in zip(patterns, values, encode(pl.Series(values)), strict=True):
        if text.startswith("f"):
            assert text == f"f{pattern:016x};"
        else:
            assert value != value or abs(value) < 2**53


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=6),
    st.sampled_from(["~", "i1;", "s1:a", "b0;", ";", ":", "1:a"]),
    st.dates(),
    st.binary(max_size=4),
)


def joined(row: tuple[Any, ...]) -> str:
    return "".join(encode(pl.Series([value]))[0] for value in row)


def canonical(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Which rows are equal on purpose: -0.0 is 0, and below 2**53 4.0 is 4."""

    def one(value: Any) -> Any:
        whole = isinstance(value, float) and abs(value) < 2**53 and value == int(value)
        if whole:
            return (int, int(value))
        return (type(value), value)

    return tuple(one(value) for value in row)


ROWS = st.lists(SCALARS, min_size=1, max_size=4).map(tuple)


@given(ROWS, ROWS)
def test_two_rows_never_share_a_text(a: tuple[Any, ...], b: tuple[Any, ...]) -> None:
    assert (joined(a) == joined(b)) == (canonical(a) == canonical(b))


@given(st.lists(st.text(max_size=8), min_size=1, max_size=4), st.data())
def test_text_cut_at_another_place_is_another_row(parts: list[str], data: st.DataObject) -> None:
    whole = "".join(parts)
    at = data.draw(st.integers(0, len(whole)))
    again = [whole[:at], whole[at:]]
    assert (joined(tuple(parts)) == joined(tuple(again))) == (parts == again)


@given(st.lists(SCALARS, min_size=1, max_size=4))
def test_the_encoding_can_be_read_back_piece_by_piece(row: list[Any]) -> None:
    """A parser that knows the grammar alone finds as many pieces as there were values."""
    text, pieces = joined(tuple(row)).encode(), 0
    while text:
        tag, rest = text[:1], text[1:]
        if tag == b"~":
            text = rest
        elif tag == b"s":
            length, _, rest = rest.partition(b":")
            text = rest[int(length) :]
        else:
            assert tag in b"bifdtzumx"
            text = rest[rest.index(b";") + 1 :]
        pieces += 1
    assert pieces == len(row)
