from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fold_guard.errors import DataError, UsageError
from fold_guard.folds.index_files import read_splits

# Eleven pairs: by text 10 would come before 2.
PAIRS = [([row for row in range(12) if row != at], [at]) for at in range(11)]


def lists(found: list[tuple[Any, Any]]) -> list[tuple[list[int], list[int]]]:
    return [(np.asarray(train).tolist(), np.asarray(test).tolist()) for train, test in found]


def numbered() -> dict[str, Any]:
    return {
        f"{side}_{at}": np.array(rows)
        for at, pair in enumerate(PAIRS)
        for side, rows in zip(("train", "test"), pair, strict=True)
    }


def test_an_archive_of_numbered_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **numbered())
    assert lists(read_splits(tmp_path / "a.npz")) == PAIRS
    np.savez_compressed(tmp_path / "b.npz", train=PAIRS[0][0], test=PAIRS[0][1])
    assert lists(read_splits(tmp_path / "b.npz")) == PAIRS[:1]


def test_an_archive_of_two_dimensions_holds_a_pair_a_row(tmp_path: Path) -> None:
    train, test = (np.array(side) for side in zip(*PAIRS, strict=True))
    np.savez(tmp_path / "a.npz", train=train, test=test)
    assert lists(read_splits(tmp_path / "a.npz")) == PAIRS
    masks = np.eye(3, dtype=bool)
    np.savez(tmp_path / "b.npz", train=~masks, test=masks)
    found = read_splits(tmp_path / "b.npz")
    assert [test.tolist() for _, test in found] == masks.tolist()
    np.savez(tmp_path / "c.npz", train=train, test=test[:3])
    with pytest.raises(DataError, match="train has 11 rows, test 3"):
        read_splits(tmp_path / "c.npz")


@pytest.mark.parametrize(
    "content",
    [
        [list(pair) for pair in PAIRS],
        [{"train": train, "test": test} for train, test in PAIRS],
    ],
    ids=["pairs", "objects"],
)
def test_json(content: object, tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps(content))
    assert lists(read_splits(path)) == PAIRS


def test_one_json_object_is_one_pair(tmp_path: Path) -> None:
    path = tmp_path / "S.JSON"
    path.write_text('{"train": [0, 1], "test": [], "note": "x"}')
    assert read_splits(path) == [([0, 1], [])]


@pytest.mark.parametrize("form", ["lines", "spaces", "csv", "npy", "mixed"])
def test_a_folder_of_index_files(form: str, tmp_path: Path) -> None:
    for at, (name, rows) in enumerate(numbered().items()):
        kind = ("lines", "spaces", "csv", "npy")[at % 4] if form == "mixed" else form
        if kind == "npy":
            np.save(tmp_path / f"{name}.npy", rows)
            continue
        between = {"lines": "\n", "spaces": " ", "csv": ","}[kind]
        suffix = ".csv" if kind == "csv" else ".txt"
        (tmp_path / f"{name}{suffix}").write_text(between.join(map(str, rows)) + "\n")
    (tmp_path / "README.md").write_text("how they were made")
    (tmp_path / ".hidden.txt").write_text("x")
    assert lists(read_splits(tmp_path)) == PAIRS


def test_a_folder_of_one_pair(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("0\n1\n")
    (tmp_path / "test.txt").write_text("")
    assert lists(read_splits(tmp_path)) == [([0, 1], [])]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"train_0.txt": "1", "test_1.txt": "0"}, "test_0 is missing"),
        ({"train.txt": "1"}, "test is missing"),
        ({}, "there is no pair"),
        ({"train_0.txt": "1", "test_0.txt": "0", "val_0.txt": "2"}, "'val_0' is neither"),
        ({"train_0.txt": "1", "test_0.txt": "0", "train.txt": "2", "test.txt": "3"}, "beside"),
        ({"train_0.txt": "1", "train_0.csv": "1", "test_0.txt": "0"}, "in two formats"),
        ({"train_0.txt": "1", "train-0.txt": "1", "test_0.txt": "0"}, "is there twice"),
        ({"train_0.txt": "index\n1", "test_0.txt": "0"}, "'index' is no row position"),
        ({"train_0.txt": "1_0", "test_0.txt": "0"}, "'1_0' is no row position"),
        ({"train_0.txt": "1.0", "test_0.txt": "0"}, "'1.0' is no row position"),
        ({"train_0.txt": "9" * 30, "test_0.txt": "0"}, "is no row position"),
        ({"train_0.npy": "no array", "test_0.txt": "0"}, "which are not read"),
    ],
)
def test_bad_folders(files: dict[str, str], said: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(DataError) as caught:
        read_splits(tmp_path)
    assert said in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("name", "content", "kind", "said"),
    [
        ("s.npz", b"no archive", DataError, "s.npz"),
        ("s.npz", b"", DataError, "cannot be read"),
        ("s.json", b"[[0, 1]", DataError, "cannot be read"),
        ("s.json", b"\xff\xfe", DataError, "cannot be read"),
        ("s.json", b"[" * 100_000, DataError, "cannot be read"),
        ("s.json", b"[]", DataError, "no list of pairs"),
        ("s.json", b"3", DataError, "no list of pairs"),
        ("s.json", b"[[[0], [1], [2]]]", DataError, "entry 0 is no pair"),
        ("s.json", b'[[[0], [1]], {"train": [0]}]', DataError, "entry 1 is no pair"),
        ("s.json", b'[["0", "1"]]', DataError, "entry 0 is no pair"),
        ("s.pkl", b"", UsageError, "end in '.pkl'"),
    ],
)
def test_bad_files(
    name: str, content: bytes, kind: type[Exception], said: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(kind) as caught:
        read_splits(tmp_path / name)
    assert said in str(caught.value)


def test_pickled_objects_are_not_executed(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "executed",))

    objects = np.array([Trap()], dtype=object)
    np.savez(tmp_path / "s.npz", train_0=objects, test_0=np.array([0]))
    np.save(tmp_path / "train.npy", objects, allow_pickle=True)
    (tmp_path / "test.txt").write_text("0")
    for path in (tmp_path / "s.npz", tmp_path):
        with pytest.raises(DataError, match="Python objects, which are not read"):
            read_splits(path)
    assert not (tmp_path / "executed").exists()


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        read_splits(tmp_path / "s.npz")
