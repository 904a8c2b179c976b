from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from fold_guard.checks.outcome import Outcome, Severity, Status
from fold_guard.integrations.pandera import run_pandera
from fold_guard.integrations.suite_input import SuiteInput

SUITE = Path(__file__).parents[2] / "expectations/raw_table.py"


def run(given: SuiteInput, *changes: pl.Expr) -> Outcome:
    return run_pandera(
        "raw_table",
        SUITE,
        on="table",
        severity=Severity.ERROR,
        suite_input=replace(given, table=given.table.with_columns(*changes)),
        parameters={},
    )


def at_row_7(column: str, value: object) -> pl.Expr:
    return pl.when(pl.col("row_id") == 7).then(value).otherwise(pl.col(column)).alias(column)


def test_the_demo_data_is_as_its_schema_says(demo: SuiteInput) -> None:
    outcome = run(demo)
    assert outcome.status is Status.PASSED, outcome.summary
    assert outcome.measured["expectations_declared"] == 50


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (pl.lit(1).alias("surprise"), "table: no_other_columns"),
        (at_row_7("row_id", 8), "row_id: unique"),
        (at_row_7("result", pl.lit("maybe")), "result: isin"),
        (at_row_7("result", None), "result: not_null"),
        (at_row_7("age", 141.0), "age: in_range"),
        (at_row_7("ct_result", 45.1), "ct_result: in_range"),
        (at_row_7("pan_day", -1), "pan_day: in_range"),
        (at_row_7("rec_ver_tat", -25.0), "rec_ver_tat: in_range"),
        (at_row_7("payor_group", pl.lit("nobody")), "payor_group: isin"),
        (at_row_7("clinic_name", pl.lit("")), "clinic_name: str_length"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_change_of_one_cell_is_found(demo: SuiteInput, change: pl.Expr, rule: str) -> None:
    outcome = run(demo, change)
    assert outcome.status is Status.FAILED
    broken = [name for name, holds in dict(outcome.measured["rules"]).items() if not holds]
    assert [name for name in broken if name.startswith(rule)] == broken
    assert outcome.findings[0].count == (2 if rule == "row_id: unique" else 1)


@pytest.mark.parametrize(
    ("column", "dtype"), [("age", pl.Float32), ("pan_day", pl.Int32), ("result", pl.Categorical)]
)
def test_another_type_is_not_accepted(
    demo: SuiteInput, column: str, dtype: type[pl.DataType]
) -> None:
    outcome = run(demo, pl.col(column).cast(dtype))
    assert outcome.status is Status.ERROR
    assert f"column {column!r} is" in outcome.summary


def test_a_nan_is_an_error(demo: SuiteInput) -> None:
    outcome = run(demo, at_row_7("age", float("nan")))
    assert outcome.status is Status.ERROR
    assert "met 1 NaN" in outcome.summary
