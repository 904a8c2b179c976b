"""Units left out one by one: what compares folds compares the dealt ones, and says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.subjects.prepare import subject_of_map
from fold_guard.checks.subjects.subject import Subject
from fold_guard.evidence.judge import judge
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan

Run = Callable[..., tuple[Outcome, ...]]
# 60 patients of one row; every tenth is critical and has the class "yes".
TABLE = pl.DataFrame(
    {
        "row": range(60),
        "site": ["critical" if at % 10 == 0 else "other" for at in range(60)],
        "y": ["yes" if at % 10 == 0 or at % 3 == 0 else "no" for at in range(60)],
        "x": [1000.0 + at if at % 10 == 0 else at * 37 % 60 / 60 for at in range(60)],
        "patient": [at // 2 for at in range(60)],
    }
)


def subject(table: pl.DataFrame = TABLE, strategy: Any = "stratified", **more: Any) -> Subject:
    groups = "patient" if strategy.endswith("group") else ()
    plan = FoldPlan(strategy, n_splits=3, **({"leave_out": {"site": "critical"}} | more))
    made = make_folds(table, plan, id="row", label="y", groups=groups)
    roles = replace(made.manifest.dataset.roles, features=("x",))
    return subject_of_map(made, table, roles.resolve(table.columns, source="table"))


def rest(**more: Any) -> Subject:
    return subject(TABLE.filter(pl.col("site") != "critical"), leave_out=None, **more)


def test_sizes_are_those_of_the_dealt_folds(outcomes_of: Run) -> None:
    [found] = outcomes_of(subject(), "fold_shape", max_size_ratio=1.0)
    assert found.status is Status.PASSED
    assert found.summary == (
        "3 folds, test sides of 18 rows; 6 units left out one by one, test sides of 1 row"
    )
    assert (found.measured["folds"], found.measured["size_ratio"]) == (9, 1.0)
    assert found.measured["rows_in_no_test_set"] == 0
    assert len(found.measured["rounds"]) == 9  # type: ignore[arg-type]


def test_left_out_groups_have_their_own_sizes(outcomes_of: Run) -> None:
    [found] = outcomes_of(subject(strategy="stratified_group"), "fold_shape")
    assert found.summary.endswith("6 units left out one by one, test sides of 2 rows")


def test_classes_are_counted_in_the_dealt_folds(outcomes_of: Run) -> None:
    [found] = outcomes_of(subject(), "class_counts", min_test=6)
    [alone] = outcomes_of(rest(), "class_counts", min_test=6)
    assert found.status is alone.status is Status.PASSED
    assert found.measured["min_test"] == alone.measured["min_test"] == {"no": 12, "yes": 6}
    assert found.measured["units_left_out"] == 6
    assert found.summary == (
        'rarest class "yes": 6 rows a dealt fold; units left out one by one need not hold each '
        "class"
    )
    [short] = outcomes_of(subject(), "class_counts", min_test=7)
    assert short.status is Status.FAILED
    assert short.measured["shortfalls"] == 3
    assert short.summary.startswith('"yes" has 6 rows in the test side of fold 0')


def test_a_class_of_the_subgroup_alone_is_counted_over_its_units(outcomes_of: Run) -> None:
    table = TABLE.with_columns(
        y=pl.when(pl.col("site") == "critical").then(pl.lit("bad")).otherwise("y")
    )
    [found] = outcomes_of(subject(table), "class_counts", min_test=6)
    assert found.status is Status.PASSED
    assert found.measured["min_test"] == {"bad": 6, "no": 12, "yes": 6}
    [short] = outcomes_of(subject(table), "class_counts", min_test=7)
    assert [each.message for each in short.findings] == [
        '"bad" has 6 rows in the test sides of all units left out one by one together; policy '
        "asks for 7",
        '"yes" has 6 rows in the test side of fold 0; policy asks for 7',
        '"yes" has 6 rows in the test side of fold 1; policy asks for 7',
        '"yes" has 6 rows in the test side of fold 2; policy asks for 7',
    ]
    assert short.findings[0].key == "class bad, test of units left out"
    assert short.measured["shortfalls"] == 4


def test_train_sides_are_those_of_every_round(outcomes_of: Run) -> None:
    # Round 3 leaves one critical row out: 18 + 6 "yes" less that one. Round 0: less 6 of 24.
    [found] = outcomes_of(subject(), "class_counts")
    assert found.measured["min_train"] == {"no": 24, "yes": 18}


def test_balance_is_that_of_the_dealt_folds(outcomes_of: Run) -> None:
    [found] = outcomes_of(subject(), "class_balance", max_share_deviation=0.0)
    [alone] = outcomes_of(rest(), "class_balance", max_share_deviation=0.0)
    assert found.status is alone.status is Status.PASSED
    assert found.measured == alone.measured
    assert found.summary == alone.summary + "; 6 units left out one by one not compared"


@pytest.mark.parametrize("name", ["feature_drift", "adversarial_validation"])
def test_drift_is_that_of_the_dealt_folds(name: str, outcomes_of: Run) -> None:
    rng = np.random.default_rng(0)
    critical = np.arange(240) % 3 == 0
    table = pl.DataFrame(
        {
            "row": range(240),
            "site": np.where(critical, "critical", "other"),
            "y": rng.choice(["no", "yes"], 240),
            "x": rng.normal(size=240) + 5 * critical,
        }
    )
    [found] = outcomes_of(subject(table), name)
    assert found.status is Status.PASSED
    assert found.summary.endswith("80 units left out one by one not compared")
    # Held against the subgroup, which has other values of x, every dealt fold would drift.
    [other] = outcomes_of(replace(subject(table), n_dealt=None), name)
    assert other.status is Status.WARNED


def test_a_large_unit_that_is_left_out_needs_to_fit_no_fold(outcomes_of: Run) -> None:
    large = TABLE.with_columns(
        patient=pl.when(pl.col("row") < 30).then(0).otherwise(pl.col("row")),
        site=pl.when(pl.col("row") == 0).then(pl.lit("critical")).otherwise(pl.lit("other")),
    )
    [found] = outcomes_of(subject(large, "stratified_group"), "component_overlap")
    assert (found.status, found.measured["largest_component"]) == (Status.PASSED, 30)
    assert found.findings == ()
    again = subject(large, "stratified_group", leave_out={"row": 59}, oversized_group="warn")
    [found] = outcomes_of(again, "component_overlap")
    assert "holds 30 of 59 rows" in found.findings[0].message


def test_an_audit_of_such_a_map_passes_whole() -> None:
    plan = FoldPlan("stratified_group", n_splits=3, leave_out={"site": "critical"})
    made = make_folds(TABLE, plan, id="row", label="y", groups="patient")
    assert judge(TABLE, made).passed
