"""The documents say what the code does: every key of params.yaml, and a snippet that runs."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fold_guard.checks.catalogue import CATALOGUE
from fold_guard.folds.plan import FoldPlan, Strategy
from fold_guard.gate.policy import Suite
from fold_guard.integrations.explaining import ExplainSettings
from fold_guard.integrations.tracking import MlflowSettings, TrackSettings
from fold_guard.project import (
    BudgetSection,
    CompareSection,
    CvSection,
    DataSection,
    ReportSection,
    RolesSection,
)

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTIONS = {
    "data": DataSection,
    "data.roles": RolesSection,
    "plans.&lt;plan&gt;.fold": FoldPlan,
    "plans.&lt;plan&gt;.suites.&lt;name&gt;": Suite,
    "cv": CvSection,
    "cv.budget": BudgetSection,
    "cv.explain": ExplainSettings,
    "cv.track": TrackSettings,
    "cv.track.mlflow": MlflowSettings,
    "report": ReportSection,
    "report.compare": CompareSection,
}


def _rows(heading: str) -> list[list[str]]:
    text = (ROOT / "docs" / "params.md").read_text(encoding="utf-8")
    part = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in part.splitlines()
        if line.startswith("| `")
    ]


def _shown(default: Any) -> str:
    """A default as params.md writes it."""
    if default is dataclasses.MISSING:
        return "-"
    if default == "":
        return "empty"
    if dataclasses.is_dataclass(default):
        return "none"
    text = default if isinstance(default, str) else json.dumps(default).replace('"', "")
    return f"`{text}`"


def _default(field: dataclasses.Field[Any]) -> Any:
    made = field.default_factory
    return field.default if made is dataclasses.MISSING else made()


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_key_of_a_section_is_described_with_its_default(heading: str) -> None:
    described = {row[0]: row[2] for row in _rows(heading) if len(row) == 4 and row[1]}
    for field in dataclasses.fields(SECTIONS[heading]):
        assert described.get(f"`{field.name}`") == _shown(_default(field)), field.name


def test_every_strategy_is_described() -> None:
    named = {row[0] for row in _rows("plans.&lt;plan&gt;.fold")}
    assert {f"`{each}`" for each in Strategy.__args__} <= named


@pytest.mark.parametrize("check", CATALOGUE, ids=lambda check: check.code)
def test_every_threshold_is_described_with_its_default(check: Any) -> None:
    rows = [row for row in _rows("plans.&lt;plan&gt;.checks.&lt;name&gt;") if len(row) == 5]
    mine = [row for row in rows if row[0] == f"`{check.name}`"]
    assert mine
    assert all(check.code in row[4] for row in mine)
    rule = check.rule()
    if rule.severity.value != "error":
        assert f"`{rule.severity.value}`" in mine[0][4]
    described = {row[1]: row[3] for row in mine if row[1] != "none"}
    assert {key: float(json.loads(value.strip("`")) or 0) for key, value in described.items()} == {
        f"`{name}`": float(value or 0) for name, value in rule.thresholds().items()
    }


def test_every_key_of_a_requirement_is_described() -> None:
    from fold_guard.crossval.requirements.parse import _KEYS

    assert {row[0] for row in _rows("plans.&lt;plan&gt;.require")} == {f"`{key}`" for key in _KEYS}


def test_the_readme_tells_what_is_checked() -> None:
    for check in CATALOGUE:
        assert f"| {check.code}" in README or f", {check.code} |" in README, check.code
    assert "PANDERA" in README
    assert "GX" in README


def test_the_map_in_scikit_learn_runs_as_written(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
    code = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0]
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("alpha") == 5


def test_the_python_of_the_readme_runs_as_written(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("REFUSED")
    assert "FG301 group_overlap patient: failed" in ran.stdout
    assert re.search(r"^accuracy 0\.\d\d \[0\.\d\d, 0\.\d\d\]$", ran.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/own_data.md",
        "docs/params.md",
        "docs/architecture.md",
        "docs/growing.md",
        "docs/strategies.md",
    ],
)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        assert "://" in target or (path.parent / target).exists(), target
