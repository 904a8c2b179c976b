from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from fold_guard.dataset.lazy_table import LazyTable, repeated_hashes
from fold_guard.errors import UsageError

TABLE = pl.DataFrame(
    {
        "id": [3, 1, 1, None, 2, 2, 2],
        "x": [0.0, -0.0, float("nan"), None, 1.5, 1.5, 2.5],
        "s": ["a", "a", None, "b", "b", "b", "c d"],
        "fold": [0, 1, 0, 1, 0, 1, 0],
    }
)


def tables() -> dict[str, Any]:
    return {"polars": TABLE.lazy(), "duckdb": duckdb.from_arrow(TABLE.to_arrow())}


each_engine = pytest.mark.parametrize("engine", ["polars", "duckdb"])


@each_engine
def test_values_are_made_plain(engine: str) -> None:
    table = LazyTable.of(tables()[engine])
    found = table.collect(table.plain(["x"]))["c0"]
    assert sorted(found.drop_nulls().to_list()) == [0.0, 0.0, 1.5, 1.5, 2.5]
    assert found.null_count() == 2


@each_engine
def test_rows_are_counted(engine: str) -> None:
    found = LazyTable.of(tables()[engine]).count(["s", "fold"])
    assert {row[:2]: row[2] for row in found.rows()} == {
        ("a", 0): 1,
        ("a", 1): 1,
        (None, 0): 1,
        ("b", 1): 2,
        ("b", 0): 1,
        ("c d", 0): 1,
    }


@each_engine
def test_missing_and_repeated_ids(engine: str) -> None:
    missing, repeated, extra = LazyTable.of(tables()[engine]).missing_and_repeated(["id"], 5)
    assert (missing, extra) == (1, 3)
    assert repeated["id"].to_list() == [1, 2]


@each_engine
def test_a_few_rows_of_a_kind_are_found(engine: str) -> None:
    table = LazyTable.of(tables()[engine])
    kinds = {"s": pl.Series(["b", None], dtype=pl.String)}
    found = table.find(kinds, "fold", np.array([0, 0]), ["id"], 5)
    assert sorted(found["id"].to_list()) == [1, 2]


@each_engine
def test_parts_of_a_column_are_whole_and_cover_it(engine: str) -> None:
    rows = pl.DataFrame({"g": [i // 3 for i in range(3000)], "v": range(3000)})
    native = rows.lazy() if engine == "polars" else duckdb.from_arrow(rows.to_arrow())
    table = LazyTable.of(native)
    part = table.one_part("g", 4)
    kept = part.collect(part.select(["g", "v"]))
    sizes = kept.group_by("c0").len()["len"]
    assert sizes.unique().to_list() == [3]
    # A quarter of a thousand groups, give or take five standard deviations.
    assert abs(len(sizes) - 250) < 70


def test_engines_choose_the_same_part() -> None:
    rows = pl.DataFrame({"g": [-5, 0, 7, 2**40, 2**62, None] * 30})
    kept = [
        sorted(map(str, part.collect(part.select(["g"]))["c0"].to_list()))
        for part in (
            LazyTable.of(native).one_part("g", 3)
            for native in (rows.lazy(), duckdb.from_arrow(rows.to_arrow()))
        )
    ]
    assert kept[0] == kept[1]


def test_only_repeated_rows_stay() -> None:
    lazy = pl.LazyFrame({"c0": [1, 2, 1, None, None], "c1": [1, 2, 3, 4, 5]})
    assert sorted(repeated_hashes(lazy, 1).collect()["c1"].to_list()) == [1, 3, 4, 5]
    assert repeated_hashes(lazy, 2).collect().is_empty()


def test_a_star_is_no_name_in_sql() -> None:
    with pytest.raises(UsageError, match=r"called '\*'"):
        LazyTable.of(duckdb.from_arrow(pl.DataFrame({"*": [1]}).to_arrow()))
