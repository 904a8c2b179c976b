from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import polars as pl
import pytest

from fold_guard.dataset.parts import joined
from fold_guard.errors import DataError

DAY, NOON = dt.date(2020, 5, 4), dt.datetime(2020, 5, 4, 12)
MIDNIGHT = dt.datetime(2020, 5, 4)
BERLIN = dt.timezone(dt.timedelta(hours=2))


def test_three_tables_in_other_orders_of_columns() -> None:
    tables = {
        "train": pl.DataFrame({"a": [1, 2], "b": ["x", None]}),
        "validation": pd.DataFrame({"b": ["y"], "a": [3]}),
        "test": pl.DataFrame({"b": ["z"], "a": [4]}).to_arrow(),
    }
    frame, part = joined(tables)
    assert frame.rows() == [(1, "x"), (2, None), (3, "y"), (4, "z")]
    assert part.tolist() == [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("one", "other", "values"),
    [
        (pl.Series([1], dtype=pl.Int8), pl.Series([300], dtype=pl.Int64), [1, 300]),
        (pl.Series([1], dtype=pl.UInt64), pl.Series([-1], dtype=pl.Int32), [1, -1]),
        (pl.Series([1, 2]), pl.Series([0.5, None, float("nan")]), None),
        (pl.Series([0.5], dtype=pl.Float32), pl.Series([0.25]), [0.5, 0.25]),
        (pl.Series(["a"]), pl.Series(["b", "a"], dtype=pl.Categorical), ["a", "b", "a"]),
        (
            pl.Series(["a"], dtype=pl.Enum(["a", "b"])),
            pl.Series(["c"], dtype=pl.Enum(["c"])),
            ["a", "c"],
        ),
        (
            pl.Series(["b"], dtype=pl.Categorical),
            pl.Series(["a", "b"], dtype=pl.Categorical),
            ["b", "a", "b"],
        ),
        (pl.Series([None]), pl.Series(["b"]), [None, "b"]),
        (pl.Series(["b"]), pl.Series([None]), ["b", None]),
        (pl.Series([None]), pl.Series([None]), [None, None]),
        (pl.Series([DAY]), pl.Series([NOON]), [MIDNIGHT, NOON]),
        (
            pl.Series([NOON], dtype=pl.Datetime("ms")),
            pl.Series([NOON], dtype=pl.Datetime("ns")),
            [NOON, NOON],
        ),
        (
            pl.Series([NOON.replace(tzinfo=dt.UTC)]),
            pl.Series([NOON]).dt.replace_time_zone("Europe/Berlin"),
            [NOON.replace(tzinfo=dt.UTC), dt.datetime(2020, 5, 4, 10, tzinfo=dt.UTC)],
        ),
        (pl.Series([True]), pl.Series([False]), [True, False]),
        (pl.Series([7.25], dtype=pl.Float32), pl.Series([0.5]), [7.25, 0.5]),
        (pl.Series([[1]]), pl.Series([[2]]), [[1], [2]]),
    ],
)
def test_types_that_go_together(one: pl.Series, other: pl.Series, values: list[Any] | None) -> None:
    for name in ("x", "^x$"):
        frame, _ = joined(
            {"train": one.alias(name).to_frame(), "test": other.alias(name).to_frame()}
        )
        found = frame[name].alias("x")
        if values is None:
            assert found.to_list()[:4] == [1.0, 2.0, 0.5, None]
            assert found.is_nan()[4]
        else:
            assert found.to_list() == values


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (["1"], [1], "String in train, Int64 in test"),
        ([True], [1], "Boolean in train, Int64 in test"),
        ([DAY], ["2020-05-04"], "Date in train, String in test"),
        ([NOON], [NOON.replace(tzinfo=dt.UTC)], "cannot be brought together"),
        ([DAY], [NOON.replace(tzinfo=dt.UTC)], "cannot be brought together"),
        ([2**53 + 1], [0.5], "9007199254740993 in row 0 does not fit Float64"),
        (
            pl.Series([0.5, 0.1], dtype=pl.Float32),
            [0.5, 0.1],
            "0.1 in row 1 does not fit Float32",
        ),
        ([[1]], ["a"], "cannot be brought together"),
    ],
)
def test_types_that_do_not(one: list[Any], other: list[Any], said: str) -> None:
    tables = {"train": pl.DataFrame({"x": one}), "test": pl.DataFrame({"x": other})}
    for parts in (tables, dict(reversed(tables.items()))):
        with pytest.raises(DataError) as caught:
            joined(parts)
        assert "column x" in caught.value.where
        assert caught.value.remedy
    with pytest.raises(DataError) as caught:
        joined(tables)
    assert said in str(caught.value)


def test_a_number_beyond_64_bits_is_told() -> None:
    large = pl.Series("x", [2**63], dtype=pl.UInt64).to_frame()
    with pytest.raises(DataError, match="9223372036854775808 in row 0 does not fit Int64"):
        joined({"train": large, "test": pl.DataFrame({"x": [1]})})


def test_a_column_that_one_table_lacks() -> None:
    tables = {
        "train": pl.DataFrame({"x": [1], "y": ["a"], "z": [2]}),
        "test": pl.DataFrame({"x": [2]}),
    }
    with pytest.raises(DataError, match="no column 'y' in test, and 1 more") as caught:
        joined(tables)
    assert caught.value.where == "train and test"
    with pytest.raises(DataError, match="no column 'z' in test"):
        joined(tables, may_lack=["y"])
    frame, _ = joined(tables, columns=["x", "y"], may_lack=["y"])
    assert frame.rows() == [(1, "a"), (2, None)]
    assert joined(tables, columns=["x"])[0].columns == ["x"]


def test_a_table_without_rows() -> None:
    tables = {"train": pl.DataFrame({"x": [1]}), "test": pl.DataFrame({"x": []})}
    with pytest.raises(DataError, match="test: the table has no rows"):
        joined(tables)
