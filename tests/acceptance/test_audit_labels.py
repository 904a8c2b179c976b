"""``fold-guard audit`` with several labels a row."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from fold_guard.cli.main import main

LABELS = ("--label", "red", "--label", "round")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    pl.DataFrame(
        {
            "id": range(40),
            "patient": [row // 2 for row in range(40)],
            "red": [row % 2 for row in range(40)],
            "round": [row % 4 < 3 for row in range(40)],
            "x": [row * row / 8 for row in range(40)],
            "fold": [row // 2 % 2 for row in range(40)],
        }
    ).write_parquet(tmp_path / "things.parquet")
    return tmp_path


def run(capture: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as leaving:
        main(("audit", "things.parquet", "--fold", "fold", "--id", "id", *arguments))
    shown = capture.readouterr()
    return leaving.value.code, shown.out, shown.err


def test_each_label_is_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, *LABELS, "--group", "patient", "--format", "json")
    report = json.loads(out)
    assert (code, report["dataset"]["label"], report["dataset"]["labels"]) == (
        0,
        None,
        ["red", "round"],
    )
    assert report["dataset"]["features"] == ["x"]
    [counts] = [each for each in report["checks"] if each["code"] == "FG202"]
    assert counts["measured"]["min_test"] == {"red": 10, "round": 10}
    assert report["folds"]["by_class"] == [[10, 20], [10, 10]]


def test_one_label_is_a_class(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = json.loads(run(capsys, "--label", "red", "--format", "json")[1])
    assert report["dataset"]["label"] == "red"
    assert "labels" not in report["dataset"]
    [counts] = [each for each in report["checks"] if each["code"] == "FG202"]
    assert counts["measured"]["min_test"] == {"0": 10, "1": 10}


def test_the_text_asks_for_no_label_and_leaves_no_column_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, *LABELS)
    assert code == 0
    assert "FG203" in out
    assert "2 labels" in out
    assert "name --group and --time to check" in " ".join(out.split())
    assert "taken for an id" not in out


def test_a_label_that_is_a_class_among_several_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, *LABELS, "--label", "patient")
    assert code == 1
    assert "column patient" in " ".join(out.split())
    code, _, err = run(capsys, *LABELS, "--label", "red")
    assert code == 2
    assert "named twice" in err


def test_a_repair_keeps_the_labels(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torn = pl.read_parquet("things.parquet").with_columns(fold=pl.col("id") % 2)
    torn.write_parquet("things.parquet")
    code, out, _ = run(capsys, *LABELS, "--group", "patient", "--repair", "mended")
    assert code == 1
    assert "FG301" in out
    manifest = json.loads((folder / "mended" / "manifest.json").read_text())
    assert manifest["dataset"]["labels"] == ["red", "round"]
    assert pl.read_parquet("mended/fold_map.parquet")["label"].to_list()[:2] == [
        '["round"]',
        '["red", "round"]',
    ]


def test_the_page_repeats_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, page, _ = run(capsys, *LABELS, "--format", "html")
    assert "--label red --label round" in page
    assert "labels red and round" in page
