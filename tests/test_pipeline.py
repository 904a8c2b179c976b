"""The whole flow from Python: table to score, or to a refusal that trains nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pytest
from sklearn.dummy import DummyClassifier

from fold_guard import FoldPlan, cross_validate, judge, make_folds
from fold_guard.checks.catalogue import BY_NAME
from fold_guard.errors import UsageError
from fold_guard.pipeline import run_plan
from fold_guard.project import Project, load_project

PLAN: dict[str, Any] = {
    "fold": {"strategy": "stratified_group", "n_splits": 4},
    "checks": {"row_identity": {}, "fold_map_matches_data": {}, "group_overlap": {}},
}


@pytest.fixture
def project(tmp_path: Path, clinic: pl.DataFrame) -> Project:
    clinic.write_parquet(tmp_path / "visits.parquet")
    rows_alone = PLAN | {"fold": {"strategy": "stratified", "n_splits": 4}}
    roles = {"id": "visit", "label": "y", "groups": ["patient"], "features": ["x"]}
    params = {
        "data": {"path": "visits.parquet", "roles": roles},
        "plans": {"whole": PLAN, "torn": rows_alone},
        "cv": {
            "headline": ["accuracy"],
            "estimator": {"call": "sklearn.dummy.DummyClassifier", "with": {"strategy": "prior"}},
        },
    }
    (tmp_path / "params.yaml").write_text(json.dumps(params), encoding="utf-8")
    return load_project(tmp_path / "params.yaml")


def test_a_plan_that_passes_is_scored(project: Project) -> None:
    verdict, result = run_plan(project, "whole")
    assert verdict.passed
    assert result is not None
    assert result.summary["accuracy"].estimate == pytest.approx(0.5)
    assert (project.paths("whole").cv / "metrics.json").is_file()


def test_a_plan_that_leaks_is_not_trained(project: Project) -> None:
    verdict, result = run_plan(project, "torn")
    assert not verdict.passed
    assert result is None
    assert not project.paths("torn").cv.exists()


def test_given_folds_are_no_feature(tmp_path: Path, clinic: pl.DataFrame) -> None:
    """A model that sees the fold column learns what it is tested on."""
    table = clinic.with_columns(mine=pl.col("patient") % 4)
    made = make_folds(table, FoldPlan("predefined", column="mine"), id="visit", label="y")
    verdict = judge(table, made, rules={"row_identity": BY_NAME["row_identity"].rule()})
    result = cross_validate(Columns(), table, made, verdict=verdict)
    assert result.rounds
    assert Columns.seen == {("patient", "day", "x")}
    with pytest.raises(UsageError, match="'mine' is a feature and has another role"):
        judge(table, made, features=["mine", "x"])


class Columns(DummyClassifier):  # type: ignore[misc]
    """Notes which columns it is fitted on."""

    seen: ClassVar[set[tuple[str, ...]]] = set()

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        self.seen.add(tuple(X.columns))
        return super().fit(X, y, sample_weight)


def test_what_is_printed_says_the_word_first(project: Project) -> None:
    verdict, result = run_plan(project, "whole")
    assert str(verdict).startswith("PASSED plan whole: 3 checks, verdict ")
    assert "\n  accuracy 0.500 [" in str(result)
    refused, _ = run_plan(project, "torn")
    assert str(refused).startswith("REFUSED plan torn: 3 checks")
    assert "\n  refused FG301 group_overlap patient: " in str(refused)
