"""What `fold-guard fold` says of each kind of map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fold_guard.reports.fold_text import render_fold_map
from tests.folds.strategies import derived, map_of

SAID: list[tuple[str, dict[str, Any], str]] = [
    ("kfold", {}, "5 folds of 80 rows"),
    ("stratified", {"n_repeats": 3}, "5 folds of 80 rows, dealt 3 times"),
    ("stratified", {"inner_splits": 2, "rare_class": "warn"}, "5 folds of 80 rows, 2 inner folds"),
    ("leave_one_out", {}, "every row a fold, digest"),
    ("leave_one_group_out", {}, "every group a fold, digest"),
    ("leave_p_groups_out", {}, "every group a fold, 6 rounds"),
    ("shuffle_split", {"n_repeats": 3}, "400 rows in 400 units, 3 test sets of 80 rows"),
    ("shuffle_split", {"n_repeats": 1}, "1 test set of 80 rows"),
    ("combinatorial_purged", {"n_test_folds": 1, "embargo_rows": 0}, ", 5 rounds"),
    ("multilabel", {}, "label shares off by at most"),
    ("continuous", {}, "bin shares off by at most"),
    ("continuous", {}, "largest distance of a fold's distribution, points (bins): "),
]


@pytest.fixture(scope="module")
def visits(covid_path: Path) -> pl.DataFrame:
    return derived(pl.read_parquet(covid_path).head(400))


@pytest.mark.parametrize(("strategy", "settings", "said"), SAID)
def test_each_kind_says_what_it_is(
    visits: pl.DataFrame, strategy: str, settings: dict[str, Any], said: str
) -> None:
    assert said in render_fold_map("main", map_of(visits, strategy, **settings))


def test_the_least_is_claimed_only_where_it_is_reached(visits: pl.DataFrame) -> None:
    even = visits.with_columns(result=pl.lit("a")).with_columns(
        result=pl.when(pl.int_range(pl.len()) % 4 == 0).then(pl.lit("b")).otherwise("result")
    )
    assert "the least that whole rows allow" in render_fold_map("m", map_of(even, "stratified"))
    uneven = render_fold_map("m", map_of(visits, "multilabel"))
    made = map_of(visits, "multilabel").manifest.balance
    assert made.bound_reached == ("the least" in uneven)
    # A strategy that balances no classes claims nothing.
    assert "whole rows" not in render_fold_map("m", map_of(visits, "kfold"))


def test_a_million_folds_are_not_listed(visits: pl.DataFrame) -> None:
    many = pl.concat([visits.with_columns(row_id=pl.col("row_id") + 10**6 * i) for i in range(4)])
    manifest = map_of(many, "leave_one_out").manifest
    assert (manifest.n_folds, len(manifest.folds), manifest.folds_in_all) == (1600, 1000, 1600)
