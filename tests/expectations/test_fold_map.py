from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from fold_guard.checks.outcome import Outcome, Severity, Status
from fold_guard.integrations.pandera import run_pandera
from fold_guard.integrations.suite_input import SuiteInput

SUITE = Path(__file__).parents[2] / "expectations/fold_map.py"


def run(given: SuiteInput, *changes: pl.Expr) -> Outcome:
    return run_pandera(
        "fold_map",
        SUITE,
        on="fold_map",
        severity=Severity.ERROR,
        suite_input=replace(given, fold_map=given.fold_map.with_columns(*changes)),
        parameters={},
    )


def at_row_7(column: str, value: object) -> pl.Expr:
    return pl.when(pl.col("row_id") == 7).then(value).otherwise(pl.col(column)).alias(column)


@pytest.mark.parametrize(
    "change",
    [
        pl.col("fold"),
        pl.col("row_id").cast(pl.String),
        at_row_7("fold", -1),
    ],
    ids=["as made", "text ids", "a row that is always trained on"],
)
def test_a_fold_map_passes(demo: SuiteInput, change: pl.Expr) -> None:
    outcome = run(demo, change)
    assert outcome.status is Status.PASSED, outcome.summary


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (at_row_7("row_id", 8), "row_id: unique"),
        (at_row_7("row_id", None), "row_id: not_null"),
        (pl.col("row_id").cast(pl.Float64), "row_id: is_id"),
        (at_row_7("fold", 5), "fold: in_range(-2, 4)"),
        (at_row_7("fold", -3), "fold: in_range(-2, 4)"),
        (at_row_7("fold", None), "fold: not_null"),
        (pl.col("fold").replace({4: 3}), "fold: has_every_fold"),
        (at_row_7("label", None), "label: not_null"),
        (at_row_7("row_digest", None), "row_digest: not_null"),
        (pl.col("row_digest").cast(pl.String), "row_digest: type"),
    ],
)
def test_a_fold_map_that_is_none_is_found(demo: SuiteInput, change: pl.Expr, rule: str) -> None:
    outcome = run(demo, change)
    assert outcome.status is Status.FAILED, outcome.summary
    broken = [name for name, holds in dict(outcome.measured["rules"]).items() if not holds]
    assert len(broken) == 1
    assert broken[0].startswith(rule)


def test_further_repeats_and_nested_folds_are_held_to_the_same(demo: SuiteInput) -> None:
    more = pl.col("fold").reverse().alias("fold_1")
    assert run(demo, more).status is Status.PASSED
    assert run(demo, more, pl.lit(0, dtype=pl.Int64).alias("inner_0")).status is Status.PASSED
    lost = pl.col("fold").replace({4: 3}).alias("fold_1")
    assert "fold_1: has_every_fold" in run(demo, lost).summary
    text = pl.lit("0").alias("inner_0")
    assert "inner_0: type" in run(demo, text).summary
    assert run(demo, pl.col("fold").alias("another")).status is Status.FAILED
