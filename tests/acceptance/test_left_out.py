"""A critical subgroup left out one by one, by the command line: make, check, gate, grow, audit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fold_guard.folds.fold_map import FoldMap
from tests.acceptance.conftest import Scratch

PARAMS = """
data:
  path: data/visits.parquet
  roles: {id: visit, label: y, groups: [patient], features: [x], segments: [ward]}
plans:
  main:
    fold: {strategy: stratified_group, n_splits: 4, seed: 3, leave_out: {ward: icu}}
    checks:
      row_identity: {}
      fold_map_matches_data: {}
      fold_shape: {max_size_ratio: 1.5}
      class_counts: {min_test: 10}
      class_balance: {severity: error}
      group_overlap: {}
cv:
  estimator: {call: sklearn.dummy.DummyClassifier, with: {strategy: prior}}
"""
FOLDS = Path("data") / "folds" / "main"


def visits(rows: int, start: int, icu: tuple[int, ...]) -> pl.DataFrame:
    """Two visits a patient, numbered on; those named by their patient are in intensive care."""
    rng = np.random.default_rng(start)
    at = np.arange(start, start + rows)
    return pl.DataFrame(
        {
            "visit": [f"v{each:04}" for each in at],
            "patient": at // 2,
            "ward": np.where(np.isin(at // 2, icu) & (at % 2 == 1), "icu", "ward"),
            "y": np.where(at // 2 % 3 == 0, "no", "yes"),
            "x": rng.normal(size=rows),
        }
    )


FIRST = visits(240, 0, (4, 50, 51))


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    project = Scratch(tmp_path / "project")
    (project.root / "data").mkdir(parents=True)
    (project.root / "params.yaml").write_text(PARAMS, encoding="utf-8")
    FIRST.write_parquet(project.root / "data" / "visits.parquet")
    return project


def standing(scratch: Scratch) -> list[str]:
    """What ``verify`` finds broken; nothing was trained here."""
    lines = scratch.fold_guard("verify").out.splitlines()
    assert any("fold map" in line and "holds" in line for line in lines)
    return [line.split()[1] for line in lines[1:] if "BROKEN" in line]


def test_made_checked_and_passed(scratch: Scratch) -> None:
    said = scratch.fold_guard("fold", check=True).out
    assert "4 folds of 54 to 60 rows and 3 groups left out one by one (ward 'icu')" in said
    made = FoldMap.load(scratch.root / FOLDS)
    held = dict(made.table.select("row_id", "fold").iter_rows())
    for patient, fold in ((4, 4), (50, 5), (51, 6)):
        assert {held[f"v{2 * patient + at:04}"] for at in (0, 1)} == {fold}
    scratch.fold_guard("check", check=True)
    checks = scratch.read(scratch.artefact("main", "check.json"))["checks"]
    assert [each["outcome"] for each in checks] == ["passed"] * len(checks) == ["passed"] * 6
    summary = {each["code"]: each["summary"] for each in checks}
    assert summary["FG201"].endswith("3 units left out one by one, test sides of 2 rows")
    assert summary["FG202"].endswith("units left out one by one need not hold each class")
    assert summary["FG203"].endswith("3 units left out one by one not compared")
    assert scratch.fold_guard("gate").code == 0
    assert standing(scratch) == ["scores"]
    audit = scratch.fold_guard(
        "audit", "data/visits.parquet", "--fold-map", str(FOLDS), "--format", "json"
    )
    found = {each["code"]: each for each in json.loads(audit.out)["checks"]}
    assert found["FG202"]["measured"]["units_left_out"] == 3
    assert found["FG301"]["outcome"] == "passed"


def test_it_grows_and_is_verified(scratch: Scratch) -> None:
    scratch.fold_guard("fold", check=True)
    old = FoldMap.load(scratch.root / FOLDS)
    grown = pl.concat([FIRST, visits(40, 240, (125,))])
    grown.write_parquet(scratch.root / "data" / "visits.parquet")
    scratch.fold_guard("fold", "--extend", str(FOLDS), check=True)
    new = FoldMap.load(scratch.root / FOLDS)
    before = dict(old.table.select("row_id", "fold").iter_rows())
    after = dict(new.table.select("row_id", "fold").iter_rows())
    assert before.items() <= after.items()
    assert after["v0250"] == after["v0251"] == 7
    scratch.fold_guard("check", check=True)
    assert scratch.fold_guard("gate").code == 0
    assert standing(scratch) == ["scores"]


@pytest.mark.parametrize(
    ("leave_out", "said"),
    [
        ({"wrd": "icu"}, "there is no column 'wrd'. Did you mean 'ward'"),
        ({"ward": "ICU"}, "no row has 'ICU' in column 'ward'. Did you mean 'icu'"),
        ({"ward": None}, "plans.main.fold.leave_out"),
        ({}, "plans.main.fold.leave_out: must map a column"),
    ],
)
def test_a_subgroup_that_is_not_there(scratch: Scratch, leave_out: object, said: str) -> None:
    params = scratch.params()
    params["plans"]["main"]["fold"]["leave_out"] = leave_out
    scratch.set_params(params)
    ran = scratch.fold_guard("fold")
    assert ran.code == 2
    assert said in ran.text
    assert "Traceback" not in ran.text
    assert not (scratch.root / FOLDS).exists()
