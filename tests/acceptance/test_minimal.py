"""docs/minimal: what the README tells a newcomer to copy runs after the listed edits alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.acceptance.conftest import REPO, Scratch

pytestmark = pytest.mark.dvc
MINIMAL = REPO / "docs" / "minimal"
# What stands in params.yaml, and what stands there after the edits that it marks.
EDITS = {
    "data/orders.csv": "data/visits.csv",
    "order_id": "visit",
    "label: returned": "label: outcome",
    "customer_id": "customer",
    "ordered_on": "day",
    "Returned orders": "Visits",
}


def _visits() -> pl.DataFrame:
    rng = np.random.default_rng(5)
    customer = rng.integers(0, 150, 620)
    amount = rng.normal(size=620)
    amount[::37] = np.nan
    return pl.DataFrame(
        {
            "visit": [f"v{i:04d}" for i in range(620)],
            "customer": customer,
            "day": [f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(620)],
            "amount": amount,
            "weight": rng.normal(size=620),
            "country": rng.choice(["AT", "CH", "DE"], 620),
            "outcome": np.where(np.nan_to_num(amount) + rng.normal(size=620) > 0.5, "yes", "no"),
        }
    ).with_columns(pl.col("amount").fill_nan(None))


@pytest.fixture
def minimal(tmp_path: Path) -> Scratch:
    root = tmp_path / "project"
    (root / "data").mkdir(parents=True)
    _visits().write_csv(root / "data" / "visits.csv")
    text = (MINIMAL / "params.yaml").read_text(encoding="utf-8")
    for ours, theirs in EDITS.items():
        assert ours in text
        text = text.replace(ours, theirs)
    (root / "params.yaml").write_text(text, encoding="utf-8")
    shutil.copy(MINIMAL / "dvc.yaml", root)
    shutil.copy(MINIMAL / "gitignore", root / ".gitignore")
    scratch = Scratch(root)
    scratch.run("git", "init", "--quiet", check=True)
    scratch.dvc("init", "--quiet", check=True)
    scratch.dvc("config", "core.analytics", "false", check=True)
    return scratch


def _for_git(scratch: Scratch) -> list[str]:
    """What ``git add --all`` takes in of data and reports."""
    scratch.run("git", "add", "--all", check=True)
    staged = scratch.run("git", "diff", "--cached", "--name-only", check=True).out.split()
    return [
        name
        for name in sorted(staged)
        if name.startswith(("reports/", "data/")) and not name.endswith(".gitignore")
    ]


def test_every_edit_is_marked_and_every_mark_is_an_edit() -> None:
    marked = [
        line
        for line in (MINIMAL / "params.yaml").read_text(encoding="utf-8").splitlines()
        if "# EDIT" in line
    ]
    for line in marked:
        assert any(ours in line for ours in EDITS), line
    for ours in EDITS:
        assert any(ours in line for line in marked), ours


def test_it_runs_with_the_listed_edits_alone(minimal: Scratch) -> None:
    minimal.dvc("repro", check=True)

    verdict = minimal.read(minimal.artefact("main", "verdict.json"))
    assert verdict["passed"]
    assert (minimal.root / "reports" / "index.html").stat().st_size > 10_000
    assert "up to date" in minimal.dvc("repro", check=True).out
    minimal.fold_guard("verify", check=True)
    assert _for_git(minimal) == ["data/visits.csv", "reports/main/cv/metrics.json"]


def test_a_refusal_starts_no_training(minimal: Scratch) -> None:
    params = minimal.root / "params.yaml"
    text = params.read_text(encoding="utf-8").replace(
        "strategy: stratified_group", "strategy: stratified"
    )
    params.write_text(text, encoding="utf-8")

    ran = minimal.dvc("repro")

    assert ran.code == 255
    assert "FG301" in ran.text
    assert "plans.main.fold.strategy" in ran.text
    minimal.assert_untrained()
    assert _for_git(minimal) == ["data/visits.csv"]


def test_the_example_is_no_pipeline_of_this_repository(minimal: Scratch) -> None:
    shutil.copytree(MINIMAL, minimal.root / "docs" / "minimal")
    assert "docs/minimal" in minimal.dvc("stage", "list", "--all", check=True).out

    shutil.copy(REPO / ".dvcignore", minimal.root)

    listed = minimal.dvc("stage", "list", "--all", check=True).out
    assert "fold@main" in listed
    assert "docs/minimal" not in listed
