"""The files of a cross-validation as they may leave the project."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from fold_guard.errors import ArtifactError
from fold_guard.identity.pseudonyms import PseudonymKey, pseudonymised

# These hold numbers and classes alone. Reports cite rows, and the text of an error may.
_WITHOUT_IDS = frozenset(
    {
        "calibration.csv",
        "classes.csv",
        "confusion.csv",
        "metrics.json",
        "provenance.json",
        "rounds.csv",
    }
)
# A digest without a key: who guesses a row can tell whether it is there.
_TELLING = ("row_digest",)


@dataclass(frozen=True, slots=True)
class Staged:
    """Files to hand over.

    Attributes
    ----------
    paths : mapping of str to Path
        Name in the tracker to file or folder.
    left_out : tuple of str
        Files that stay here because ids may be in them.
    """

    paths: Mapping[str, Path]
    left_out: tuple[str, ...] = ()


@contextmanager
def staged(artifacts: Mapping[str, Path], key: PseudonymKey | None) -> Iterator[Staged]:
    """Yield the files; with a key, copies in which pseudonyms stand for row ids.

    With a key, Parquet files with a column ``row_id`` get pseudonyms and lose ``row_digest``;
    files of numbers alone go as they are; all others are left out.

    Parameters
    ----------
    artifacts : mapping of str to Path
    key : PseudonymKey or None

    Raises
    ------
    ArtifactError
        A file is not there, or no readable Parquet.
    """
    for name, path in artifacts.items():
        if not path.exists():
            raise ArtifactError(f"{name} is not there", where=str(path), remedy="Run the stages.")
    if key is None:
        yield Staged(artifacts)
        return
    left_out: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for place, (name, path) in enumerate(artifacts.items()):
            # Names may repeat across folders.
            copy = Path(folder) / str(place) / path.name
            for file in (
                [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
            ):
                inside = file.relative_to(path)
                if not _copied(file, copy / inside, key):
                    left_out.append("/".join((name, *inside.parts)))
            if copy.exists():
                paths[name] = copy
        yield Staged(paths, tuple(left_out))


def _copied(file: Path, target: Path, key: PseudonymKey) -> bool:
    if file.name in _WITHOUT_IDS:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        return True
    if file.suffix != ".parquet":
        return False
    try:
        frame = pl.read_parquet(file)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ArtifactError("is not a readable Parquet file", where=str(file)) from error
    if "row_id" not in frame.columns:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    hidden = pseudonymised(frame, key).drop(_TELLING, strict=False)
    hidden.write_parquet(target, compression="zstd")
    return True
