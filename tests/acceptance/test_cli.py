"""The command line as people and scripts meet it: exit codes, formats, pipes, terminals."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fold_guard.cli.main import main
from fold_guard.cli.terminal import progress

HEAVY = ("pandas", "sklearn", "great_expectations", "mlflow", "pandera", "scipy")
ROLES = ("--fold", "fold", "--id", "id", "--label", "y", "--group", "patient", "--time", "day")
COMMAND = Path(sys.executable).with_name("fold-guard")


def visits(*, leaky: bool) -> pl.DataFrame:
    """60 visits of 30 patients; the folds cut patients in two, or do not."""
    rows = 60
    return pl.DataFrame(
        {
            "id": range(rows),
            "patient": [row // 2 for row in range(rows)],
            "day": range(rows),
            "y": [("no", "no", "yes", "yes")[row % 4] for row in range(rows)],
            "x": [row * row / 8 for row in range(rows)],
            # In time: blocks of 20 rows, which is clean under the scheme forward.
            "fold": [row % 3 if leaky else row // 20 for row in range(rows)],
        }
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    visits(leaky=True).write_parquet(tmp_path / "leaky.parquet")
    visits(leaky=True).write_csv(tmp_path / "leaky.csv")
    visits(leaky=False).write_parquet(tmp_path / "clean.parquet")
    return tmp_path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(COMMAND), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "100"},
        timeout=120,
        check=False,
    )


def run_here(capture: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capture.readouterr()
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    shown = capture.readouterr()
    assert isinstance(leaving.value.code, int)
    return leaving.value.code, shown.out, shown.err


def imported_by(*arguments: str, folder: Path | None = None) -> tuple[int, set[str]]:
    """Run a command in an interpreter of its own and return what it imported."""
    code = (
        "import sys\n"
        "from fold_guard.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit as leaving:\n"
        "    print('\\n%%', leaving.code, *sorted(sys.modules))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    number, *modules = ran.stdout.rpartition("%%")[2].split()
    return int(number), {name.partition(".")[0] for name in modules}


# -- start-up ----------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("audit", "--help")])
def test_asking_for_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    code, modules = imported_by(*arguments)
    assert code == 0
    assert "fold_guard" in modules
    assert modules.isdisjoint({*HEAVY, "polars", "numpy"})


@pytest.mark.dvc
def test_the_pre_commit_path_imports_nothing_heavy(gated: Any) -> None:
    code, modules = imported_by("check", "--quick", "--plan", "grouped", folder=gated.root)
    assert code == 0
    assert "polars" in modules
    assert modules.isdisjoint(HEAVY)


def test_help_is_there_at_once() -> None:
    took = []
    for _ in range(3):
        start = time.perf_counter()
        assert run("--help").returncode == 0
        took.append(time.perf_counter() - start)
    assert min(took) < 0.5


def test_help_names_every_verb() -> None:
    text = run("--help").stdout
    for verb in ("audit", "fold", "check", "gate", "cv", "report", "verify", "diff", "explain"):
        assert re.search(rf"^\s+{verb}\s", text, re.MULTILINE), verb


def test_version() -> None:
    ran = run("--version")
    assert ran.returncode == 0
    assert re.fullmatch(r"fold-guard \d+\.\d+\.\d+\n", ran.stdout)


# -- usage -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("audti",), "audti"),
        (("audit",), "FILE"),
        (("audit", "clean.parquet"), "--fold"),
        (("audit", "clean.parquet", "--fold", "fold", "--lable", "y"), "--lable"),
        (("audit", "clean.parquet", "--fold", "fold", "--scheme", "kfolds"), "kfolds"),
        (("audit", "clean.parquet", "--fold", "fold", "--format", "pdf"), "pdf"),
        (("fold", "stray"), "stray"),
        (("explain", "FG999"), "FG999"),
    ],
)
def test_wrong_usage(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    code, out, err = run_here(capsys, *arguments)
    assert (code, out) == (2, "")
    assert told in err
    assert "Traceback" not in err


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    code, by_code, _ = run_here(capsys, "explain", "FG301")
    assert code == 0
    assert run_here(capsys, "explain", "group_overlap")[1] == by_code
    assert by_code.startswith("FG301")


# -- audit -------------------------------------------------------------------------------------


def test_audit_of_a_leak(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run_here(capsys, "audit", "leaky.parquet", *ROLES)
    assert (code, err) == (1, "")
    assert out.startswith("REFUSED  leaky.parquet: 60 rows, 3 folds, scheme kfold")
    assert re.search(r"^FG301\s+group_overlap\s+patient\s+FAILED\s", out, re.MULTILINE)
    assert "not run: " in out
    assert "fold-guard explain FG301" in out


def test_audit_of_a_clean_split_is_short(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run_here(
        capsys, "audit", "clean.parquet", *ROLES, "--scheme", "forward", "--feature", "x"
    )
    assert (code, err) == (0, "")
    assert out.startswith("PASSED  clean.parquet: 60 rows, 3 folds, scheme forward")
    assert len(out.splitlines()) <= 6


def test_audit_needs_neither_params_nor_dvc(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.iterdir())
    run_here(capsys, "audit", "leaky.parquet", *ROLES)
    assert sorted(folder.iterdir()) == before


def test_audit_json_keeps_its_contract(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run_here(capsys, "audit", "leaky.parquet", *ROLES, "--format", "json")
    assert (code, err) == (1, "")
    report = json.loads(out)
    assert report["schema"] == "fold-guard/audit/1"
    assert report["outcome"] == "failed"
    assert {"dataset", "folds", "checks"} <= set(report)
    assert report["dataset"]["rows"] == 60
    assert report["folds"]["count"] == 3
    for check in report["checks"]:
        assert {"code", "name", "target", "outcome", "severity", "measured", "findings"} <= set(
            check
        )
        assert check["severity"] in ("error", "warning")
        for finding in check["findings"]:
            assert {"message", "count", "rows"} <= set(finding)
    groups = next(check for check in report["checks"] if check["code"] == "FG301")
    measured = groups["measured"]
    # Counted by hand: rows 2p and 2p + 1 of patient p are in the folds 2p % 3 and (2p + 1) % 3.
    assert (groups["name"], groups["target"], groups["outcome"]) == (
        "group_overlap",
        "patient",
        "failed",
    )
    assert measured["groups"] == 30
    assert measured["groups_spanning"] == 30
    assert measured["rows_in_spanning_groups"] == 60
    assert measured["cross_fold_pairs"] == 30
    assert measured["test_rows_leaking_total"] == 60


def test_audit_from_csv_and_parquet_is_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = []
    for name in ("leaky.csv", "leaky.parquet"):
        report = json.loads(run_here(capsys, "audit", name, *ROLES, "--format", "json")[1])
        assert report["dataset"].pop("name") == name
        assert report["dataset"].pop("digest") == sha256((folder / name).read_bytes()).hexdigest()
        reports.append(report)
    assert reports[0] == reports[1]


def test_audit_as_html_is_self_contained(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run_here(capsys, "audit", "leaky.parquet", *ROLES, "--format", "html")
    assert code == 1
    assert out.lower().startswith("<!doctype html>")
    assert "<script" not in out
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", out)
    assert len(out) < 1_500_000


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_output_file_holds_what_would_be_printed(
    folder: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    command = ("audit", "leaky.parquet", *ROLES, "--format", form)
    printed = run_here(capsys, *command)
    written = run_here(capsys, *command, "--output", "deep/report")
    assert written == (printed[0], "", "")
    assert (folder / "deep" / "report").read_text(encoding="utf-8") == printed[1]
    assert sorted(path.name for path in (folder / "deep").iterdir()) == ["report"]


# -- pipes and terminals -----------------------------------------------------------------------


def test_a_pipe_gets_plain_text_and_no_progress(folder: Path) -> None:
    ran = run("audit", "leaky.parquet", *ROLES)
    assert ran.returncode == 1
    assert ran.stderr == ""
    assert "\x1b" not in ran.stdout
    assert "\r" not in ran.stdout


def without_reader(*arguments: str, unbuffered: str = "") -> tuple[int, str]:
    """Run a command into a pipe that nobody reads any more; return exit code and errors."""
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        [str(COMMAND), *arguments],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        timeout=60,
        check=False,
    )
    os.close(writer)
    return ran.returncode, ran.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
# One fits into every buffer, the other into none.
@pytest.mark.parametrize("form", ["text", "html"])
def test_a_reader_that_went_away_changes_no_verdict(
    folder: Path, form: str, unbuffered: str
) -> None:
    leaky = ("audit", "leaky.parquet", *ROLES, "--format", form)
    assert without_reader(*leaky, unbuffered=unbuffered) == (1, "")
    clean = ("audit", "clean.parquet", *ROLES, "--scheme", "forward", "--format", form)
    assert without_reader(*clean, unbuffered=unbuffered) == (0, "")


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("explain", "FG301")])
def test_a_reader_that_went_away_is_not_complained_about(arguments: tuple[str, ...]) -> None:
    assert without_reader(*arguments)[1] == ""


def in_terminal(*arguments: str, **environment: str) -> tuple[int, str]:
    """Run a command whose standard output and error are a terminal of 100 columns."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [str(COMMAND), *arguments],
        stdin=child,
        stdout=child,
        stderr=child,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100", **environment},
    )
    os.close(child)
    shown = bytearray()
    while select.select([parent], [], [], 60)[0]:
        try:
            piece = os.read(parent, 65536)
        except OSError:  # the terminal closes when the command has ended
            break
        if not piece:
            break
        shown += piece
    os.close(parent)
    return process.wait(timeout=60), shown.decode()


