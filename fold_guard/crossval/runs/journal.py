"""A file that keeps what was played, so that a run that was killed goes on where it was."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from fold_guard.crossval.result import Failure
from fold_guard.crossval.runs.played import Played
from fold_guard.crossval.runs.records import (
    DamagedRecord,
    Record,
    failure_record,
    played_record,
    read_record,
)
from fold_guard.errors import ArtifactError, FoldGuardError, UsageError

# "FGjn": SQLite keeps it in the head of the file, so that no other database is taken for ours.
_APPLICATION = 0x46476A6E
_FORMAT = 2
_SCHEMA = (
    "CREATE TABLE runs (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, begun INTEGER)",
    "CREATE TABLE rounds (run INTEGER, position INTEGER, text TEXT NOT NULL, predicted BLOB "
    "NOT NULL, probabilities BLOB NOT NULL, seal BLOB NOT NULL, PRIMARY KEY (run, position))",
    "CREATE TABLE deaths (run INTEGER, position INTEGER, count INTEGER NOT NULL, "
    "PRIMARY KEY (run, position))",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {_FORMAT}",
)

_log = logging.getLogger("fold_guard")


class _Damaged(Exception):
    """The file is no sound database, or a journal in a form that is not ours."""


@dataclass(frozen=True, slots=True)
class Journal:
    """Where a journal is, and which run it is kept for.

    One file may keep several runs, so that whoever changes a parameter and changes it back loses
    nothing. It holds predictions and scores by position, and neither row ids nor features.

    Attributes
    ----------
    path : Path
    key : str
        Digest of everything that determines the result.
    """

    path: Path
    key: str

    @contextmanager
    def open(self) -> Iterator[Entries]:
        """Open the journal for one run alone.

        A damaged file is renamed and kept; the run begins afresh then, and `Entries.notes` says so.

        Raises
        ------
        FoldGuardError
            Another run has it open, or it cannot be read or written.
        UsageError
            The file is a database of something else.
        """
        notes: list[str] = []
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                connection = _connected(self.path)
            except _Damaged as damage:
                aside = _put_aside(self.path)
                notes.append(
                    f"{self.path} is damaged ({damage}): it is kept as {aside.name}, "
                    "and all rounds are played afresh"
                )
                connection = _connected(self.path)
        except (sqlite3.Error, OSError) as error:
            raise _unusable(self.path, error) from error
        with closing(connection):
            with _written(self.path):
                run, deaths = _enlisted(connection, self.key)
                entries = Entries(self.path, self.key, connection, run, deaths, notes)
            for note in notes:
                _log.warning(note)
            try:
                yield entries
            finally:
                # Whoever gets here has outlived the round that was begun. On a full disk it stays
                # a suspect, which costs no more than a process of its own.
                with suppress(FoldGuardError):
                    entries.outlived()


@dataclass(slots=True, eq=False)
class Entries:
    """An open journal.

    Attributes
    ----------
    path : Path
    key : str
        Of the run.
    played : dict of int to Played
        What is recorded, by position.
    failures : dict of int to Failure
        Likewise.
    deaths : dict of int to int
        How often a process died of a round.
    notes : list of str
        What a user should hear.
    """

    path: Path
    key: str
    _connection: sqlite3.Connection
    _run: int
    deaths: dict[int, int]
    notes: list[str]
    played: dict[int, Played] = field(default_factory=dict)
    failures: dict[int, Failure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what is recorded."""
        select = "SELECT position, text, predicted, probabilities, seal FROM rounds WHERE run = ?"
        damaged = 0
        for position, *parts in self._connection.execute(select, (self._run,)):
            try:
                found = read_record(Record(*parts), self._place(position))
            except DamagedRecord:
                damaged += 1
                continue
            if isinstance(found, Failure):
                self.failures[position] = found
            else:
                self.played[position] = found
        if not self.played and (others := self._rounds_of_others()):
            self.notes.append(
                f"{self.path} keeps {others:,} rounds of other data, folds, code or versions: "
                "none of them is used"
            )
        if damaged:
            self.notes.append(f"{self.path}: {damaged} damaged records; their rounds run again")

    def _place(self, position: int) -> str:
        return f"{self.key}:{position}"

    def _rounds_of_others(self) -> int:
        select = "SELECT count(*) FROM rounds WHERE run != ?"
        return int(self._connection.execute(select, (self._run,)).fetchone()[0])

    def begin(self, position: int) -> None:
        """Note that this process begins a round, in case that it does not outlive it."""
        self._write("UPDATE runs SET begun = ? WHERE id = ?", position, self._run)

    def outlived(self) -> None:
        """Note that no round is at work in this process."""
        self._write("UPDATE runs SET begun = NULL WHERE id = ?", self._run)

    def finish(self, position: int, played: Played) -> None:
        """Record a played round."""
        self._record(position, played_record(played, self._place(position)))

    def fail(self, position: int, failure: Failure) -> None:
        """Record a round that is given up."""
        self._record(position, failure_record(failure, self._place(position)))

    def died(self, position: int, count: int) -> None:
        """Record how often a process died of a round."""
        self._write("INSERT OR REPLACE INTO deaths VALUES (?, ?, ?)", self._run, position, count)

    def forget_failures(self) -> None:
        """Have the rounds that failed played again."""
        for position in self.failures:
            for table in ("rounds", "deaths"):
                self._write(
                    f"DELETE FROM {table} WHERE run = ? AND position = ?", self._run, position
                )
            self.deaths.pop(position, None)
        self.failures.clear()

    def _record(self, position: int, record: Record) -> None:
        self._write(
            "INSERT OR REPLACE INTO rounds VALUES (?, ?, ?, ?, ?, ?)", self._run, position, *record
        )

    def _write(self, statement: str, *values: object) -> None:
        with _written(self.path):
            self._connection.execute(statement, values)


