"""Bad input: one clear message, exit code 2 or 3, no traceback, nothing half-written."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fold_guard.cli.main import main

PARAMS = """
data:
  path: t.parquet
  roles: {id: id, label: y, groups: [g], time: t}
plans:
  p:
    fold: {strategy: stratified_group, n_splits: 3}
    checks:
      row_identity: {}
      fold_map_matches_data: {}
      fold_shape: {}
      class_counts: {}
      group_overlap: {}
cv:
  estimator: {call: sklearn.dummy.DummyClassifier}
"""
COMMAND = (sys.executable, "-B", "-c", "from fold_guard.cli.main import main; main()")
AUDIT = ("--fold", "fold", "--id", "id", "--label", "y", "--group", "g", "--time", "t")


def good(rows: int = 24) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": range(1, rows + 1),
            "g": [f"g{row // 2}" for row in range(rows)],
            "t": range(rows),
            "y": [("no", "yes")[(row // 2) % 2] for row in range(rows)],
            "x": [row / 7 for row in range(rows)],
            "fold": [(row // 4) % 3 for row in range(rows)],
        }
    )


def first(column: str, value: object, rows: int = 1) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Return a change that puts a value into the first rows of a column."""

    def change(table: pl.DataFrame) -> pl.DataFrame:
        values = table[column].to_list()
        return table.with_columns(
            pl.Series(column, [value] * rows + values[rows:], strict=False).alias(column)
        )

    return change


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


class Place:
    """A folder with params.yaml and a good table, in which commands are run."""

    def __init__(self, root: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.root, self.capture = root, capture
        (root / "params.yaml").write_text(PARAMS)
        self.put(good())

    def put(self, table: pl.DataFrame, name: str = "t.parquet") -> None:
        path = self.root / name
        if name.endswith(".csv"):
            table.write_csv(path)
        else:
            table.write_parquet(path)

    def params(self, old: str, new: str) -> None:
        path = self.root / "params.yaml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def listing(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.root)): path.read_bytes() if path.is_file() else b""
            for path in sorted(self.root.rglob("*"))
        }

    def run(self, *arguments: str) -> Ended:
        """Run a command that is expected to succeed or to refuse."""
        self.capture.readouterr()
        with pytest.raises(SystemExit) as leaving:
            main(arguments)
        shown = self.capture.readouterr()
        assert "Traceback" not in shown.out + shown.err
        assert isinstance(leaving.value.code, int)
        return Ended(leaving.value.code, shown.out, shown.err)

    def fails(self, *arguments: str, code: int, told: tuple[str, ...]) -> str:
        """Run a command that must fail with one message and leave everything as it was."""
        before = self.listing()
        ended = self.run(*arguments)
        assert (ended.code, ended.out) == (code, ""), ended
        assert ended.err.startswith("fold-guard: error: ")
        assert ended.err.count("fold-guard: error:") == 1
        assert "fault of fold_guard" not in ended.err
        assert "\x1b" not in ended.err
        for words in told:
            assert words in ended.err, ended.err
        assert self.listing() == before, "something was written"
        return ended.err


@pytest.fixture
def place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Place:
    monkeypatch.chdir(tmp_path)
    return Place(tmp_path, capsys)


def test_the_good_table_is_fine(place: Place) -> None:
    assert place.run("audit", "t.parquet", *AUDIT).code in (0, 1)
    assert place.run("fold").code == 0
    assert place.run("check").code == 0
    assert place.run("gate").code == 0


# -- the file ----------------------------------------------------------------------------------


def _missing(place: Place) -> None:
    (place.root / "t.parquet").rename(place.root / "tt.parquet")


def _empty(place: Place) -> None:
    (place.root / "t.parquet").write_bytes(b"")


