from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.integrations.suite_input import SuiteInput

RunSuite = Callable[..., Outcome]
COUNTS = "expect_class_counts_per_round"
GROUPS = "expect_groups_on_one_side_per_round"
ROW = 13


def broken(outcome: Outcome) -> list[str]:
    return [rule for rule, holds in dict(outcome.measured["rules"]).items() if not holds]


def test_folds_that_keep_patients_together_pass(demo: SuiteInput, run_suite: RunSuite) -> None:
    outcome = run_suite("fold_rules", demo, min_test=48, min_train=200)
    assert outcome.status is Status.PASSED, outcome.summary
    assert outcome.measured["expectations_evaluated"] == 3


@pytest.mark.parametrize(("side", "fewest"), [("test", 48), ("train", 231)])
def test_a_class_with_too_few_rows_is_found(
    demo: SuiteInput, run_suite: RunSuite, side: str, fewest: int
) -> None:
    counted = demo.rounds.filter(label="invalid", side=side).group_by("round").len()
    short = counted.filter(len=fewest).sort("round")["round"].to_list()
    assert counted["len"].min() == fewest
    minimum = {"min_test": 1, "min_train": 1, f"min_{side}": fewest + 1}
    outcome = run_suite("fold_rules", demo, **minimum)
    assert broken(outcome) == [COUNTS]
    assert [finding.message for finding in outcome.findings] == [
        f'{COUNTS}: round {j}: class "invalid" has {fewest} rows in {side}, '
        f"{fewest + 1} are asked for"
        for j in short
    ]
    assert {finding.count for finding in outcome.findings} == {fewest}


def test_a_class_that_is_nowhere_is_missed(demo: SuiteInput, run_suite: RunSuite) -> None:
    rounds = demo.rounds.filter(pl.col("label") != "invalid")
    given = replace(demo, rounds=rounds)
    outcome = run_suite("fold_rules", given, min_test=1, min_train=1)
    assert broken(outcome) == [COUNTS]
    assert len(outcome.findings) == 10


@pytest.mark.parametrize("minimum", [0, -1, 2.5, True, "30"])
def test_a_minimum_that_is_none_is_an_error(
    demo: SuiteInput, run_suite: RunSuite, minimum: object
) -> None:
    outcome = run_suite("fold_rules", demo, min_test=minimum, min_train=1)
    assert outcome.status is Status.ERROR
    assert "min_test" in outcome.summary


def test_patients_on_both_sides_are_found(demo_by_row: SuiteInput, run_suite: RunSuite) -> None:
    outcome = run_suite("fold_rules", demo_by_row, min_test=1, min_train=1)
    assert broken(outcome) == [GROUPS]
    assert len(outcome.findings) == 5
    first = outcome.findings[0]
    expected = _on_both_sides(demo_by_row.rounds, 0)
    assert first.count == expected["subject_id"].n_unique()
    assert set(first.rows) <= set(expected.filter(side="test")["row_id"])
    assert len(first.rows) == 20


def test_one_row_on_the_other_side_is_found(demo: SuiteInput, run_suite: RunSuite) -> None:
    # The patient of this row has other rows, all in the same fold.
    moved = (pl.col("round") == 0) & (pl.col("row_id") == ROW)
    patient = demo.table.filter(row_id=ROW)["subject_id"][0]
    rows = demo.rounds.filter(round=0, subject_id=patient)
    assert rows.height > 1
    other = "test" if rows["side"][0] == "train" else "train"
    side = pl.when(moved).then(pl.lit(other)).otherwise(pl.col("side")).alias("side")
    given = replace(demo, rounds=demo.rounds.with_columns(side))
    outcome = run_suite("fold_rules", given, min_test=1, min_train=1)
    assert broken(outcome) == [GROUPS]
    assert outcome.findings[0].count == 1
    assert set(outcome.findings[0].rows) <= set(rows["row_id"])


def test_a_null_key_is_no_group(demo_by_row: SuiteInput, run_suite: RunSuite) -> None:
    repeated = pl.col("subject_id").is_in(
        demo_by_row.table.filter(pl.col("subject_id").is_duplicated())["subject_id"].implode()
    )
    key = pl.when(~repeated).then(pl.col("subject_id")).alias("subject_id")
    given = replace(demo_by_row, rounds=demo_by_row.rounds.with_columns(key))
    assert run_suite("fold_rules", given, min_test=1, min_train=1).status is Status.PASSED


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"groups": ()}, "at least one column"),
        ({"groups": ("ward",)}, "no column ['ward']"),
    ],
)
def test_without_a_group_key_the_rule_has_not_run(
    demo: SuiteInput, run_suite: RunSuite, change: dict[str, tuple[str, ...]], says: str
) -> None:
    outcome = run_suite("fold_rules", replace(demo, **change), min_test=1, min_train=1)
    assert outcome.status is Status.ERROR
    assert says in outcome.summary


def test_a_key_without_values_has_not_run(demo: SuiteInput, run_suite: RunSuite) -> None:
    rounds = demo.rounds.with_columns(subject_id=pl.lit(None, dtype=pl.Int64))
    outcome = run_suite("fold_rules", replace(demo, rounds=rounds), min_test=1, min_train=1)
    assert outcome.status is Status.ERROR
    assert "every subject_id is null" in outcome.summary


def _on_both_sides(rounds: pl.DataFrame, number: int) -> pl.DataFrame:
    both = pl.col("side").n_unique().over("subject_id") > 1
    return rounds.filter(round=number).filter(both)
