"""A stored cross-validation that a new one is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fold_guard.crossval.result import Result
from fold_guard.dataset.files import read_json
from fold_guard.errors import ArtifactError
from fold_guard.identity.hashing import file_digest

PROVENANCE = "provenance.json"
_SEALED = ("result.json", "predictions.parquet")
_REMEDY = "Copy the folder of the cross-validation aside again, all its files"


@dataclass(frozen=True, slots=True, eq=False)
class Baseline:
    """What was scored then.

    Attributes
    ----------
    path : str
        As params name the folder.
    result : Result
        Read back: its scores are rounded as in the file, its predictions are not.
    fold_map : str or None
        Digest of the fold map; None where the folder does not say.
    """

    path: str
    result: Result
    fold_map: str | None = None


def stored_fold_map(directory: Path) -> str | None:
    """Return the digest of the fold map that a stored cross-validation was scored on.

    Parameters
    ----------
    directory : Path
        With ``result.json`` and ``predictions.parquet``, and ``provenance.json`` if it was made
        by a pipeline.

    Returns
    -------
    str or None
        None without ``provenance.json``.

    Raises
    ------
    ArtifactError
        The scores or the predictions are not those that ``provenance.json`` was written beside.
    """
    path = directory / PROVENANCE
    if not path.exists():
        return None
    raw = read_json(path, remedy=_REMEDY)
    bindings, files = raw.get("bindings"), raw.get("files")
    digest = bindings.get("fold_map") if isinstance(bindings, dict) else None
    if not isinstance(digest, str) or not isinstance(files, dict):
        raise ArtifactError("names no fold map", where=str(path), remedy=_REMEDY)
    for name in _SEALED:
        file = directory / name
        if not file.exists() or file_digest(file) != files.get(name):
            raise ArtifactError(
                f"is not the file that {PROVENANCE} was written for",
                where=str(file),
                remedy=_REMEDY,
            )
    return digest