def test_a_terminal_gets_colour_and_progress_that_goes_away(folder: Path) -> None:
    code, shown = in_terminal("audit", "leaky.parquet", *ROLES)
    assert code == 1
    *progress, text = shown.split("\r\x1b[2K")
    assert any(piece.startswith("audit leaky.parquet: group_overlap ...") for piece in progress)
    assert "REFUSED" in text
    assert "group_overlap ..." not in text
    assert "\x1b[" in text.partition("REFUSED")[0]
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text).replace("\r\n", "\n")
    assert plain == run("audit", "leaky.parquet", *ROLES).stdout


@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_without_colour(folder: Path, setting: dict[str, str]) -> None:
    code, shown = in_terminal("audit", "leaky.parquet", *ROLES, **setting)
    assert code == 1
    assert "\x1b[1" not in shown
    assert "\x1b[3" not in shown


def test_a_terminal_of_another_encoding(folder: Path) -> None:
    visits(leaky=True).rename({"patient": "Пациент"}).write_parquet(folder / "leaky.parquet")
    ran = subprocess.run(
        [str(COMMAND), "audit", "leaky.parquet", "--fold", "fold", "--group", "Пациент"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        timeout=60,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stdout.startswith(b"REFUSED")


def test_names_that_look_like_patterns_are_names(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = 60
    frame = pl.DataFrame(
        {
            "^f$": [row % 3 for row in range(rows)],
            "^y$": [row // 2 % 2 * 1.0 for row in range(rows)],
            "^row_.*$": [row // 2 for row in range(rows)],
            "*": [row // 2 * 1.5 for row in range(rows)],
            "row_id": range(rows),
        }
    )
    frame.write_csv("odd.csv")
    code, out, _ = run_here(
        capsys, *("audit", "odd.csv", "--fold", "^f$", "--label", "^y$", "--format", "json")
    )
    found = {each["target"]: each["outcome"] for each in json.loads(out)["checks"]}
    assert code == 1
    assert found["2 features"] == found["2 features + label"] == "failed"


def test_an_audit_says_what_it_was_not_asked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run_here(capsys, "audit", "clean.parquet", "--fold", "fold")
    assert code == 0
    assert "name --label, --group and --time to check FG202, FG301 and FG306" in out
    assert "id and day: unique in every row" in out
    _, out, _ = run_here(capsys, "audit", "clean.parquet", *ROLES)
    assert "to check FG" not in out


def test_declared_dtypes_of_an_audit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("ids.csv").write_text("id,f\n007,0\n7,1\n")
    audit = ("audit", "ids.csv", "--fold", "f", "--id", "id", "--format", "json")
    assert run_here(capsys, *audit)[0] == 1
    code, out, _ = run_here(capsys, *audit, "--dtype", "id=string")
    assert code == 0, out
    for wrong in ("id", "id=strin", "di=string"):
        code, _, err = run_here(capsys, *audit, "--dtype", wrong)
        assert code == 2, err


def test_a_report_never_takes_the_place_of_the_table(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path("leaky.csv").read_bytes()
    Path("link.csv").hardlink_to("leaky.csv")
    for output in ("./leaky.csv", "link.csv"):
        code, _, err = run_here(capsys, "audit", "leaky.csv", "--fold", "fold", "-o", output)
        assert (code, "is the file that is read" in err) == (2, True)
    assert Path("leaky.csv").read_bytes() == before


def test_closed_streams_and_other_locales(folder: Path) -> None:
    visits(leaky=False).rename({"x": "größe"}).write_parquet("ä.parquet")
    command = f"{COMMAND} audit ä.parquet --fold fold --group patient --scheme forward"
    for closing, code in ((">&-", 0), ("2>&-", 0), (">&- 2>&-", 0)):
        done = subprocess.run(
            f"{command} {closing}", shell=True, capture_output=True, check=False, timeout=120
        )
        assert (done.returncode, done.stderr) == (code, b"")
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        f"{command} --format json", shell=True, capture_output=True, check=False, env=ascii_only
    )
    assert "größe" in done.stdout.decode("utf-8")


def test_a_panic_is_told_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class PanicException(BaseException):
        pass

    def panic(*_: object, **__: object) -> None:
        raise PanicException("out-of-range date")

    monkeypatch.setattr("fold_guard.evidence.audit.audit_of", panic)
    code, _, err = run_here(capsys, "audit", "clean.parquet", "--fold", "fold")
    assert code == 3
    assert err.startswith("fold-guard: error: unexpected PanicException: out-of-range date")


def test_progress_obeys_no_file_name_and_no_dumb_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for term, said in (("xterm", "a\\n\\x1b[2Jb: read ..."), ("dumb", "")):
        monkeypatch.setenv("TERM", term)
        with progress("a\n\x1b[2Jb") as line:
            line.step("read")
        err = capsys.readouterr().err
        assert said in err
        assert "\n" not in err
        assert bool(err) is bool(said)
