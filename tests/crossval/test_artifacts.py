from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from fold_guard.crossval.artifacts import write_result
from fold_guard.crossval.calibration import calibration_bins
from fold_guard.crossval.fit import score_rounds
from fold_guard.crossval.requirements.check import check_requirements
from fold_guard.crossval.requirements.requirement import Requirement, RequirementOutcome
from fold_guard.crossval.result import Result
from fold_guard.crossval.stored import read_requirements, read_result
from fold_guard.errors import ArtifactError
from fold_guard.partition.rounds import kfold_rounds

ODD = '<script>\x1b[31m,\n"é'


def make(estimator: Any = None, odd: str = ODD) -> Result:
    rng = np.random.default_rng(2)
    y = np.array(["no", "yes", odd], dtype=object)[np.arange(60) % 3]
    X = pd.DataFrame({"x": rng.normal(size=60) + (y == "yes")})
    rounds = kfold_rounds((np.arange(60) // 3 % 4).astype(np.int64))
    ids = [f"r{i:02d}" for i in range(60)]
    return score_rounds(estimator or LogisticRegression(), X, y, rounds, row_ids=ids)


def outcomes(result: Result) -> tuple[RequirementOutcome, ...]:
    wanted = [
        Requirement("recall[yes]", "lower", least=0.99),
        Requirement("brier", "upper", 0.0, 2.0),
    ]
    return check_requirements(result, wanted)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    directory = tmp_path / "cv"
    directory.mkdir()
    result = make()
    write_result(result, outcomes(result), directory)
    return directory


def test_same_input_same_bytes(written: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    result = make()
    write_result(result, outcomes(result), again)
    assert contents(again) == contents(written)
    assert set(contents(written)) == {
        "metrics.json",
        "result.json",
        "rounds.csv",
        "classes.csv",
        "confusion.csv",
        "calibration.csv",
        "predictions.parquet",
    }


@pytest.mark.parametrize("estimator", [LogisticRegression(), LinearSVC()])
def test_what_is_read_writes_the_same_bytes(estimator: Any, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    result = make(estimator)
    write_result(result, outcomes(result), first)
    back = read_result(first)
    write_result(back, read_requirements(first), second)
    assert contents(first) == contents(second)
    assert back.predictions.equals(result.predictions)
    assert back.confusion == result.confusion
    assert back.classes == result.classes


def test_metrics_json_holds_the_headlines(written: Path) -> None:
    result = make()
    metrics = json.loads((written / "metrics.json").read_text(encoding="utf-8"))
    summary = result.summary["average_precision"]
    assert metrics["average_precision"] == {
        "estimate": pytest.approx(summary.estimate, abs=1e-6),
        "low": pytest.approx(summary.low, abs=1e-6),
        "high": pytest.approx(summary.high, abs=1e-6),
    }
    assert metrics["recall"]["yes"] == pytest.approx(
        result.summary["recall[yes]"].estimate, abs=1e-6
    )
    assert metrics["requirements"] == {"met": 1, "missed": 1}


def test_undefined_metrics_are_left_out_of_metrics_json_and_empty_in_csv(tmp_path: Path) -> None:
    write_result(make(LinearSVC()), (), tmp_path)
    metrics = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert "log_loss" not in metrics
    with (tmp_path / "rounds.csv").open(newline="", encoding="utf-8") as file:
        assert [row["log_loss"] for row in csv.DictReader(file)] == [""] * 4
    assert (tmp_path / "calibration.csv").read_text().count("\n") == 1


def test_tables_for_plots(written: Path) -> None:
    result = make()

    def rows(name: str) -> list[dict[str, str]]:
        with (written / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    assert [int(row["test_rows"]) for row in rows("rounds.csv")] == [15] * 4
    for row, each in zip(rows("rounds.csv"), result.rounds, strict=True):
        assert float(row["roc_auc"]) == pytest.approx(each.test.values["roc_auc"], abs=1e-6)
        assert float(row["train_brier"]) == pytest.approx(each.train.values["brier"], abs=1e-6)
    assert {row["class"] for row in rows("classes.csv")} == {"no", "yes", ODD}
    pairs = [(row["actual"], row["predicted"]) for row in rows("confusion.csv")]
    assert len(pairs) == 60
    for i, actual in enumerate(result.classes):
        for j, predicted in enumerate(result.classes):
            assert pairs.count((actual, predicted)) == result.confusion[i][j]
    # A bracket in a heading would be a path to Vega.
    for name in ("rounds.csv", "classes.csv", "confusion.csv", "calibration.csv"):
        assert not set("[].") & set("".join(rows(name)[0]))


def test_no_number_is_longer_than_six_decimals(written: Path) -> None:
    def floats(value: Any) -> list[float]:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            return [number for part in value for number in floats(part)]
        return [value] if isinstance(value, float) else []

    for name in ("result.json", "metrics.json"):
        numbers = floats(json.loads((written / name).read_text(encoding="utf-8")))
        assert len(numbers) > 20
        assert all(number == round(number, 6) and math.isfinite(number) for number in numbers)


def test_calibration_bins_hold_every_row_once() -> None:
    result = make(odd="odd")
    bins = calibration_bins(result)
    for label in result.classes:
        mine = [each for each in bins if each.label == label]
        assert sum(each.rows for each in mine) == 60
        assert sum(each.observed * each.rows for each in mine) == pytest.approx(20)
        for each in mine:
            assert each.lower <= each.mean_predicted <= each.upper
            assert each.low <= each.observed <= each.high


def edit(key: str, change: Callable[[Any], Any]) -> Callable[[Path], None]:
    def apply(directory: Path) -> None:
        path = directory / "result.json"
        document = json.loads(path.read_text(encoding="utf-8"))
        document[key] = change(document.get(key))
        path.write_text(json.dumps(document), encoding="utf-8")

    return apply


def truncate(name: str) -> Callable[[Path], None]:
    def apply(directory: Path) -> None:
        path = directory / name
        path.write_bytes(path.read_bytes()[:-40])

    return apply


def change_prediction(directory: Path) -> None:
    path = directory / "predictions.parquet"
    frame = pl.read_parquet(path)
    flipped = pl.when(pl.col("prediction") == "yes").then(pl.lit("no")).otherwise("prediction")
    frame.with_columns(flipped.alias("prediction")).write_parquet(path)


def repeat_a_row(directory: Path) -> None:
    path = directory / "predictions.parquet"
    frame = pl.read_parquet(path)
    first = pl.when(pl.col("row_id") == "r01").then(pl.lit("r00")).otherwise("row_id")
    frame.with_columns(first.alias("row_id")).write_parquet(path)


def without_summary(summary: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in summary.items() if name != "brier"}


def more_rows(rounds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rounds[0] | {"test_rows": 16}, *rounds[1:]]


def silent_null(rounds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rounds[0]["test"]["values"]["brier"] = None
    return rounds


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: (d / "result.json").unlink(), "result.json: does not exist"),
        (lambda d: (d / "predictions.parquet").unlink(), "predictions.parquet: does not exist"),
        (truncate("result.json"), "not valid JSON"),
        (truncate("predictions.parquet"), "not a readable Parquet"),
        (lambda d: (d / "result.json").write_bytes(b"\xff\xfe"), "cannot be read"),
        (lambda d: (d / "result.json").write_text("[]"), "version None"),
        (edit("schema", lambda _: "fold-guard/cv/9"), "version 'fold-guard/cv/9'"),
        (edit("confidence", lambda _: "0.95"), "result.json: confidence: "),
        (edit("confidence", lambda _: float("nan")), "NaN is no number"),
        (edit("surprise", lambda _: 1), "does not write"),
        (edit("summary", without_summary), "lacks metrics"),
        (edit("rounds", more_rows), "disagrees with itself on the rows of round 0"),
        (edit("rounds", lambda rounds: rounds[1:]), "different rounds"),
        (edit("rounds", silent_null), "without a reason"),
        (edit("confusion", lambda rows: rows[::-1]), "not the sum of its rounds"),
        (change_prediction, "predictions disagree on round 0"),
        (repeat_a_row, "a row is tested twice"),
    ],
)
def test_damaged_files(damage: Callable[[Path], Any], message: str, written: Path) -> None:
    damage(written)
    with pytest.raises(ArtifactError, match=message) as caught:
        read_result(written)
    assert caught.value.remedy


def test_no_class_is_a_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    live = '=HYPERLINK("http://example.org")'
    write_result(make(odd=live), (), tmp_path)
    columns = {"classes.csv": "class", "confusion.csv": "actual", "calibration.csv": "class"}
    for name, column in columns.items():
        with (tmp_path / name).open(encoding="utf-8", newline="") as file:
            found = {row[column] for row in csv.DictReader(file)}
        assert found == {"no", "yes", f"'{live}"}, name
    with (tmp_path / "confusion.csv").open(encoding="utf-8", newline="") as file:
        assert f"'{live}" in {row["predicted"] for row in csv.DictReader(file)}
    # Whoever computes with it has the class itself.
    assert read_result(tmp_path).classes == (live, "no", "yes")


def test_classes_that_are_numbers_keep_their_names(tmp_path: Path) -> None:
    write_result(make(odd="-1"), (), tmp_path)
    with (tmp_path / "classes.csv").open(encoding="utf-8", newline="") as file:
        assert {row["class"] for row in csv.DictReader(file)} == {"no", "yes", "-1"}
