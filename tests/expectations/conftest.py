"""The demo data with the simplest grouping there is, and a way to run one of this repo's suites."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from fold_guard.checks.outcome import Outcome, Severity
from fold_guard.identity.digests import row_digests
from fold_guard.integrations.great_expectations import run_great_expectations
from fold_guard.integrations.suite_input import SuiteInput

ROOT = Path(__file__).parents[2]
EXPECTATIONS = ROOT / "expectations"
K = 5
RunSuite = Callable[..., Outcome]


@pytest.fixture(scope="session")
def table() -> pl.DataFrame:
    return pl.read_parquet(ROOT / "data/raw/covid_testing.parquet")


@pytest.fixture(scope="session")
def digests(table: pl.DataFrame) -> pl.Series:
    return row_digests(table)


@pytest.fixture(scope="session")
def demo(table: pl.DataFrame, digests: pl.Series) -> SuiteInput:
    """Five folds that keep patients together: ``subject_id % 5``."""
    return with_folds(table, digests, pl.col("subject_id") % K)


@pytest.fixture(scope="session")
def demo_by_row(table: pl.DataFrame, digests: pl.Series) -> SuiteInput:
    """Five folds that tear patients apart: ``row_id % 5``."""
    return with_folds(table, digests, pl.col("row_id") % K)


@pytest.fixture(scope="session")
def demo_forward(table: pl.DataFrame, digests: pl.Series) -> SuiteInput:
    """Five blocks of days; each round trains on the blocks before it."""
    fold = pl.sum_horizontal((pl.col("pan_day") > day).cast(pl.Int64) for day in (24, 45, 66, 87))
    given = with_folds(table, digests, fold)
    past = (pl.col("side") == "test") | (pl.col("fold") < pl.col("round"))
    return replace(given, rounds=given.rounds.filter(pl.col("round") > 0, past))


@pytest.fixture(scope="session")
def run_suite() -> RunSuite:
    """Run ``expectations/<name>.json`` with all of this repository's custom expectations."""

    def run(name: str, given: SuiteInput, **parameters: object) -> Outcome:
        return run_great_expectations(
            name,
            EXPECTATIONS / f"{name}.json",
            modules=sorted(EXPECTATIONS.glob("expect_*.py")),
            severity=Severity.ERROR,
            suite_input=given,
            parameters=parameters,
            data_docs=None,
        )

    return run


def with_folds(table: pl.DataFrame, digests: pl.Series, fold: pl.Expr) -> SuiteInput:
    base = table.select("row_id", fold.alias("fold"), pl.col("result").alias("label"))
    keyed = base.with_columns(table["subject_id"], table["pan_day"])
    tested = pl.col("fold") == pl.col("round")
    side = pl.when(tested).then(pl.lit("test")).otherwise(pl.lit("train"))
    rounds = pl.concat(keyed.with_columns(round=pl.lit(j, dtype=pl.Int64)) for j in range(K))
    return SuiteInput(
        table=table,
        fold_map=base.with_columns(digests),
        rounds=rounds.with_columns(side=side),
        id="row_id",
        label="result",
        groups=("subject_id",),
        time="pan_day",
        n_splits=K,
    )
