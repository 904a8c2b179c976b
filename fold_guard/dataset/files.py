"""Write artefacts so that a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from fold_guard.errors import ArtifactError, FoldGuardError

T = TypeVar("T")

_REASONS = {
    errno.ENOSPC: ("the disk is full", "Free some space and run again; nothing was written."),
    errno.EFBIG: (
        "the file would be larger than the system allows",
        "Raise the limit (ulimit -f); nothing was written.",
    ),
    errno.EDQUOT: ("the disk quota is used up", "Free some space; nothing was written."),
    errno.EACCES: ("permission denied", "Check who owns the folder and its mode."),
    errno.EPERM: ("operation not permitted", "Check who owns the folder and its mode."),
    errno.EROFS: ("the file system is read-only", "Write to another folder."),
    errno.ENOENT: ("no such file or folder", "Check the path."),
    errno.EEXIST: ("a part of the path is a file, not a folder", "Check the path."),
    errno.ENOTDIR: ("a part of the path is a file, not a folder", "Check the path."),
    errno.EISDIR: ("is a folder, not a file", "Name a file."),
}


def explained(error: OSError, path: Path) -> FoldGuardError:
    """Turn an operating system error into one that says what to do."""
    what, remedy = _REASONS.get(
        error.errno or 0, (error.strerror or str(error), "Check the path and run again.")
    )
    return FoldGuardError(what, where=str(path), remedy=remedy)


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a path beside ``path``, for a library to write to; it takes its place at the end.

    Raises
    ------
    FoldGuardError
        The file cannot be written; ``path`` is as it was.
    """
    partial: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        partial = Path(name)
        yield partial
        partial.chmod(0o666 & ~_umask())
        partial.replace(path)
        partial = None
    except OSError as error:
        raise explained(error, path) from error
    finally:
        # Not only after an OSError: text that cannot be encoded, or Ctrl-C, leaves nothing either.
        if partial is not None:
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically (temporary file beside it, then rename).

    Raises
    ------
    FoldGuardError
        Disk full, no permission, no such folder; the old file is untouched.
    """
    with atomic_file(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def write_json(path: Path, value: object) -> None:
    """Write canonical, readable JSON atomically; NaN is refused because JSON has none."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path, *, remedy: str) -> dict[str, object]:
    """Read a JSON object that an earlier stage wrote.

    Raises
    ------
    ArtifactError
        Missing, unreadable, not JSON, or not an object.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError("not found", where=str(path), remedy=remedy) from None
    except OSError as error:
        raise explained(error, path) from error
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"not valid JSON ({error})", where=str(path), remedy=remedy) from None
    if not isinstance(value, dict):
        raise ArtifactError("not a JSON object", where=str(path), remedy=remedy)
    return value


def parse_model(kind: type[T], raw: object, *, source: str, remedy: str, strict: bool = False) -> T:
    """Turn JSON that was read into the dataclass that it was written from.

    Parameters
    ----------
    kind : type
        A dataclass or a pydantic model.
    raw : JSON value
    source : str
        The file, for the error.
    remedy : str
    strict : bool
        Whether "5" is no number.

    Raises
    ------
    ArtifactError
        A field is missing or wrong: the first, with its dotted path.

    Examples
    --------
    >>> import dataclasses
    >>> @dataclasses.dataclass
    ... class Facts:
    ...     rows: int
    ...     id: tuple[str, ...] = ()
    >>> parse_model(Facts, {"rows": 3, "id": ["visit"]}, source="facts.json", remedy="")
    Facts(rows=3, id=('visit',))
    """
    adapter = TypeAdapter(kind)
    try:
        if strict:
            # By way of JSON: strictly read from Python, a list would be no tuple.
            return adapter.validate_json(json.dumps(raw), strict=True)
        return adapter.validate_python(raw)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(map(str, first["loc"]))
        raise ArtifactError(f"{path}: {first['msg']}", where=source, remedy=remedy) from None


@contextmanager
def atomic_directory(path: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of ``path`` when the block ends without error.

    Raises
    ------
    FoldGuardError
        The folder cannot be written; ``path`` is as it was.
    """
    partial: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        partial.chmod(0o777 & ~_umask())
        yield partial
        if path.exists() and not path.is_dir():
            raise FileExistsError(errno.EEXIST, "is a file", str(path))
        old = path.with_name(f".{path.name}.old-{partial.name[-8:]}")
        if path.exists() or path.is_symlink():
            path.replace(old)
        try:
            partial.replace(path)
        except OSError:
            if old.exists():
                old.replace(path)
            raise
        _remove(old)
    except OSError as error:
        raise explained(error, path) from error
    except Exception as error:
        hidden = _system_error(error)
        if hidden is None:
            raise
        raise explained(hidden, path) from error
    finally:
        if partial is not None:
            _remove(partial)


def _system_error(error: Exception) -> OSError | None:
    """Find the operating system's error inside one of polars, which keeps it in the text alone."""
    number = re.search(r"\(os error (\d+)\)", str(error))
    if number is None or not type(error).__module__.startswith("polars"):
        return None
    return OSError(int(number.group(1)), os.strerror(int(number.group(1))))


def _remove(path: Path) -> None:
    # Outputs of DVC may be links into its cache: the link goes, the cache stays.
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
