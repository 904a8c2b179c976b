from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import polars as pl

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.subjects.prepare import subject_of_map
from fold_guard.checks.subjects.subject import Subject
from fold_guard.dataset.roles import Roles
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan

Run = Callable[..., tuple[Outcome, ...]]


def _made(covid: pd.DataFrame) -> tuple[FoldMap, pl.DataFrame, Roles]:
    table = pl.from_pandas(covid.head(500))
    roles = Roles(id=("row_id",), label="result").resolve(table.columns, source="test")
    plan = FoldPlan("stratified", n_splits=3)
    return make_folds(table, plan, id="row_id", label="result"), table, roles


def test_planted_changes_are_counted(covid: pd.DataFrame, outcomes_of: Run) -> None:
    made, table, roles = _made(covid)
    ids = table["row_id"].to_list()
    older = pl.when(pl.col("row_id").is_in(ids[:7])).then(pl.col("age") + 1).otherwise("age")
    relabelled = pl.when(pl.col("row_id").is_in(ids[5:8])).then(pl.lit("?")).otherwise("result")
    changed = table.with_columns(older.alias("age"), relabelled.alias("result"))[:-4]
    more = table[:2].with_columns(pl.col("row_id") + 10**6)
    [found] = outcomes_of(
        subject_of_map(made, pl.concat([changed, more]), roles), "fold_map_matches_data"
    )
    truth = (covid.head(496)["age"].head(7).notna().to_numpy()).sum()
    assert found.measured == {
        "rows_missing": 4,
        "rows_extra": 2,
        "rows_changed": int(truth) + 1,
        "labels_changed": 3,
        "columns_changed": False,
        "edited": False,
    }
    assert truth == 7
    rows = {each.message.split(" ", 2)[2]: each.rows for each in found.findings}
    assert rows["of the fold map missing from the table"] == tuple(sorted(ids[-4:]))
    assert rows["of the table without a fold"] == tuple(sorted(more["row_id"]))
    assert rows["with another label than when the fold map was made"] == tuple(sorted(ids[5:8]))


def test_a_column_that_came_is_one_sentence(covid: pd.DataFrame, outcomes_of: Run) -> None:
    made, table, roles = _made(covid)
    [found] = outcomes_of(
        subject_of_map(made, table.with_columns(pl.lit(1).alias("new")), roles),
        "fold_map_matches_data",
    )
    [finding] = found.findings
    assert found.status is Status.FAILED
    assert "columns came, went or were renamed" in finding.message
    assert (finding.count, finding.rows) == (500, ())


def test_an_edited_map_is_named_first(subject_of: Callable[..., Subject], outcomes_of: Run) -> None:
    table = {"id": [1, 2, 3, 4], "x": [1, 2, 3, 4]}
    subject = subject_of({"made_from": table, "columns": table, "edit": {0: 1, 1: 0}})
    [found] = outcomes_of(subject, "fold_map_matches_data")
    assert found.summary == "the fold map was edited after it was made"


def test_without_a_map_there_is_nothing_to_match(
    subject_of: Callable[..., Subject], outcomes_of: Run
) -> None:
    subject = subject_of({"columns": {"id": [1, 2], "fold": [0, 1]}})
    [found] = outcomes_of(subject, "fold_map_matches_data")
    assert (found.status, found.summary) == (Status.NOT_APPLICABLE, "there is no fold map")