def _cut_short(place: Place) -> None:
    whole = (place.root / "t.parquet").read_bytes()
    (place.root / "t.parquet").write_bytes(whole[: len(whole) // 2])


def _damaged_inside(place: Place) -> None:
    whole = bytearray((place.root / "t.parquet").read_bytes())
    whole[4:200] = bytes(196)
    (place.root / "t.parquet").write_bytes(bytes(whole))


def _folder(place: Place) -> None:
    (place.root / "t.parquet").unlink()
    (place.root / "t.parquet").mkdir()


def _no_rows(place: Place) -> None:
    place.put(good().clear())


FILES: dict[str, tuple[Callable[[Place], None], int, tuple[str, ...]]] = {
    "missing": (_missing, 2, ("t.parquet: no such file", "Did you mean", "tt.parquet?")),
    "empty": (_empty, 3, ("t.parquet: the file is empty", "Write the table again")),
    "cut short": (_cut_short, 3, ("t.parquet: cannot be read as parquet", "cut short")),
    "damaged inside": (_damaged_inside, 3, ("t.parquet: cannot be read as parquet", "cut short")),
    "a folder": (_folder, 2, ("t.parquet: is a folder, not a file", "Name a file")),
    "without rows": (_no_rows, 3, ("t.parquet: the table has no rows", "Write the table again")),
}


@pytest.mark.parametrize("name", FILES)
def test_file(place: Place, name: str) -> None:
    place.run("fold")
    spoil, code, told = FILES[name]
    spoil(place)
    for command in (("audit", "t.parquet", *AUDIT), ("fold",), ("check",), ("check", "--quick")):
        place.fails(*command, code=code, told=told)


def test_params_file_is_missing(place: Place) -> None:
    for verb in ("fold", "check", "gate", "cv", "report", "verify"):
        place.fails(verb, "--config", "p.yaml", code=2, told=("p.yaml: no such file", "--config"))


def test_artefacts_are_missing(place: Place) -> None:
    place.fails("check", code=3, told=("there is no fold map", "fold-guard fold"))
    place.run("fold")
    place.fails("gate", code=3, told=("check.json: not found", "fold-guard check --plan p"))
    place.fails("cv", code=3, told=("verdict.json: not found", "fold-guard gate --plan p"))


def test_fold_map_is_cut_short(place: Place) -> None:
    place.run("fold")
    path = place.root / "data" / "folds" / "p" / "fold_map.parquet"
    path.write_bytes(path.read_bytes()[:100])
    for command in (("check",), ("check", "--quick")):
        place.fails(
            *command, code=3, told=("fold_map.parquet: cannot be read", "Make the fold map again")
        )


# -- the columns -------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--fold", "--id", "--label", "--group", "--time", "--feature"])
def test_unknown_column_in_an_audit(place: Place, option: str) -> None:
    place.put(good().rename({"fold": "patient"}))
    command = ["audit", "t.parquet", "--fold", "patient", option, "patinet"]
    if option == "--fold":
        command = ["audit", "t.parquet", "--fold", "patinet"]
    place.fails(
        *command,
        code=2,
        told=("t.parquet: there is no column 'patinet'", "Did you mean 'patient'?"),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("id: id", "id: idd"),
        ("label: y", "label: yy"),
        ("groups: [g]", "groups: [gg]"),
        ("time: t", "time: tt"),
    ],
)
def test_unknown_column_in_params(place: Place, old: str, new: str) -> None:
    place.run("fold")
    place.params(old, new)
    wrong, right = (text.rpartition(" ")[2].strip("[]") for text in (new, old))
    for command in (("fold",), ("check",), ("check", "--quick")):
        place.fails(
            *command,
            code=2,
            told=(f"t.parquet: there is no column {wrong!r}", f"Did you mean {right!r}?"),
        )


# -- the rows ----------------------------------------------------------------------------------


def _one_class(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(y=pl.lit("no"))


def _giant_group(table: pl.DataFrame) -> pl.DataFrame:
    return first("g", "giant", 13)(table)


def _two_groups(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(g=pl.Series(["a", "b"] * 12))


ROWS: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], int, tuple[str, ...]]] = {
    "duplicate ids": (first("id", 7), 3, ("id id: 1 rows repeat an id", "7", "must be unique")),
    "null ids": (first("id", None), 3, ("id id: 1 rows have no id", "position 0", "stable id")),
    "null labels": (
        first("y", None, 2),
        3,
        ("column y: 2 rows have no label", "row id 1", "Label the rows"),
    ),
    "one class": (_one_class, 3, ("there is one class only, 'no'", "Check the label column")),
    "rare class": (
        first("y", "odd"),
        3,
        ("1 of 3 classes occur in fewer groups than the 3 folds need: 'odd' (1)", "merge"),
    ),
    "giant group": (
        _giant_group,
        3,
        ("the largest group (g) has 13 of 24 rows", "more than one fold in 3", "group key"),
    ),
    "fewer groups than folds": (
        _two_groups,
        3,
        ("3 folds need at least 3 groups, there are 2", "Use n_splits <= 2"),
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_rows_that_cannot_be_folded(place: Place, name: str) -> None:
    change, code, told = ROWS[name]
    place.put(change(good()))
    place.fails("fold", code=code, told=told)


@pytest.mark.parametrize("name", ROWS)
def test_an_old_fold_map_survives_rows_that_cannot_be_folded(place: Place, name: str) -> None:
    place.run("fold")
    change, code, told = ROWS[name]
    place.put(change(good()))
    place.fails("fold", code=code, told=told)
    assert place.run("check", "--quick").code == 1


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("verb", ["audit", "check"])
def test_rows_that_cannot_be_folded_are_checked_all_the_same(
    place: Place, name: str, verb: str
) -> None:
    """A check of such rows is an answer, never an accident."""
    place.run("fold")
    place.put(ROWS[name][0](good()))
    if verb == "audit":
        ended = place.run("audit", "t.parquet", *AUDIT)
        assert ended.code in (0, 1)
    else:
        ended = place.run("check")
        assert ended.code == 0
        assert place.run("gate").code == 1
    assert ended.err == ""


@pytest.mark.parametrize("name", ["duplicate ids", "null ids"])
def test_bad_ids_are_a_finding_of_an_audit(place: Place, name: str) -> None:
    place.put(ROWS[name][0](good()))
    ended = place.run("audit", "t.parquet", *AUDIT)
    assert ended.code == 1
    assert "FG101" in ended.out


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.5, ("1 folds are no whole number, the first is 0.5 in row 1", "column fold")),
        (None, ("1 folds are no whole number, the first is None in row 1", "column fold")),
        (-3, ("fold -3 in row 1 is below -2", "column fold")),
        (10**9, ("folds run from", "Number the folds 0..k-1")),
    ],
)
def test_folds_that_are_no_folds(place: Place, value: object, told: tuple[str, ...]) -> None:
    place.put(first("fold", value)(good()))
    place.fails("audit", "t.parquet", *AUDIT, code=3, told=("t.parquet", *told))


