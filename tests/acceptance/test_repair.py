"""``fold-guard audit --repair`` by the command line, from the hint to the map that is used."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fold_guard.cli.main import main
from fold_guard.folds.fold_map import FoldMap

ROLES = ("--fold", "fold", "--id", "visit", "--label", "y", "--group", "patient")


def visits() -> pl.DataFrame:
    rng = np.random.default_rng(8)
    patient = rng.integers(0, 60, 240)
    return pl.DataFrame(
        {
            "visit": np.arange(240) + 5000,
            "patient": patient,
            "day": rng.integers(0, 50, 240),
            "y": np.where(rng.random(240) < 0.4, "no", "yes"),
            "x": rng.normal(size=240),
            "fold": rng.integers(0, 4, 240),
        }
    )


class Ran:
    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        with pytest.raises(SystemExit) as left:
            main(["audit", *arguments])
        self.code = left.value.code
        self.out, self.err = capsys.readouterr()
        self.words = " ".join(self.out.split())


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    visits().write_parquet("visits.parquet")
    return tmp_path


def test_from_the_hint_to_a_clean_split(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = Ran(capsys, "visits.parquet", *ROLES)
    assert first.code == 1
    hint = re.search(
        r"Next fold-guard audit visits.parquet \.\.\. --repair folds/ keeps groups together, "
        r"moves (\d+) rows",
        first.words,
    )
    assert hint
    ran = Ran(capsys, "visits.parquet", *ROLES, "--repair", "folds/")
    # The exit code is that of the split that was given, and the report comes first.
    assert ran.code == 1
    assert ran.out.startswith("REFUSED")
    assert f"REPAIRED folds: {hint[1]} of 240 rows moved" in ran.words
    assert re.search(r"FG301 patient FAILED -> PASSED", ran.words)
    moves = pl.read_csv(place / "folds" / "moves.csv")
    assert len(moves) == int(hint[1])
    old = visits()
    fold_map = FoldMap.load(place / "folds")
    new = fold_map.folds_of(old)
    changed = old.filter(pl.Series(new) != old["fold"])
    assert changed["visit"].to_list() == moves["row_id"].to_list()
    # Taken into the table, the folds pass.
    old.with_columns(fold=new).write_csv("clean.csv")
    again = Ran(capsys, "clean.csv", *ROLES)
    assert again.code == 0
    assert "--repair" not in again.out
    ran = Ran(capsys, "clean.csv", *ROLES, "--repair", "folds")
    assert (ran.code, "0 of 240 rows moved" in ran.words) == (0, True)


def test_the_map_differs_from_another_as_any_map_does(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Ran(capsys, "visits.parquet", *ROLES, "--repair", "a")
    visits().sample(fraction=1.0, shuffle=True, seed=1).write_csv("other.csv")
    Ran(capsys, "other.csv", *ROLES, "--repair", "b")
    with pytest.raises(SystemExit) as left:
        main(["diff", "a", "b"])
    assert (left.value.code, capsys.readouterr().out.split()[0]) == (0, "SAME")
    for name in ("manifest.json", "moves.csv"):
        assert (place / "a" / name).read_bytes() == (place / "b" / name).read_bytes()


def test_forward(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roles = (*ROLES, "--time", "day", "--scheme", "forward")
    hint = re.search(
        r"block of their time [^,]*, moves (\d+) rows", Ran(capsys, "visits.parquet", *roles).words
    )
    assert hint
    ran = Ran(capsys, "visits.parquet", *roles, "--repair", "folds")
    assert f"REPAIRED folds: {hint[1]} of 240 rows moved" in ran.words
    assert "FG306 day FAILED -> PASSED" in ran.words
    assert FoldMap.load(place / "folds").manifest.scheme == "forward"


def test_json_stays_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "visits.parquet", *ROLES, "--repair", "folds", "--format", "json")
    assert json.loads(ran.out)["outcome"] == "failed"
    assert ran.err.startswith("REPAIRED")
    ran = Ran(capsys, "visits.parquet", *ROLES, "--repair", "folds", "-f", "json", "-o", "r.json")
    assert ran.out.strip().startswith("REPAIRED")
    assert json.loads((place / "r.json").read_text())["outcome"] == "failed"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--fold", "fold", "--group", "patient", "--repair", "out"), 2, "--id COL"),
        (("--fold", "fold", "--id", "visit", "--repair", "out"), 2, "nothing to keep together"),
        ((*ROLES, "--repair-copies"), 2, "Add --repair OUT"),
        ((*ROLES, "--repair", "."), 2, "there already"),
        ((*ROLES, "--repair", "visits.parquet"), 2, "there already"),
        ((*ROLES, "--repair", "out", "-o", "out/report.txt"), 2, "--repair OUT"),
        ((*ROLES, "--scheme", "forward", "--repair", "out"), 2, "--time COL"),
        ((*ROLES, "--group", "y", "--repair", "out"), 3, "Everything hangs together"),
    ],
)
def test_usage(
    place: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    before = sorted(place.rglob("*"))
    ran = Ran(capsys, "visits.parquet", *arguments)
    assert (ran.code, said in ran.err) == (code, True), ran.err
    assert sorted(place.rglob("*")) == before


def test_what_is_read_is_not_replaced(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Ran(capsys, "visits.parquet", *ROLES, "--repair", "folds")
    own = (place / "folds" / "fold_map.parquet").read_bytes()
    ran = Ran(
        capsys, "folds/fold_map.parquet", "--fold", "fold", "--id", "row_id", "--group", "label",
        "--repair", "folds",
    )  # fmt: skip
    assert (ran.code, "lies in the folder" in ran.err) == (2, True)
    assert (place / "folds" / "fold_map.parquet").read_bytes() == own


def test_no_clean_split_is_a_clear_error(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    visits().with_columns(ward=pl.col("patient") % 3).write_parquet("wards.parquet")
    roles = (*ROLES, "--group", "ward")
    ran = Ran(capsys, "wards.parquet", *roles)
    assert "no repair keeps groups together" in ran.words
    ran = Ran(capsys, "wards.parquet", *roles, "--repair", "out")
    # The audit is told all the same; the repair could not be made.
    assert ran.code == 3
    assert ran.out.startswith("REFUSED")
    assert "n_splits <= 3" in ran.err
    assert not (place / "out").exists()
