"""Checks that fit what cv trains, from params.yaml to the gate and behind it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fold_guard.errors import Refused
from fold_guard.pipeline import run_plan
from fold_guard.project import Project, load_project
from fold_guard.stages.check import check
from fold_guard.stages.cv import cv
from fold_guard.stages.verify import verify


def _params(strategy: str = "prior") -> dict[str, Any]:
    checks = {"row_identity": {}, "preprocessing_isolation": {}, "optimism_gap": {}}
    return {
        "data": {
            "path": "visits.parquet",
            "roles": {"id": "visit", "label": "y", "groups": ["patient"], "features": ["x"]},
        },
        "plans": {
            "whole": {"fold": {"strategy": "stratified_group", "n_splits": 4}, "checks": checks},
            "quick": {
                "fold": {"strategy": "stratified_group", "n_splits": 4},
                "checks": {"row_identity": {}},
            },
        },
        "cv": {
            "headline": ["accuracy"],
            "estimator": {"call": "sklearn.dummy.DummyClassifier", "with": {"strategy": strategy}},
        },
    }


def _project(folder: Path, params: dict[str, Any]) -> Project:
    (folder / "params.yaml").write_text(json.dumps(params), encoding="utf-8")
    return load_project(folder / "params.yaml")


@pytest.fixture
def folder(tmp_path: Path, clinic: pl.DataFrame) -> Path:
    clinic.write_parquet(tmp_path / "visits.parquet")
    return tmp_path


def test_they_fit_what_cv_trains_and_the_gate_reads_them(folder: Path) -> None:
    project = _project(folder, _params())
    verdict, result = run_plan(project, "whole")
    assert verdict.passed, verdict
    assert verdict.checks == 3
    assert result is not None
    report = json.loads(project.paths("whole").check.read_text())
    isolation, gap = (each for each in report["checks"] if each["code"] in ("FG501", "FG601"))
    assert isolation["measured"]["training"] == "DummyClassifier()"
    assert isolation["outcome"] == "passed"
    assert gap["measured"]["gap"] == 0
    statements = {each.subject: each for each in verify(project, ("whole",))["whole"]}
    assert statements["checks"].holds
    assert statements["checks"].detail.endswith(
        "not run again here: preprocessing_isolation, optimism_gap"
    )
    assert statements["report"].detail == "3 outcomes come out the same again"


def test_another_estimator_is_another_policy(folder: Path) -> None:
    run_plan(_project(folder, _params()), "whole")
    changed = _project(folder, _params("uniform"))
    with pytest.raises(Refused, match="policy"):
        cv(changed, "whole")
    # A plan whose checks fit nothing does not care.
    same = {_project(folder, _params(each)).policy("quick").digest for each in ("prior", "uniform")}
    assert len(same) == 1


def test_without_an_estimator_isolation_shuts_the_gate(folder: Path) -> None:
    params = _params()
    run_plan(_project(folder, params), "whole")
    del params["cv"]
    report = check(_project(folder, params), "whole")
    outcomes = {each.code: each.status.value for each in report.checks}
    assert outcomes == {"FG101": "passed", "FG501": "not_applicable", "FG601": "passed"}
    assert not report.passed
