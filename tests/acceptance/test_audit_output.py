"""What an audit leaves behind: formats, baselines, the full list, and exit codes that agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from fold_guard.cli.main import main
from fold_guard.cli.options import Format
from fold_guard.cli.place import place_of_plan

REPO = Path(__file__).parents[2]
ROLES = ("--fold", "fold", "--id", "id", "--group", "patient", "--feature", "x")


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


def visits(*, leaking: int, conflict: bool = False) -> pl.DataFrame:
    """30 patients of two visits, of whom the first so many lie in two of three folds."""
    rows = range(60)
    return pl.DataFrame(
        {
            "id": [f"v{row}" for row in rows],
            "patient": [row // 2 for row in rows],
            "y": [("no", "no", "yes", "yes")[row % 4] for row in rows],
            "x": [0.25 if conflict and row in (0, 6) else row * row / 8 for row in rows],
            "fold": [(row if row // 2 < leaking else row // 2) % 3 for row in rows],
        }
    )


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    visits(leaking=3).write_parquet("data/leaky.parquet")
    visits(leaking=0).write_parquet("data/clean.parquet")
    visits(leaking=0, conflict=True).write_parquet("data/warned.parquet")

    def audit(file: str, *more: str) -> Ran:
        path = file if "/" in file else f"data/{file}.parquet"
        label = ("--label", "y") if file == "warned" else ()
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            main(["audit", path, *ROLES, *label, *more])
        shown = capsys.readouterr()
        assert isinstance(leaving.value.code, int)
        return Ran(leaving.value.code, shown.out, shown.err)

    return audit


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["audit", "--help"])
    text = capsys.readouterr().out
    for option in ("--findings", "--baseline", "--write-baseline", "--fail-on", "sarif", "junit"):
        assert option in text


def test_every_format_points_at_the_file_by_its_path(run: Run) -> None:
    assert "file=data/leaky.parquet," in run("leaky", "--format", "github").out
    sarif = json.loads(run("leaky", "--format", "sarif").out)
    (uri,) = {
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for each in sarif["runs"][0]["results"]
    }
    assert uri == "data/leaky.parquet"
    case = ET.fromstring(run("leaky", "--format", "junit").out).find(".//testcase")
    assert case is not None
    assert case.get("file") == "data/leaky.parquet"


def test_a_file_from_elsewhere_goes_by_its_name(run: Run, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path / "here")
        for path in ("../data/leaky.parquet", str(tmp_path / "data" / "leaky.parquet")):
            assert "file=leaky.parquet," in run(path, "--format", "github").out
    inside = str(tmp_path / "data" / "leaky.parquet")
    assert "file=data/leaky.parquet," in run(inside, "--format", "github").out


def test_a_plan_points_at_the_lines_that_declare_its_checks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(REPO)
    lines = Path("params.yaml").read_text(encoding="utf-8").splitlines()
    start = lines.index("  forward:")
    place = place_of_plan(Path("params.yaml"), "forward", Format("sarif"))
    assert place.path == "params.yaml"
    assert {"temporal_order", "group_overlap", "raw_table"} <= set(place.lines)
    for name, number in place.lines.items():
        assert lines[number - 1].strip().startswith(f"{name}:")
        assert number > start
    assert place_of_plan(Path("params.yaml"), "forward", Format("text")).lines == {}


@pytest.mark.parametrize("format", ["text", "json", "html", "markdown", "sarif", "junit", "github"])
@pytest.mark.parametrize(("file", "code"), [("leaky", 1), ("warned", 0), ("clean", 0)])
def test_no_format_changes_the_exit_code(run: Run, file: str, code: int, format: str) -> None:
    ran = run(file, "--format", format)
    assert (ran.code, ran.err) == (code, "")
    assert run(file, "--format", format, "--output", "out").code == code
    assert Path("out").read_text(encoding="utf-8") == ran.out


@pytest.mark.parametrize(
    ("file", "gravity", "code"),
    [
        ("leaky", "error", 1),
        ("leaky", "warning", 1),
        ("warned", "error", 0),
        ("warned", "warning", 1),
        ("clean", "warning", 0),
    ],
)
def test_fail_on_and_the_first_word_agree(run: Run, file: str, gravity: str, code: int) -> None:
    ran = run(file, "--fail-on", gravity)
    assert ran.code == code
    assert ran.out.split()[0] == ("REFUSED" if code else "PASSED")
    assert ("(--fail-on warning)" in ran.out) == (file == "warned" and gravity == "warning")


def test_a_baseline_from_the_first_day_to_the_last(run: Run) -> None:
    first = run("leaky", "--write-baseline", "known.json")
    assert first.code == 0
    assert first.out.startswith("PASSED with 1 accepted")
    assert "accepted by the baseline: 3 of 30 groups" in " ".join(first.out.split())
    assert "audit with --baseline known.json" in " ".join(first.out.split())
    written = Path("known.json").read_bytes()
    again = run("leaky", "--baseline", "known.json", "--fail-on", "warning")
    assert again.code == 0
    assert "known.json accepts 1 outcome (3 findings)" in again.out
    assert "Worst" not in again.out

    visits(leaking=4).write_parquet("data/leaky.parquet")
    worse = run("leaky", "--baseline", "known.json")
    assert worse.code == 1
    assert worse.out.startswith("REFUSED")
    assert "beyond the baseline (1 new finding; test_rows_leaking_total is 8, was 6)" in " ".join(
        worse.out.split()
    )
    assert "patient 3:" in worse.out
    assert "patient 0:" not in worse.out

    visits(leaking=2).write_parquet("data/leaky.parquet")
    better = run("leaky", "--baseline", "known.json", "--write-baseline", "known.json")
    assert better.code == 0
    assert "no longer found: FG301 patient: patient 2" in " ".join(better.out.split())
    assert Path("known.json").read_bytes() != written
    assert "no longer found" not in run("leaky", "--baseline", "known.json").out


def test_a_new_fault_of_another_kind_fails(run: Run) -> None:
    run("clean", "--write-baseline", "known.json")
    Path("data/clean.parquet").write_bytes(Path("data/leaky.parquet").read_bytes())
    assert run("clean", "--baseline", "known.json").code == 1


def test_the_exit_code_is_judged_by_the_old_baseline(run: Run) -> None:
    run("leaky", "--write-baseline", "known.json")
    visits(leaking=4).write_parquet("data/leaky.parquet")
    update = ("--baseline", "known.json", "--write-baseline", "known.json")
    assert run("leaky", *update).code == 1
    assert run("leaky", *update).code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--baseline", "absent.json"), "absent.json: not found"),
        (("--baseline", "data/leaky.parquet"), "not valid JSON"),
        (("--baseline", "other.json"), "the baseline is about name 'clean.parquet'"),
        (("--findings", "data/leaky.parquet"), "is the file that is read"),
        (("--write-baseline", "data/leaky.parquet"), "is the file that is read"),
        (("--findings", "a", "--output", "a"), "is written by another option"),
        (("--baseline", "other.json", "--output", "other.json"), "is the file that is read"),
        (("--fail-on", "never"), "--fail-on"),
    ],
)
def test_what_makes_no_sense_is_refused_with_2(run: Run, options: list[str], said: str) -> None:
    run("clean", "--write-baseline", "other.json")
    before = Path("data/leaky.parquet").read_bytes()
    ran = run("leaky", *options)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert Path("data/leaky.parquet").read_bytes() == before


def test_findings_are_listed_in_full(run: Run) -> None:
    ran = run("leaky", "--findings", "all.parquet")
    assert ran.code == 1
    assert "all.parquet lists 6 rows of the findings" in ran.out
    found = pl.read_parquet("all.parquet")
    assert set(found["row_id"]) == {f"v{row}" for row in range(6)}
    assert set(found["code"]) == {"FG301"}
    report = json.loads(run("leaky", "--format", "json").out)
    total = next(x for x in report["checks"] if x["code"] == "FG301")["measured"]
    assert found.height == total["test_rows_leaking_total"]


def test_accepted_findings_are_listed_as_well(run: Run) -> None:
    run("leaky", "--write-baseline", "known.json", "--findings", "all.parquet")
    assert set(pl.read_parquet("all.parquet")["outcome"]) == {"warned"}


def test_explain_lists_all_and_writes_pages(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def explain(*arguments: str) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            main(["explain", *arguments])
        assert leaving.value.code == 0
        return capsys.readouterr().out

    assert [line for line in explain().splitlines() if line.startswith("FG301  group_overlap")]
    assert explain("FG301", "--format", "markdown").startswith("# FG301 group_overlap\n")
    assert explain("--format", "markdown", "--output", "pages") == ""
    pages = tmp_path / "pages"
    assert (pages / "FG301.md").read_text() == explain("FG301", "--format", "markdown")
    assert (pages / "README.md").read_text() == explain("--format", "markdown")
    assert explain("FG301", "--output", "one.txt") == ""
    assert Path("one.txt").read_text().startswith("FG301  group_overlap")