def discard_journal(path: Path) -> None:
    """Delete a journal, and what SQLite keeps beside it.

    Parameters
    ----------
    path : Path
        It need not exist.
    """
    for each in _files(path):
        each.unlink(missing_ok=True)


def _connected(path: Path) -> sqlite3.Connection:
    """Open a database for this process alone, and make the tables where it is new."""
    if path.exists() and not path.is_file():
        raise UsageError("is no file", where=str(path), remedy="Move it away.")
    _require_no_other(path)
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        # The lock is held until the connection is closed, or the process is gone.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        # What was written outlives the process; after a power cut the last records may be missing,
        # and none is torn.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        _require_sound(connection)
        connection.execute("COMMIT")
    except sqlite3.OperationalError:
        connection.close()
        raise
    except sqlite3.DatabaseError as error:
        connection.close()
        raise _Damaged(str(error)) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _require_no_other(path: Path) -> None:
    """Refuse a database of something else before anything is written to it."""
    # sqlite.org/fileformat.html: the size of a page at byte 16, the application id at byte 68.
    head = _head(path)
    if not head.startswith(b"SQLite format 3\0") or len(head) < 100:
        return
    page, application = int.from_bytes(head[16:18]), int.from_bytes(head[68:72])
    new = application == 0 and path.stat().st_size <= page
    if application != _APPLICATION and not new:
        raise UsageError(
            "is a database of something else, and is left as it is",
            where=str(path),
            remedy="Name another file for the journal",
        )


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(100)
    except FileNotFoundError:
        return b""


def _require_sound(connection: sqlite3.Connection) -> None:
    [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not tables:
        for statement in _SCHEMA:
            connection.execute(statement)
    [form] = connection.execute("PRAGMA user_version").fetchone()
    if form != _FORMAT:
        raise _Damaged(f"its format is {form}, not {_FORMAT}")
    [state] = connection.execute("PRAGMA quick_check(1)").fetchone()
    if state != "ok":
        raise _Damaged(str(state).splitlines()[0])


def _enlisted(connection: sqlite3.Connection, key: str) -> tuple[int, dict[int, int]]:
    """Return the number of a run and the deaths of its rounds."""
    connection.execute("INSERT OR IGNORE INTO runs (key) VALUES (?)", (key,))
    [run, begun] = connection.execute("SELECT id, begun FROM runs WHERE key = ?", (key,)).fetchone()
    select = "SELECT position, count FROM deaths WHERE run = ?"
    deaths: dict[int, int] = dict(connection.execute(select, (run,)).fetchall())
    if isinstance(begun, int):
        deaths[begun] = deaths.get(begun, 0) + 1
        connection.execute(
            "INSERT OR REPLACE INTO deaths VALUES (?, ?, ?)", (run, begun, deaths[begun])
        )
        connection.execute("UPDATE runs SET begun = NULL WHERE id = ?", (run,))
    return run, deaths


def _files(path: Path) -> list[Path]:
    return [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))]


def _put_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged{number}")).exists():
        number += 1
    for source, target in zip(_files(path), _files(aside), strict=True):
        if source.exists():
            source.rename(target)
    return aside


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: Exception) -> FoldGuardError:
    text = str(error)
    if "locked" in text:
        return FoldGuardError(
            "another run is writing to this journal",
            where=str(path),
            remedy="Wait for it to end, or name another file",
        )
    return ArtifactError(
        f"the journal cannot be written ({text})",
        where=str(path),
        remedy="Make room on the disk or mend its permissions, and run it again: what is recorded "
        "is kept",
    )
