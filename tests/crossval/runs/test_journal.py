from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fold_guard.crossval.result import Failure, RoundFacts
from fold_guard.crossval.runs.journal import Journal, discard_journal
from fold_guard.crossval.runs.played import Played
from fold_guard.crossval.runs.running import run_rounds
from fold_guard.errors import ArtifactError, FoldGuardError, UsageError
from tests.crossval.runs.models import ByRow, digest, leave_one_out


def played(index: int) -> Played:
    facts = RoundFacts(index, 0.1, 0.1, 0.1, 0.1, 1)
    return Played(index, np.array([index]), np.full((1, 2), 0.5), None, (), facts)


def filled(path: Path, rounds: int = 3) -> Journal:
    journal = Journal(path, "k")
    with journal.open() as entries:
        for index in range(rounds):
            entries.finish(index, played(index))
    return journal


def test_what_was_written_is_read(tmp_path: Path) -> None:
    journal = filled(tmp_path / "deep" / "j.sqlite")
    with journal.open() as entries:
        entries.fail(7, Failure(7, "exception", "ValueError: x", 1))
        entries.died(5, 2)
        entries.begin(4)
    with journal.open() as entries:
        assert sorted(entries.played) == [0, 1, 2]
        assert entries.failures == {7: Failure(7, "exception", "ValueError: x", 1)}
        assert entries.deaths == {5: 2}
        assert entries.notes == []
        entries.forget_failures()
    with journal.open() as entries:
        assert entries.failures == {}


def test_runs_of_other_keys_are_kept_beside(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j.sqlite")
    other = Journal(journal.path, "other")
    with other.open() as entries:
        assert entries.played == {}
        assert "keeps 3 rounds of other data, folds, code or versions" in entries.notes[0]
        entries.finish(1, played(1))
    with journal.open() as entries:
        assert sorted(entries.played) == [0, 1, 2]
        assert entries.notes == []
    discard_journal(journal.path)
    assert list(tmp_path.iterdir()) == []
    discard_journal(journal.path)


def test_a_second_run_at_once_is_refused(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j.sqlite")
    script = (
        "import pathlib, sys\n"
        "from fold_guard.crossval.runs.journal import Journal\n"
        "with Journal(pathlib.Path(sys.argv[1]), sys.argv[2]).open(): pass\n"
    )
    with journal.open() as entries:
        for key in ("k", "other"):
            command = [sys.executable, "-c", script, str(journal.path), key]
            done = subprocess.run(command, capture_output=True, text=True)
            assert "another run is writing to this journal" in done.stderr
        with pytest.raises(FoldGuardError, match="another run"), journal.open():
            pass
        entries.finish(9, played(9))
    with journal.open() as entries:
        assert 9 in entries.played


@pytest.mark.parametrize("damage", ["torn", "noise", "text", "flipped page"])
def test_a_damaged_file_is_kept_aside_and_said(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    journal = filled(tmp_path / "j.sqlite", 200)
    raw = bytearray(journal.path.read_bytes())
    assert len(raw) > 30_000
    if damage == "torn":
        del raw[len(raw) // 2 + 100 :]
    elif damage == "noise":
        raw[:] = random.Random(0).randbytes(len(raw))
    elif damage == "text":
        raw[:] = b"not a database, but something that somebody may still want"
    else:
        raw[3 * 4096 : 4 * 4096] = b"\x7f" * 4096
    journal.path.write_bytes(raw)
    todo = leave_one_out(ByRow(), 4)
    run = run_rounds(todo, journal=journal)
    assert (run.resumed, len(run.played)) == (0, 4)
    [note] = run.notes
    assert "j.sqlite is damaged" in note
    assert "kept as j.sqlite.damaged1" in note
    assert note in caplog.text
    assert (tmp_path / "j.sqlite.damaged1").read_bytes()[:20] == bytes(raw[:20])
    assert run_rounds(todo, journal=journal).resumed == 4


def test_torn_tails_of_the_log_cost_the_last_records_only(tmp_path: Path) -> None:
    """Whatever is cut off at whatever place: what is left is whole, and the run comes out same."""
    source = tmp_path / "source"
    source.mkdir()
    script = (
        "import os, pathlib, sys\n"
        "from tests.crossval.runs.test_journal import played\n"
        "from fold_guard.crossval.runs.journal import Journal\n"
        "with Journal(pathlib.Path(sys.argv[1]), 'k').open() as entries:\n"
        "    for index in range(30): entries.finish(index, played(index))\n"
        "    os._exit(0)\n"
    )
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", script, str(source / "j.sqlite")]
    subprocess.run(command, check=True, cwd=root)
    main, log = ((source / name).read_bytes() for name in ("j.sqlite", "j.sqlite-wal"))
    rng, counts = random.Random(2), []
    for turn in range(12):
        folder = tmp_path / str(turn)
        folder.mkdir()
        (folder / "j.sqlite").write_bytes(main)
        (folder / "j.sqlite-wal").write_bytes(log[: rng.randrange(len(log))])
        with Journal(folder / "j.sqlite", "k").open() as entries:
            assert sorted(entries.played) == list(range(len(entries.played)))
            assert entries.notes == []
            counts.append(len(entries.played))
    assert min(counts) < 15 < max(counts) <= 30


def test_a_damaged_record_is_played_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.sqlite", "k")
    first = run_rounds(leave_one_out(ByRow(), 6), journal=journal)
    connection = sqlite3.connect(journal.path)
    connection.execute("UPDATE rounds SET probabilities = zeroblob(16) WHERE position = 4")
    connection.commit()
    connection.close()
    second = run_rounds(leave_one_out(ByRow(), 6), journal=journal)
    assert second.resumed == 5
    assert "1 damaged record" in second.notes[0]
    assert digest(first) == digest(second)


def test_a_database_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mine.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(UsageError, match="something else"), Journal(path, "k").open():
        pass
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.sqlite", "k")
    todo = leave_one_out(ByRow(), 120)
    with journal.open() as entries:
        [pages] = entries._connection.execute("PRAGMA page_count").fetchone()
    opened = sqlite3.connect

    class Full(sqlite3.Connection):
        def execute(self, statement: str, *values: object) -> sqlite3.Cursor:  # type: ignore[override]
            if statement == "BEGIN IMMEDIATE":
                super().execute(f"PRAGMA max_page_count = {pages + 8}")
            return super().execute(statement, *values)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda *a, **b: opened(*a, **b, factory=Full))
        with pytest.raises(ArtifactError, match="full") as caught:
            run_rounds(todo, journal=journal)
    assert caught.value.where == str(journal.path)
    run = run_rounds(todo, journal=journal)
    assert 0 < run.resumed < 120
    assert digest(run) == digest(run_rounds(todo))


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(FoldGuardError, match="cannot be written"),
        Journal(tmp_path / "file" / "j.sqlite", "k").open(),
    ):
        pass


def test_nothing_in_a_journal_is_a_pickle_or_names_a_row(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.sqlite", "k")
    run_rounds(leave_one_out(ByRow(), 6, train_scored=range(6)), journal=journal)
    connection = sqlite3.connect(journal.path)
    for text, predicted, probabilities in connection.execute(
        "SELECT text, predicted, probabilities FROM rounds"
    ):
        assert text.startswith('{"index":')
        assert (len(predicted), len(probabilities)) == (8, 16)
    connection.close()
    assert b"fold_guard.crossval" not in journal.path.read_bytes()
