"""Fold maps on disk: a folder with ``fold_map.parquet`` and ``manifest.json``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import polars as pl

from fold_guard.dataset.files import atomic_directory, parse_model, read_json
from fold_guard.errors import ArtifactError, UsageError
from fold_guard.folds.manifest import FORMAT, Manifest

MAP_FILE = "fold_map.parquet"
MANIFEST_FILE = "manifest.json"
REMEDY = "Make the fold map again: fold-guard fold (or dvc repro)."


def write(table: pl.DataFrame, manifest: Manifest, directory: Path) -> None:
    """Write a fold map's table and manifest; the folder is replaced as a whole or not at all."""
    text = json.dumps(asdict(manifest), indent=2, ensure_ascii=False, allow_nan=False)
    with atomic_directory(directory) as partial:
        table.write_parquet(partial / MAP_FILE, compression="zstd", statistics=False)
        (partial / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def read(directory: Path) -> tuple[pl.DataFrame, Manifest]:
    """Read a fold map's table and manifest.

    Raises
    ------
    ArtifactError
        Missing, damaged, or of another format.
    """
    manifest_file, map_file = directory / MANIFEST_FILE, directory / MAP_FILE
    raw = read_json(manifest_file, remedy=REMEDY)
    if raw.get("format") != FORMAT:
        raise ArtifactError(
            f"format {raw.get('format')!r} is not {FORMAT!r}",
            where=str(manifest_file),
            remedy=REMEDY,
        )
    try:
        manifest = parse_model(Manifest, raw, source=str(manifest_file), remedy=REMEDY)
    except UsageError as error:
        raise ArtifactError(error.what, where=str(manifest_file), remedy=REMEDY) from None
    try:
        table = pl.read_parquet(map_file)
    except FileNotFoundError:
        raise ArtifactError("not found", where=str(map_file), remedy=REMEDY) from None
    except (pl.exceptions.PolarsError, OSError) as error:
        first_line = (str(error).splitlines() or [""])[0]
        raise ArtifactError(
            f"cannot be read ({first_line})", where=str(map_file), remedy=REMEDY
        ) from error
    _require_shape(table, manifest, map_file)
    return table, manifest


def _require_shape(table: pl.DataFrame, manifest: Manifest, path: Path) -> None:
    if manifest.scheme != manifest.plan.scheme or len(manifest.folds) != manifest.plan.n_splits:
        raise ArtifactError(
            "scheme and folds in the manifest do not fit its plan",
            where=str(path.with_name(MANIFEST_FILE)),
            remedy=REMEDY,
        )
    expected = ["row_id", "fold", *(["label"] if manifest.dataset.label else []), "row_digest"]
    if table.columns != expected or table["fold"].dtype != pl.Int64:
        raise ArtifactError(
            f"columns are {', '.join(table.columns)}, expected {', '.join(expected)}",
            where=str(path),
            remedy=REMEDY,
        )
    if table["row_id"].dtype not in (pl.Int64, pl.String) or table["fold"].null_count():
        raise ArtifactError(
            "row ids must be whole numbers or text, folds whole numbers without nulls",
            where=str(path),
            remedy=REMEDY,
        )
    ids, folds = table["row_id"], table["fold"]
    if ids.null_count() or ids.n_unique() != len(ids):
        raise ArtifactError("row ids are null or repeated", where=str(path), remedy=REMEDY)
    count = len(manifest.folds)
    # Rounds are made up to the highest fold: one absurd number must not cost all memory.
    if not len(folds) or not folds.is_between(-1, count - 1).all():
        raise ArtifactError(
            f"folds must run from -1 to {count - 1}", where=str(path), remedy=REMEDY
        )
    if table["row_digest"].dtype != pl.String or table["row_digest"].null_count():
        raise ArtifactError("a row has no digest", where=str(path), remedy=REMEDY)
