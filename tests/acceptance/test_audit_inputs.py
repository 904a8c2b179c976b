"""``fold-guard audit`` on every way to name a split."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.model_selection import KFold, ShuffleSplit

from fold_guard import FoldPlan, make_folds
from fold_guard.cli.main import main

ROWS = 60


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(5)
    table = pl.DataFrame(
        {
            "visit": [f"v{at:02}" for at in range(ROWS)],
            "patient": [f"p{at // 3}" for at in range(ROWS)],
            "result": ["no", "yes"] * (ROWS // 2),
            "day": range(ROWS),
            "known": [at + 2 for at in range(ROWS)],
            "x": rng.normal(size=ROWS),
        }
    )
    table.write_parquet("visits.parquet")
    table.head(45).write_parquet("train.parquet")
    table.slice(45).write_csv("test.csv")
    return tmp_path


NAMED = ("--id", "visit", "--group", "patient", "--label", "result")


def run(capture: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as leaving:
        main(("audit", *arguments))
    shown = capture.readouterr()
    return leaving.value.code, shown.out, shown.err


def checks_of(out: str) -> dict[str, Any]:
    return {each["code"]: each for each in json.loads(out)["checks"]}


def test_a_fold_map(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = pl.read_parquet("visits.parquet")
    plan = FoldPlan("stratified_group", n_splits=4)
    made = make_folds(table, plan, id="visit", label="result", groups="patient")
    made.save("folds/main")
    code, out, err = run(capsys, "visits.parquet", "--fold-map", "folds/main", "--format", "json")
    assert code == 0, err
    report = json.loads(out)
    assert report["folds"]["source"] == "fold map in folds/main"
    assert report["folds"]["digest"] == made.digest
    assert report["dataset"]["groups"] == ["patient"]
    assert {"FG102", "FG202", "FG301"} <= set(checks_of(out))
    # With more roles, on other data.
    table.with_columns(x=pl.lit(0.0)).write_parquet("visits.parquet")
    code, out, _ = run(
        capsys, "visits.parquet", "--fold-map", "folds/main", "--time", "day", "--format", "json"
    )
    assert code == 1
    assert checks_of(out)["FG102"]["outcome"] == "failed"
    assert checks_of(out)["FG306"]["outcome"] == "failed"


def test_a_fold_map_that_is_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "visits.parquet", "--fold-map", "nowhere")
    assert (code, "nowhere" in err) == (3, True)
    table = pl.read_parquet("visits.parquet")
    make_folds(table, FoldPlan("kfold", n_splits=3), id="visit").save("map")
    moved = pl.read_parquet("map/fold_map.parquet").with_columns(fold=2 - pl.col("fold"))
    moved.write_parquet("map/fold_map.parquet")
    code, _, err = run(capsys, "visits.parquet", "--fold-map", "map")
    assert (code, "edited" in err) == (3, True)


def written(pairs: list[Any], form: str) -> str:
    if form == "npz":
        sides = {f"train_{at}": train for at, (train, _) in enumerate(pairs)}
        np.savez("cv.npz", **sides, **{f"test_{at}": test for at, (_, test) in enumerate(pairs)})
        return "cv.npz"
    if form == "json":
        Path("cv.json").write_text(json.dumps([[a.tolist(), b.tolist()] for a, b in pairs]))
        return "cv.json"
    Path("cv").mkdir()
    for at, pair in enumerate(pairs):
        for side, rows in zip(SIDES, pair, strict=True):
            np.savetxt(f"cv/{side}_{at}.txt", rows, fmt="%d")
    return "cv"


SIDES = ("train", "test")


@pytest.mark.parametrize("form", ["npz", "json", "folder"])
@pytest.mark.parametrize(
    "splitter", [KFold(3), KFold(4, shuffle=True, random_state=0), ShuffleSplit(3, random_state=0)]
)
def test_index_pairs(
    form: str, splitter: Any, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = list(splitter.split(np.zeros(ROWS)))
    path = written(pairs, form)
    code, out, err = run(capsys, "visits.parquet", "--splits", path, *NAMED, "--format", "json")
    leaking = [
        sum(row // 3 in {other // 3 for other in train} for row in test) for train, test in pairs
    ]
    assert code == (1 if sum(leaking) else 0), err
    found = checks_of(out)["FG301"]["measured"]
    assert [each["test_rows_leaking"] for each in found["rounds"].values()] == leaking
    assert json.loads(out)["folds"]["source"] == f"index pairs in {path}"


def test_a_row_on_both_sides_is_a_leak_and_no_crash(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("cv.json").write_text(json.dumps([[[*range(30), 41], list(range(30, 60))]]))
    code, out, _ = run(capsys, "visits.parquet", "--splits", "cv.json", "--id", "visit")
    text = " ".join(out.split())
    assert code == 1
    assert "1 row in train and in test of the same round" in text
    assert "round 0 trains on 1 row that it tests: row v41" in text


def test_train_and_test_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two = ("train.parquet", "--test", "test.csv")
    code, out, err = run(capsys, *two, *NAMED, "--time", "day", "--format", "json")
    assert code == 0, err
    report = json.loads(out)
    assert (report["dataset"]["rows"], report["folds"]["rows"]) == (60, [45, 15])
    assert report["folds"]["source"] == "test file test.csv"
    assert report["folds"]["scheme"] == "forward"
    # The labels of the test rows are known three days on: train reaches into them.
    late = ("--time", "day", "--evaluation-time", "known", "--format", "json")
    code, out, _ = run(capsys, *two, *NAMED, *late)
    assert (code, checks_of(out)["FG307"]["measured"]["train_rows_to_purge_total"]) == (1, 2)


def test_three_files_and_a_patient_in_two(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = pl.read_parquet("visits.parquet")
    table.slice(44, 5).write_ndjson("validation.jsonl")
    table.head(44).write_parquet("train.parquet")
    table.slice(49).write_csv("test.csv")
    three = ("train.parquet", "--validation", "validation.jsonl", "--test", "test.csv")
    code, out, _ = run(capsys, *three, *NAMED)
    text = " ".join(out.split())
    assert code == 1
    assert "patient p14: 3 rows in train and validation" in text
    assert "patient p16: 3 rows in validation and test" in text
    _, page, _ = run(capsys, *three, *NAMED, "--format", "html")
    assert "--validation validation.jsonl --test test.csv --id visit" in page


def test_a_test_file_without_labels(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pl.read_csv("test.csv").drop("result").write_csv("test.csv")
    two = ("train.parquet", "--test", "test.csv", "--dtype", "result=string")
    code, out, _ = run(capsys, *two, *NAMED)
    text = " ".join(out.split())
    assert (code, "FG202, FG203, FG308, FG309 (test has no label column)" in text) == (0, True)
    code, _, err = run(capsys, "train.parquet", "--test", "test.csv", "--id", "visit")
    assert (code, "no column 'result' in test" in err) == (3, True)


def test_dates_in_a_declared_format(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day = pl.date(2020, 1, 1) + pl.duration(days=pl.col("day"))
    table = pl.read_parquet("visits.parquet").with_columns(day=day.dt.to_string("%d.%m.%Y"))
    table.with_columns(fold=pl.int_range(pl.len()) // 20).write_csv("dated.csv")
    forward = ("dated.csv", "--fold", "fold", "--scheme", "forward", "--time", "day")
    code, _, err = run(capsys, *forward)
    assert (code, "--dtype COL=date or COL=date:%d.%m.%Y" in err) == (3, True)
    declared = ("--dtype", "day=date:%d.%m.%Y", "--format", "json")
    code, out, err = run(capsys, *forward, *declared)
    assert code == 0, err
    measured = checks_of(out)["FG306"]["measured"]["rounds"]["1"]
    assert (measured["train_max"], measured["test_min"]) == ("2020-01-20", "2020-01-21")
    code, _, err = run(capsys, *forward, "--dtype", "day=date:%m/%d/%Y")
    assert (code, "no date (%m/%d/%Y), the first is '01.01.2020' in row 0" in err) == (3, True)
    code, _, err = run(capsys, *forward, "--dtype", "day=date:")
    assert (code, "there is no type 'date:'" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nothing names the split"),
        (("--fold", "day", "--splits", "cv.json"), "in 2 ways (fold, splits)"),
        (("--fold-map", "map", "--test", "test.csv"), "in 2 ways (fold map, test)"),
        (("--validation", "test.csv"), "no test table"),
        (("--fold", "day", "--validation", "test.csv"), "no test table"),
        (("--splits", "cv.json", "--scheme", "kfold"), "a scheme says"),
        (("--test", "test.csv", "--repair", "out", "--id", "visit"), "only a fold column"),
        (("--splits", "nowhere.json"), "no such file or folder"),
        (("--splits", "test.csv"), "end in '.csv'"),
        (("--test", "test.csv", "-o", "test.csv"), "is the file that is read"),
        (("--fold-map", "map", "-o", "map/report.txt"), "in a folder that is read"),
        (("--fold", "day", "--evaluation-time", "known"), "no time is named"),
    ],
)
def test_usage_errors(
    arguments: tuple[str, ...], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("map").mkdir()
    before = Path("test.csv").read_bytes()
    code, out, err = run(capsys, "visits.parquet", *arguments)
    assert (code, out) == (2, ""), err
    assert said in err
    if "nothing" in said or "2 ways" in said:
        assert all(way in err for way in ("--fold COL", "--fold-map", "--splits", "--test"))
    assert Path("test.csv").read_bytes() == before


def test_positions_outside_of_the_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("cv.json").write_text("[[[0, 1], [60]]]")
    code, _, err = run(capsys, "visits.parquet", "--splits", "cv.json")
    assert code == 3
    assert "splits, pair 0, test: 1 of 1 positions are outside of the table" in err


@pytest.mark.parametrize(
    ("options", "repeated"),
    [
        (("--splits", "cv.json"), "--splits cv.json"),
        (("--fold-map", "map"), "--fold-map map"),
        (("--fold", "day"), "--fold day"),
    ],
)
def test_the_page_repeats_the_command(
    options: tuple[str, ...], repeated: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("cv.json").write_text(json.dumps([[list(range(30)), list(range(30, 60))]]))
    table = pl.read_parquet("visits.parquet")
    make_folds(table, FoldPlan("kfold", n_splits=3), id="visit").save("map")
    _, page, _ = run(capsys, "visits.parquet", *options, "--id", "visit", "--format", "html")
    assert f"fold-guard audit visits.parquet {repeated} --id visit" in page


def test_every_row_of_the_findings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("cv.json").write_text(json.dumps([[list(range(31)), list(range(31, 60))]]))
    for way in (("--splits", "cv.json"), ("--test", "test.csv")):
        pl.read_parquet("visits.parquet").slice(44).write_csv("test.csv")
        code, _, err = run(
            capsys, "visits.parquet", *way, "--group", "patient", "--findings", "rows.parquet"
        )
        assert code == 1, err
        rows = pl.read_parquet("rows.parquet").filter(pl.col("code") == "FG301")
        tested = ["31", "32"] if way[0] == "--splits" else [f"test {at}" for at in range(16)]
        assert sorted(rows["row_id"]) == sorted(tested)
        assert rows["message"].str.contains("in train and test").all()


def test_the_python_of_the_page_runs_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    page = Path(__file__).parents[2] / "docs" / "audit_inputs.md"
    [code] = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    exec(code, {})
    told = capsys.readouterr().out
    assert re.findall(r"^(REFUSED|PASSED)", told, re.MULTILINE) == ["REFUSED", "PASSED", "PASSED"]
    assert "90 test rows (100.0%) have their group in train" in told
