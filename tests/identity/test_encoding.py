from __future__ import annotations

import datetime as dt
import json
import struct
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
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


def written(series: pl.Series) -> list[str]:
    """Each value as tag, word and tail, with the digits of a number as people write them."""
    found = encode(series)
    tags = np.broadcast_to(found.tags, len(series)).tolist()
    tails = [""] * len(series) if found.tails is None else found.tails.to_list()
    raw = [tail.encode() if isinstance(tail, str) else tail for tail in tails]
    return [
        f"{chr(tag)} {word:016x} {tail.hex()}".rstrip()
        for tag, word, tail in zip(tags, found.words.tolist(), raw, strict=True)
    ]


def bytes_of(*columns: pl.Series) -> bytes:
    return b"".join(bytes(part) for column in columns for part in encode(column).parts())


@pytest.mark.parametrize("vector", COMMITTED["vectors"], ids=lambda vector: vector["what"])
def test_committed_vectors(vector: dict[str, Any]) -> None:
    assert written(column(vector["dtype"], vector["values"])) == vector["encoded"]


def test_an_enum_is_its_text() -> None:
    series = pl.Series(["b", "a"], dtype=pl.Enum(["b", "a"]))
    assert bytes_of(series) == bytes_of(pl.Series(["b", "a"]))


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float64, pl.String, pl.Date, pl.Null])
def test_an_empty_column_is_empty(dtype: type[pl.DataType]) -> None:
    assert bytes_of(pl.Series("v", [], dtype=dtype)) == bytes(8)


def test_the_bytes_are_what_anybody_can_write() -> None:
    mixed = struct.pack("<Q", 3) + b"s~s" + struct.pack("<3Q", 2, 0, 1) + "éx".encode()
    assert bytes_of(pl.Series("^v$", ["é", None, "x"])) == mixed
    alike = struct.pack("<Q", 1) + b"i" + struct.pack("<2q", -1, 7)
    assert bytes_of(pl.Series("v", [-1, 7], dtype=pl.Int8)) == alike
    # Null in every row is one tag, too, whatever the column is said to be.
    nothing = struct.pack("<Q", 1) + b"~" + bytes(16)
    for dtype in (pl.Int8, pl.Float32, pl.String, pl.Binary, pl.Boolean, pl.Null):
        assert bytes_of(pl.Series([None, None], dtype=dtype)) == nothing


@pytest.mark.parametrize("values", [[[1]], [{"a": 1}]])
def test_nested_values_are_refused_by_name(values: list[Any]) -> None:
    with pytest.raises(DataError) as caught:
        encode(pl.Series("tags", values))
    assert caught.value.where == "column tags"
    assert caught.value.remedy


@given(st.lists(st.floats(width=64), min_size=1, max_size=20))
def test_floats_are_the_bytes_that_struct_packs(values: list[float]) -> None:
    for value, text in zip(values, written(pl.Series(values, dtype=pl.Float64)), strict=True):
        if value != value:
            assert text == "~ " + "0" * 16
        elif abs(value) < 2**53 and value == int(value):
            assert text == f"i {int(value) % 2**64:016x}"
        else:
            assert text == f"f {struct.pack('>d', value).hex()}"


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20))
def test_every_bit_pattern_keeps_its_bits(patterns: list[int]) -> None:
    values = [struct.unpack(">d", p.to_bytes(8, "big"))[0] for p in patterns]
    for pattern, value, text in zip(patterns, values, written(pl.Series(values)), strict=True):
        if text.startswith("f"):
            assert text == f"f {pattern:016x}"
        else:
            assert value != value or abs(value) < 2**53


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=6),
    # Text whose bytes are those of other values.
    st.sampled_from(["~" + "\0" * 8, "\1" + "\0" * 7 + "i\1" + "\0" * 7, "\0", "s", "i"]),
    st.integers(2**63, 2**64 - 1),
    st.dates(),
    st.binary(max_size=4),
)


def joined(row: tuple[Any, ...]) -> bytes:
    return b"".join(bytes_of(pl.Series([value])) for value in row)


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


@given(st.lists(st.none() | st.text(max_size=3), max_size=6))
def test_a_column_can_be_read_back(values: list[str | None]) -> None:
    """A parser that knows the rules alone, and the number of rows, finds every value."""
    raw, rows = bytes_of(pl.Series(values, dtype=pl.String)), len(values)
    (count,) = struct.unpack_from("<Q", raw)
    tags = raw[8 : 8 + count] * (rows if count == 1 else 1)
    words = struct.unpack_from(f"<{rows}Q", raw, 8 + count)
    tails = raw[8 + count + 8 * rows :]
    found: list[str | None] = []
    for tag, word in zip(tags, words, strict=True):
        if tag == ord("~"):
            found.append(None)
        else:
            found.append(tails[:word].decode())
            tails = tails[word:]
    assert (found, tails) == (values, b"")


@given(st.lists(SCALARS, min_size=1, max_size=4), st.data())
def test_columns_of_equal_length_with_the_same_bytes_are_equal(
    values: list[Any], data: st.DataObject
) -> None:
    kinds = {int: pl.Int128, bool: pl.Boolean, float: pl.Float64, str: pl.String, bytes: pl.Binary}
    kind = data.draw(st.sampled_from(list(kinds)))
    mine = [value if type(value) is kind else None for value in values]
    other = data.draw(st.permutations(mine))
    a, b = (pl.Series(each, dtype=kinds[kind]) for each in (mine, other))
    same = [canonical((each,)) for each in mine] == [canonical((each,)) for each in other]
    assert (bytes_of(a) == bytes_of(b)) == same


def test_numbers_beyond_64_bits_among_small_ones() -> None:
    mixed = pl.Series([2**63, 5, None, -(2**70)], dtype=pl.Int128)
    assert written(mixed) == [
        f"I {19:016x} {str(2**63).encode().hex()}",
        f"i {5:016x}",
        "~ " + "0" * 16,
        f"I {23:016x} {str(-(2**70)).encode().hex()}",
    ]
    assert written(pl.Series([2**64 - 1, 5], dtype=pl.UInt64))[1] == written(pl.Series([5]))[0]