def test_folds_of_text(place: Place) -> None:
    place.put(good().with_columns(fold=pl.lit("train")))
    place.fails(
        "audit", "t.parquet", *AUDIT, code=3, told=("24 folds are no whole number", "'train'")
    )


# -- columns of mixed types --------------------------------------------------------------------


def test_csv_time_with_text_in_it(place: Place) -> None:
    place.put(first("t", "soon")(good().with_columns(pl.col("t").cast(pl.String))), "t.csv")
    told = ("column t", "a time column must hold numbers, dates or datetimes, not String", "'soon'")
    place.params("t.parquet", "t.csv")
    place.params("stratified_group", "forward")
    place.fails("fold", code=3, told=told)
    place.fails("audit", "t.csv", *AUDIT, code=3, told=("t.csv", *told))


def test_csv_declared_whole_numbers_with_text_in_them(place: Place) -> None:
    place.put(first("t", "soon")(good().with_columns(pl.col("t").cast(pl.String))), "t.csv")
    place.params("t.parquet", "t.csv\n  dtypes: {t: integer}")
    told = ("t.csv, column t: 1 values are no integer", "'soon' in row 0", "declare another dtype")
    place.fails("fold", code=3, told=told)


def test_jsonl_of_mixed_types(place: Place) -> None:
    rows = good().to_dicts()
    rows[3]["x"] = {"deep": [1]}
    (place.root / "t.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    place.params("t.parquet", "t.jsonl")
    told = ("t.jsonl", "jsonl")
    place.fails("fold", code=3, told=told)
    place.fails("audit", "t.jsonl", *AUDIT, code=3, told=told)


def test_jsonl_that_is_none(place: Place) -> None:
    (place.root / "t.jsonl").write_text('{"id": 1}\nnot json\n')
    place.fails("audit", "t.jsonl", "--fold", "id", code=3, told=("t.jsonl: cannot be read as",))


def test_ragged_csv(place: Place) -> None:
    (place.root / "t.csv").write_text("id,fold\n1,0\n2,1,9,9\n")
    place.fails("audit", "t.csv", "--fold", "fold", code=3, told=("t.csv: cannot be read as csv",))


# -- params.yaml -------------------------------------------------------------------------------


def test_every_problem_of_params_at_once(place: Place) -> None:
    (place.root / "params.yaml").write_text(
        "data: {path: 5, roles: {id: id, lable: y}}\n"
        "plans:\n"
        "  p:\n"
        "    fold: {strategy: stratifed, n_splits: five, seeds: 1}\n"
        "    checks: {class_count: {}, fold_shape: {min_test_rows: many}}\n"
        "cvv: {}\n"
    )
    told = (
        "params.yaml: ",
        "data.path: must be text, got 5",
        "data.roles.lable: unknown key; did you mean 'label'?",
        "plans.p.fold.n_splits: must be a whole number, got 'five'",
        "plans.p.fold.seeds: unknown key; did you mean 'seed'?",
        "plans.p.fold.strategy: must be one of",
        "plans.p.checks.class_count: unknown key; did you mean 'class_counts'?",
        "cvv: unknown key; did you mean 'cv'?",
    )
    for command in (("fold",), ("check", "--quick"), ("gate",), ("cv",), ("verify",)):
        place.fails(*command, code=2, told=told)


def test_params_that_are_no_yaml(place: Place) -> None:
    (place.root / "params.yaml").write_text("data: {path: t.parquet\nplans: [")
    place.fails("fold", code=2, told=("params.yaml, line", "not valid YAML"))


def test_unknown_plan(place: Place) -> None:
    place.fails("fold", "--plan", "q", code=2, told=("there is no plan 'q'", "Known: p"))


def test_estimator_that_does_not_exist(place: Place) -> None:
    place.params("DummyClassifier", "DummyClasifier")
    for verb in ("fold", "check", "gate"):
        assert place.run(verb).code == 0
    place.fails(
        "cv",
        code=2,
        told=("cv.estimator.call: sklearn.dummy has no", "did you mean 'DummyClassifier'?"),
    )


# -- hostile and unwieldy names ----------------------------------------------------------------

HOSTILE = "<script>alert(1)</script>\x1b[31mred\x1b[0m\u202e\x9b2J"


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_hostile_class_and_column_names(place: Place, form: str) -> None:
    table = good().with_columns(y=pl.col("y").replace({"yes": HOSTILE}))
    place.put(table.rename({"g": HOSTILE}))
    command = ["--fold", "fold", "--label", "y", "--group", HOSTILE, "--id", "id"]
    ended = place.run("audit", "t.parquet", *command, "--format", form)
    assert ended.code in (0, 1)
    assert not {"\x1b", "\x9b", "\u202e"} & set(ended.out + ended.err)
    if form == "json":
        assert HOSTILE in json.loads(ended.out)["folds"]["classes"]
    if form == "html":
        assert "<script" not in ended.out.lower()
        assert "&lt;script&gt;" in ended.out


def test_hostile_names_in_an_error(place: Place) -> None:
    place.put(first("y", HOSTILE)(good()))
    text = place.fails("fold", code=3, told=("classes occur in fewer groups", "\\x1b[31mred"))
    assert not {"\x1b", "\x9b", "\u202e"} & set(text)


def test_ten_thousand_classes(place: Place) -> None:
    rows = 20_000
    table = good(rows).with_columns(
        y=pl.Series([f"class number {row // 2}" for row in range(rows)])
    )
    place.put(table)

    text = place.fails("fold", code=3, told=("10,000 of 10,000 classes", "more"))
    assert len(text) < 1_000

    start = time.process_time()
    sizes = {}
    for form in ("text", "json", "html"):
        ended = place.run("audit", "t.parquet", *AUDIT, "--format", form)
        assert ended.code in (0, 1)
        sizes[form] = len(ended.out)
    assert time.process_time() - start < 10
    assert sizes["text"] < 20_000
    assert sizes["json"] < 200_000
    assert sizes["html"] < 1_500_000


# -- the operating system says no --------------------------------------------------------------


def test_output_in_a_place_that_is_a_file(place: Place) -> None:
    (place.root / "data").write_text("in the way")
    place.fails("fold", code=3, told=("data", "a part of the path is a file, not a folder"))
    place.fails(
        "audit",
        "t.parquet",
        *AUDIT,
        "--output",
        "data/report.txt",
        code=3,
        told=("data/report.txt",),
    )


def test_output_onto_a_folder(place: Place) -> None:
    (place.root / "out").mkdir()
    place.fails("audit", "t.parquet", *AUDIT, "--output", "out", code=2, told=("out: is a folder",))


def test_a_folder_that_may_not_be_written(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> Any:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "folder")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    monkeypatch.setattr("tempfile.mkstemp", refuse)
    before = set(place.listing())
    for command in (("fold",), ("audit", "t.parquet", *AUDIT, "--output", "report.txt")):
        ended = place.run(*command)
        assert ended.code == 3
        assert "permission denied. Check who owns the folder and its mode." in ended.err
    # An empty parent folder may have been made; no file.
    assert all((place.root / name).is_dir() for name in set(place.listing()) - before)


def test_a_file_that_may_not_be_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    for command in (("fold",), ("audit", "t.parquet", *AUDIT)):
        place.fails(*command, code=3, told=("t.parquet: cannot be read", "mode and owner"))


def test_a_folder_that_may_not_be_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read every folder, so the refusal is the system's words put into its mouth."""
    (place.root / "locked").mkdir()
    place.params("t.parquet", "locked/t.parquet")
    stat = Path.stat

    def refuse(path: Path, *arguments: Any, **options: Any) -> os.stat_result:
        if path.parent.name == "locked":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return stat(path, *arguments, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    before = place.root / "data"
    for command in (("audit", "locked/t.parquet", *AUDIT), ("fold",), ("check", "--quick")):
        ended = place.run(*command)
        assert (ended.code, ended.out) == (3, "")
        assert "locked/t.parquet: permission denied. Check who owns the folder" in ended.err
        assert not before.exists()


def _run_on_a_full_disk(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that cannot write more than a few bytes to any file."""

    def no_space() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))

    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=root,
        preexec_fn=no_space,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    "command",
    [
        ("fold",),
        ("check",),
        ("gate",),
        ("cv",),
        ("audit", "t.parquet", *AUDIT, "--output", "report.html", "--format", "html"),
    ],
    ids=["fold", "check", "gate", "cv", "audit"],
)
def test_disk_full(place: Place, command: tuple[str, ...]) -> None:
    for verb in ("fold", "check", "gate"):
        assert place.run(verb).code == 0
    before = place.listing()

    ended = _run_on_a_full_disk(place.root, *command)

    assert ended.returncode == 3, ended.stderr
    assert ended.stderr.count("fold-guard: error:") == 1
    assert "Traceback" not in ended.stderr
    if command == ("cv",):
        # The journal comes first; what is left of it is in nobody's way once there is room.
        assert "the journal cannot be written" in ended.stderr
        after = {name for name in place.listing() if not name.startswith(".fold_guard")}
        assert after == set(before)
        assert place.run("cv").code == 0
        return
    assert "nothing was written" in ended.stderr
    assert place.listing() == before


def test_output_that_goes_nowhere(place: Place) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*COMMAND, "audit", "t.parquet", *AUDIT],
            cwd=place.root,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )
    assert ended.returncode == 3
    assert "No space left on device" in ended.stderr
    assert "Traceback" not in ended.stderr
