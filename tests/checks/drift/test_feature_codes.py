from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from fold_guard.checks.drift.feature_codes import feature_codes

MANY = [dt.timedelta(days=day) for day in range(12)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pl.Series([1.5 * i for i in range(12)]), "ordered"),
        (pl.Series([Decimal(i) / 2 for i in range(12)]), "ordered"),
        (pl.Series([2**64 - 12 + i for i in range(12)], dtype=pl.UInt64), "ordered"),
        (pl.Series([dt.date(2020, 1, 1) + day for day in MANY]), "ordered"),
        (pl.Series([dt.datetime(2020, 1, 1) + day for day in MANY], dtype=pl.Datetime), "ordered"),
        (pl.Series(MANY), "ordered"),
        (pl.Series([dt.time(hour) for hour in range(12)]), "ordered"),
        (pl.Series([1, 2, 3] * 4), "categorical"),
        (pl.Series([True, False] * 6), "categorical"),
        (pl.Series(list("abcdef") * 2), "categorical"),
        (pl.Series(list("abcdef") * 2, dtype=pl.Categorical), "categorical"),
        (pl.Series(list("fedcba") * 2, dtype=pl.Enum(list("fedcba"))), "categorical"),
        (pl.Series([b"\xff", b"a"] * 6), "categorical"),
    ],
    ids=str,
)
def test_codes_follow_the_values(values: pl.Series, kind: str) -> None:
    text = values.cast(pl.String) if values.dtype in (pl.Categorical, pl.Enum) else values
    plain = {value: i for i, value in enumerate(sorted(set(text.to_list())))}
    with_null = pl.concat([values, pl.Series([None], dtype=values.dtype)])
    coded = feature_codes(with_null.alias("^x.*$"))
    assert coded is not None
    assert coded.kind == kind
    assert coded.codes.tolist() == [plain[value] for value in text.to_list()] + [-1]
    assert coded.known.tolist() == [True] * 12 + [False]
    shown = [coded.value_of(code) for code in range(len(plain))]
    assert len(set(shown)) == len(plain)
    assert all(shown)


def test_a_value_is_shown_as_people_read_it() -> None:
    far = pl.Series([0, 2**31 - 1] * 6).cast(pl.Int32).cast(pl.Date)
    for values, texts in (
        (pl.Series(["b", "a"]), ["a", "b"]),
        (pl.Series([dt.datetime(2020, 1, 2, 3)]), ["2020-01-02 03:00:00"]),
        (pl.Series([2.5, 1.0]), ["1", "2.5"]),
        (far, ["1970-01-01", "2147483647"]),
    ):
        coded = feature_codes(values)
        assert coded is not None
        assert [coded.value_of(code) for code in range(len(texts))] == texts


def test_infinity_is_a_value_and_nan_is_none() -> None:
    coded = feature_codes(pl.Series([float("inf"), float("-inf"), float("nan"), -0.0, 0.0, None]))
    assert coded is not None
    assert coded.codes.tolist() == [2, 0, -1, 1, 1, -1]
    assert [coded.value_of(code) for code in range(3)] == ["-inf", "0", "inf"]


def test_text_that_hardly_repeats_is_taken_by_its_length() -> None:
    coded = feature_codes(pl.Series(["é" * (i // 2) + str(i % 2) for i in range(30)]))
    assert coded is not None
    assert coded.kind == "length"
    assert coded.codes.tolist() == [i // 2 for i in range(30)]
    assert coded.value_of(3) == "4"


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([[1], [2]]),
        pl.Series([{"a": 1}, {"a": 2}]),
        pl.Series([[1, 2]], dtype=pl.Array(pl.Int64, 2)),
        pl.Series([object()], dtype=pl.Object),
    ],
    ids=lambda values: str(values.dtype),
)
def test_what_has_no_order_is_refused(values: pl.Series) -> None:
    assert feature_codes(values) is None


@pytest.mark.parametrize("dtype", [pl.Null, pl.Float64, pl.String, pl.Date])
def test_nothing_but_null(dtype: pl.DataType) -> None:
    coded = feature_codes(pl.Series([None, None], dtype=dtype))
    assert coded is not None
    assert np.array_equal(coded.codes, [-1, -1])
