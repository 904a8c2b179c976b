"""A project in a folder, with text for ids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fold_guard.stages.check import check
from fold_guard.stages.fold import fold
from fold_guard.stages.gate import gate
from tests.stages.spy import LOG, Laid


@pytest.fixture
def table(clinic: pl.DataFrame) -> pl.DataFrame:
    return clinic.with_columns(visit=pl.format("P{}", pl.col("visit") + 10_000))


@pytest.fixture
def laid(tmp_path: Path, table: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Laid:
    """Write a project; its folds are made, checked and judged. Return its params.yaml."""
    monkeypatch.setenv(LOG, str(tmp_path / "fits.log"))
    monkeypatch.delenv("FOLD_GUARD_KEY", raising=False)
    table.write_parquet(tmp_path / "visits.parquet")

    def lay(cv: dict[str, Any] | None, **plan: Any) -> Path:
        from fold_guard.project import load_project

        checks = {"row_identity": {}, "fold_map_matches_data": {}, "group_overlap": {}}
        folds = {"strategy": "stratified_group", "n_splits": 4}
        roles = {"id": "visit", "label": "y", "groups": ["patient"], "features": ["x"]}
        params: dict[str, Any] = {
            "data": {"path": "visits.parquet", "roles": roles},
            "plans": {"whole": {"fold": folds, "checks": checks, **plan}},
        }
        if cv is not None:
            spy = {"call": "tests.stages.spy.Spy", "with": {"strategy": "prior"}}
            params["cv"] = {"estimator": spy, "recheck": 0, **cv}
        config = tmp_path / "params.yaml"
        config.write_text(json.dumps(params), encoding="utf-8")
        project = load_project(config)
        for stage in (fold, check, gate):
            stage(project, "whole")
        return config

    return lay
