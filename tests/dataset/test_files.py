from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from fold_guard.dataset.files import (
    atomic_directory,
    explained,
    parse_model,
    read_json,
    write_json,
    write_text,
)
from fold_guard.errors import ArtifactError, FoldGuardError


def full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_text_is_written_with_unix_newlines_and_usual_mode(tmp_path: Path) -> None:
    write_text(tmp_path / "deep" / "a.txt", "é\n")
    path = tmp_path / "deep" / "a.txt"
    assert path.read_bytes() == "é\n".encode()
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


def test_json_is_readable_and_refuses_nan(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": "é"})
    assert (tmp_path / "a.json").read_text() == '{\n  "b": 1,\n  "a": "é"\n}\n'
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", float("nan"))
    assert read_json(tmp_path / "a.json", remedy="") == {"b": 1, "a": "é"}


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_text_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    write_text(tmp_path / "a.txt", "old")
    monkeypatch.setattr(*((os, "fsync", full) if broken == "fsync" else (Path, "replace", full)))
    with pytest.raises(FoldGuardError, match="the disk is full") as caught:
        write_text(tmp_path / "a.txt", "new")
    assert caught.value.where == str(tmp_path / "a.txt")
    assert "nothing was written" in caught.value.remedy
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("a.txt", "old")]


def test_text_that_cannot_be_encoded_leaves_nothing_either(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_text(tmp_path / "a.txt", "\ud800")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupt_leaves_nothing_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def stop(_: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(error):
        write_text(tmp_path / "a.txt", "new")
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    for path in (tmp_path / "a" / "b.txt", tmp_path / "a" / "b" / "c.txt"):
        with pytest.raises(FoldGuardError, match="is a file, not a folder"):
            write_text(path, "y")


def test_a_folder_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(FoldGuardError, match="is a folder, not a file"):
        write_text(tmp_path / "a.txt", "y")
    assert [each.name for each in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_appears_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "out"
    with atomic_directory(target) as partial:
        (partial / "a").write_text("1")
        assert not target.exists()
    assert (target / "a").read_text() == "1"
    assert [each.name for each in target.parent.iterdir()] == ["out"]


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with atomic_directory(tmp_path / "out") as partial:
            (partial / name).write_text(name)
            if name == "b":
                assert (tmp_path / "out" / "a").exists()
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["b"]
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, FoldGuardError])
def test_killed_halfway_the_old_folder_stays(tmp_path: Path, error: type[BaseException]) -> None:
    with atomic_directory(tmp_path / "out") as partial:
        (partial / "a").write_text("old")

    def halfway() -> None:
        with atomic_directory(tmp_path / "out") as partial:
            (partial / "a").write_text("half")
            raise error("killed")

    with pytest.raises(error):
        halfway()
    assert (tmp_path / "out" / "a").read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_when_the_last_rename_fails_the_old_folder_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with atomic_directory(tmp_path / "out") as partial:
        (partial / "a").write_text("old")
    plain = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if Path(target).name == "out" and ".old-" not in self.name:
            full()
        return plain(self, target)

    def again() -> None:
        with atomic_directory(tmp_path / "out") as partial:
            (partial / "a").write_text("new")
            monkeypatch.setattr(Path, "replace", replace)

    with pytest.raises(FoldGuardError, match="the disk is full"):
        again()
    monkeypatch.undo()
    assert (tmp_path / "out" / "a").read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "a").write_text("cached")
    (tmp_path / "out").symlink_to(tmp_path / "cache")
    with atomic_directory(tmp_path / "out") as partial:
        (partial / "a").write_text("new")
    assert (tmp_path / "cache" / "a").read_text() == "cached"
    assert (tmp_path / "out" / "a").read_text() == "new"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["cache", "out"]


def test_a_file_is_not_replaced_by_a_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")

    def write() -> None:
        with atomic_directory(tmp_path / "out") as partial:
            (partial / "a").write_text("new")

    with pytest.raises(FoldGuardError, match="is a file, not a folder"):
        write()
    assert (tmp_path / "out").read_text() == "mine"
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 64 kB; mounting one takes root."""
    place = tmp_path / "disk"
    place.mkdir()
    options = ["-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(["mount", *options], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if mounted.returncode:
        pytest.skip("mounting a tmpfs takes root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_really_full(tiny_disk: Path) -> None:
    write_text(tiny_disk / "a.txt", "old")
    with pytest.raises(FoldGuardError, match="the disk is full"):
        write_text(tiny_disk / "a.txt", "x" * 200_000)
    big = pl.DataFrame({"a": os.urandom(200_000).hex()})

    def write() -> None:
        with atomic_directory(tiny_disk / "out") as partial:
            big.write_parquet(partial / "t.parquet")

    with pytest.raises(FoldGuardError, match="the disk is full"):
        write()
    assert [(each.name, each.read_text()) for each in tiny_disk.iterdir()] == [("a.txt", "old")]


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", "1", "\ud800".encode("utf-8", "surrogatepass")]
)
def test_json_that_is_none(tmp_path: Path, content: str | bytes) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(ArtifactError, match="JSON") as caught:
        read_json(tmp_path / "a.json", remedy="Run: x")
    assert (caught.value.where, caught.value.remedy) == (str(tmp_path / "a.json"), "Run: x")


def test_json_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="not found"):
        read_json(tmp_path / "a.json", remedy="Run: x")
    with pytest.raises(FoldGuardError, match="is a folder"):
        read_json(tmp_path, remedy="Run: x")


def test_json_nested_without_end_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[" * 200_000)
    with pytest.raises(ArtifactError, match="JSON"):
        read_json(tmp_path / "a.json", remedy="Run: x")


@pytest.mark.parametrize("number", [28, 122, 13, 1, 30, 2, 20, 17, 21, 5, None])
def test_every_system_error_gets_a_remedy(tmp_path: Path, number: int | None) -> None:
    error = OSError(number, "so it is") if number else OSError("no number")
    found = explained(error, tmp_path)
    assert found.what
    assert found.remedy
    assert found.where == str(tmp_path)
    assert json.dumps(found.what)


@dataclass(frozen=True)
class Inner:
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner


@pytest.mark.parametrize("strict", [False, True])
def test_json_becomes_the_dataclass_it_was(strict: bool) -> None:
    raw = {"name": "n", "inner": {"rows": [1, 2]}}
    made = parse_model(Outer, raw, source="a.json", remedy="r", strict=strict)
    assert made == Outer("n", Inner((1, 2)))


def test_a_wrong_field_is_named_with_its_file() -> None:
    raw = {"name": "n", "inner": {"rows": [1, "two"]}}
    with pytest.raises(ArtifactError, match=r"^a.json: inner.rows.1: .*integer.*\. Do this$"):
        parse_model(Outer, raw, source="a.json", remedy="Do this")


def test_text_is_a_number_unless_strict() -> None:
    raw = {"name": "n", "inner": {"rows": ["1"]}}
    assert parse_model(Outer, raw, source="a.json", remedy="").inner.rows == (1,)
    with pytest.raises(ArtifactError, match=r"inner.rows.0"):
        parse_model(Outer, raw, source="a.json", remedy="", strict=True)
