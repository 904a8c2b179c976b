"""``fold-guard audit --deep --estimator``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fold_guard.cli.main import main

MODULE = """
from sklearn.tree import DecisionTreeClassifier

def tree():
    return DecisionTreeClassifier(random_state=0)

def leaky(frame, train_positions, test_positions):
    print("fitted")
    return {"mean": frame["x"].mean()}

def leaving(frame, train_positions, test_positions):
    raise SystemExit(0)

def made_by_leaving():
    raise SystemExit(0)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "deep_training_of_mine", raising=False)
    (tmp_path / "deep_training_of_mine.py").write_text(MODULE)
    pl.DataFrame(
        {
            "id": range(80),
            "patient": [row // 2 for row in range(80)],
            "x": [float(row // 2 * 7 % 40) + 0.1 * (row % 2) for row in range(80)],
            "y": ["ill" if row // 2 * 7 % 40 % 2 else "well" for row in range(80)],
            "fold": [row % 2 for row in range(80)],
        }
    ).write_parquet(tmp_path / "visits.parquet")
    return tmp_path


def run(capture: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, Any, str]:
    command = ("audit", "visits.parquet", "--fold", "fold", "--id", "id", "--label", "y")
    with pytest.raises(SystemExit) as leaving:
        main((*command, "--group", "patient", *arguments))
    shown = capture.readouterr()
    return leaving.value.code, shown.out, shown.err


def test_what_fits_runs_only_when_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--format", "json")
    report = json.loads(out)
    idle = {each["code"]: each["reason"] for each in report["not_run"]}
    assert idle["FG501"] == idle["FG601"] == "opt in with --deep"
    _, out, _ = run(capsys, "--format", "json", "--deep")
    report = json.loads(out)
    assert "FG601" in {each["code"] for each in report["checks"]}
    [reason] = [each["reason"] for each in report["not_run"] if each["code"] == "FG501"]
    assert reason == "no estimator or training function was given (--estimator MODULE:NAME)"


def test_the_estimator_that_is_named_is_fitted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ("--deep", "--estimator", "deep_training_of_mine:tree")
    code, out, _ = run(capsys, *named, "--format", "json")
    found = {each["code"]: each for each in json.loads(out)["checks"]}
    assert code == 1
    assert found["FG501"]["outcome"] == "passed"
    assert found["FG601"]["measured"]["model"] == "DecisionTreeClassifier(random_state=0)"
    assert found["FG601"]["measured"]["score_given"] == 1
    assert found["FG601"]["findings"][0]["message"].startswith("this leak is worth ")
    named = ("--deep", "--estimator", "deep_training_of_mine:leaky")
    _, out, _ = run(capsys, *named)
    assert "the test rows change mean" in " ".join(out.split())


def test_an_estimator_that_nothing_would_fit_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "--estimator", "deep_training_of_mine:tree")
    assert (code, out) == (2, "")
    assert "Add --deep" in err
    code, out, err = run(capsys, "--deep", "--estimator", "deep_training_of_mine:treee")
    assert (code, out) == (2, "")
    assert "tree" in err


def test_what_training_prints_is_no_part_of_the_report(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ("--deep", "--estimator", "deep_training_of_mine:leaky", "--format", "json")
    _, out, err = run(capsys, *named)
    assert json.loads(out)["outcome"] == "failed"
    assert "fitted" in err


def test_training_that_ends_the_program_is_no_pass(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ("--deep", "--estimator", "deep_training_of_mine:leaving", "--format", "json")
    code, out, _ = run(capsys, *named)
    found = {each["code"]: each["outcome"] for each in json.loads(out)["checks"]}
    assert (code, found["FG501"]) == (1, "error")
    code, out, err = run(capsys, "--deep", "--estimator", "deep_training_of_mine:made_by_leaving")
    assert (code, out) == (2, "")
    assert "raised SystemExit" in err
