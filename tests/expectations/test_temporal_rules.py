from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.integrations.suite_input import SuiteInput

RunSuite = Callable[..., Outcome]
RULE = "expect_train_before_test_per_round"


def as_instants(given: SuiteInput, dtype: type[pl.DataType]) -> SuiteInput:
    day = pl.date(2020, 1, 1) + pl.duration(days=pl.col("pan_day"))
    return replace(given, rounds=given.rounds.with_columns(pan_day=day.cast(dtype)))


def test_training_on_the_past_passes(demo_forward: SuiteInput, run_suite: RunSuite) -> None:
    outcome = run_suite("temporal_rules", demo_forward, gap=0)
    assert outcome.status is Status.PASSED, outcome.summary


def test_training_on_the_future_is_found(demo: SuiteInput, run_suite: RunSuite) -> None:
    outcome = run_suite("temporal_rules", demo, gap=0)
    assert outcome.status is Status.FAILED
    assert len(outcome.findings) == 5
    zero = demo.rounds.filter(round=0)
    start = zero.filter(side="test")["pan_day"].min()
    late = zero.filter(pl.col("side") == "train", pl.col("pan_day") >= start)
    assert outcome.findings[0].count == late.height
    assert outcome.findings[0].rows == tuple(late["row_id"].sort().head(20))


def test_the_same_instant_is_too_late(demo_forward: SuiteInput, run_suite: RunSuite) -> None:
    # The first test day of round 1 is 25: move one training row to it.
    moved = (pl.col("round") == 1) & (pl.col("row_id") == 100) & (pl.col("side") == "train")
    rounds = demo_forward.rounds
    assert rounds.filter(moved).height == 1
    assert rounds.filter(round=1, side="test")["pan_day"].min() == 25
    day = pl.when(moved).then(25).otherwise(pl.col("pan_day"))
    given = replace(demo_forward, rounds=rounds.with_columns(pan_day=day))
    outcome = run_suite("temporal_rules", given, gap=0)
    [finding] = outcome.findings
    assert (finding.count, finding.rows) == (1, (100,))


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float64, pl.Date, pl.Datetime])
def test_a_gap_is_asked_for_in_the_unit_of_the_time(
    demo_forward: SuiteInput, run_suite: RunSuite, dtype: type[pl.DataType]
) -> None:
    if dtype.is_temporal():
        given = as_instants(demo_forward, dtype)
    else:
        day = pl.col("pan_day").cast(dtype)
        given = replace(demo_forward, rounds=demo_forward.rounds.with_columns(day))
    rounds = demo_forward.rounds
    first = pl.col("pan_day").filter(pl.col("side") == "test").min().over("round")
    embargoed = (pl.col("side") == "train") & (pl.col("pan_day") >= first - 2)
    late = rounds.with_columns(late=embargoed)["late"]
    outcome = run_suite("temporal_rules", given, gap=2)
    assert outcome.status is Status.FAILED
    assert sum(finding.count for finding in outcome.findings) == late.sum()
    kept = replace(given, rounds=given.rounds.filter(~late))
    assert run_suite("temporal_rules", kept, gap=2).status is Status.PASSED


def test_a_row_without_a_time_is_found(demo_forward: SuiteInput, run_suite: RunSuite) -> None:
    day = pl.when(pl.col("row_id") != 100).then(pl.col("pan_day"))
    given = replace(demo_forward, rounds=demo_forward.rounds.with_columns(pan_day=day))
    outcome = run_suite("temporal_rules", given, gap=0)
    assert outcome.status is Status.FAILED
    assert {finding.rows for finding in outcome.findings} == {(100,)}


@pytest.mark.parametrize("gap", [-1, True, "2", float("nan")])
def test_a_gap_that_is_none_is_an_error(
    demo_forward: SuiteInput, run_suite: RunSuite, gap: object
) -> None:
    outcome = run_suite("temporal_rules", demo_forward, gap=gap)
    assert outcome.status is Status.ERROR
    assert "gap" in outcome.summary


def test_a_time_that_is_text_is_an_error(demo_forward: SuiteInput, run_suite: RunSuite) -> None:
    rounds = demo_forward.rounds.with_columns(pl.col("pan_day").cast(pl.String))
    outcome = run_suite("temporal_rules", replace(demo_forward, rounds=rounds), gap=0)
    assert outcome.status is Status.ERROR
    assert "a time must be" in outcome.summary


def test_without_a_time_column_the_rule_has_not_run(demo: SuiteInput, run_suite: RunSuite) -> None:
    outcome = run_suite("temporal_rules", replace(demo, time=None), gap=0)
    assert outcome.status is Status.ERROR
    assert "no value for the parameter 'time_column'" in outcome.summary


def test_a_round_without_a_train_side_has_not_run(
    demo_forward: SuiteInput, run_suite: RunSuite
) -> None:
    kept = (pl.col("round") != 2) | (pl.col("side") == "test")
    given = replace(demo_forward, rounds=demo_forward.rounds.filter(kept))
    outcome = run_suite("temporal_rules", given, gap=0)
    assert outcome.status is Status.ERROR
    assert "round 2: a side has no row" in outcome.summary
