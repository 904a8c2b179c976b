"""Read index pairs from a file (.npz, .json) or from a folder of index files; never pickle."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fold_guard.errors import DataError, UsageError

_NAME = re.compile(r"(train|test)(?:[_-]?(\d{1,9}))?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
_IN_FOLDER = (".txt", ".csv", ".npy")
_LAYOUTS = (
    "Known: .npz with train_0, test_0, ... (or train and test); .json with a list of "
    "[train, test] or of {train, test}; a folder with train_0.txt, test_0.txt, ... "
    "(.txt, .csv or .npy)."
)


def read_splits(path: Path) -> list[tuple[Any, Any]]:
    """Read train/test pairs as they were written; `IndexPairs.of` looks at what is in them.

    ``.npz``: arrays ``train_0``, ``test_0``, ``train_1``, ...; or ``train`` and ``test``, of one
    dimension for one pair, of two for a pair a row. ``.json``: a list of ``[train, test]`` or of
    ``{"train": [...], "test": [...]}``, or one such object. A folder: files ``train_0.txt``,
    ``test_0.txt``, ... (or ``train.txt`` and ``test.txt``) with whole numbers apart by spaces,
    commas or line ends, or ``.npy``.

    Parameters
    ----------
    path : Path

    Returns
    -------
    list of (train, test)
        In the order of their numbers.

    Raises
    ------
    UsageError
        No such file or folder, or of a kind that is not read.
    DataError
        Damaged; a train side without its test side; a name that says neither; pickled objects.
    """
    where = str(path)
    if path.is_dir():
        return _paired(_folder(path), where)
    if not path.exists():
        raise UsageError("no such file or folder", where=where, remedy="Check the path.")
    kind = path.suffix.lower()
    if kind == ".npz":
        return _paired(_archive(path), where)
    if kind == ".json":
        return _from_json(path)
    raise UsageError(
        f"cannot read splits from files that end in {path.suffix!r}", where=where, remedy=_LAYOUTS
    )


def _paired(sides: Mapping[str, Any], where: str) -> list[tuple[Any, Any]]:
    """Bring sides named ``train_0``, ``test_0``, ... together."""
    found: dict[int, dict[str, Any]] = {}
    for name, value in sides.items():
        said = _NAME.fullmatch(name)
        if said is None:
            raise DataError(
                f"{name!r} is neither train nor test of a pair", where=where, remedy=_LAYOUTS
            )
        # A pair without a number stands alone: no pair may stand beside it.
        number = -1 if said[2] is None else int(said[2])
        pair = found.setdefault(number, {})
        if said[1] in pair:
            raise DataError(
                f"{said[1]} of pair {number} is there twice", where=where, remedy="Keep one."
            )
        pair[said[1]] = value
    if not found:
        raise DataError("there is no pair in it", where=where, remedy=_LAYOUTS)
    for number, pair in sorted(found.items()):
        for side in ("train", "test"):
            if side not in pair:
                name = side if number < 0 else f"{side}_{number}"
                raise DataError(f"{name} is missing", where=where, remedy="A pair has both sides.")
    if -1 in found and len(found) > 1:
        raise DataError(
            "there are train and test without a number beside numbered ones",
            where=where,
            remedy="Number every pair: train_0, test_0, ...",
        )
    pairs = [(found[number]["train"], found[number]["test"]) for number in sorted(found)]
    if -1 in found and all(np.ndim(side) == 2 for side in pairs[0]):
        train, test = pairs[0]
        if len(train) != len(test):
            raise DataError(
                f"train has {len(train)} rows, test {len(test)}",
                where=where,
                remedy="Of two dimensions, each row is a pair: as many in train as in test.",
            )
        return list(zip(train, test, strict=True))
    return pairs


def _archive(path: Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error


def _from_json(path: Path) -> list[tuple[Any, Any]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, error) from error
    listed = [content] if isinstance(content, dict) else content
    if not isinstance(listed, list) or not listed:
        raise DataError("there is no list of pairs in it", where=str(path), remedy=_LAYOUTS)
    pairs = []
    for at, each in enumerate(listed):
        sides = (each.get("train"), each.get("test")) if isinstance(each, dict) else each
        if (
            not isinstance(sides, list | tuple)
            or len(sides) != 2
            or not all(isinstance(side, list) for side in sides)
        ):
            raise DataError(f"entry {at} is no pair of lists", where=str(path), remedy=_LAYOUTS)
        pairs.append((sides[0], sides[1]))
    return pairs


def _folder(path: Path) -> dict[str, Any]:
    sides: dict[str, Any] = {}
    for file in sorted(path.iterdir()):
        if file.suffix.lower() not in _IN_FOLDER or file.name.startswith("."):
            continue
        if file.stem in sides:
            raise DataError(
                f"{file.stem} is there in two formats", where=str(path), remedy="Keep one."
            )
        sides[file.stem] = _index_file(file)
    return sides


def _index_file(path: Path) -> Any:
    try:
        if path.suffix.lower() == ".npy":
            return np.load(path, allow_pickle=False)
        words = path.read_text(encoding="utf-8-sig").replace(",", " ").split()
    except (OSError, ValueError, EOFError) as error:
        raise _damaged(path, error) from error
    wrong = next((word for word in words if not _NUMBER.fullmatch(word)), None)
    if wrong is not None:
        raise DataError(
            f"{wrong[:40]!r} is no row position",
            where=str(path),
            remedy="An index file holds whole numbers alone, without a heading.",
        )
    return np.array(words, dtype=np.int64)


def _damaged(path: Path, error: Exception) -> DataError:
    text = str(error).strip().splitlines()
    pickled = "allow_pickle" in str(error)
    return DataError(
        "holds Python objects, which are not read"
        if pickled
        else f"cannot be read ({text[0][:200] if text else type(error).__name__})",
        where=str(path),
        remedy="Write the sides as arrays of whole numbers: np.savez(file, train_0=..., "
        "test_0=...)."
        if pickled
        else _LAYOUTS,
    )
