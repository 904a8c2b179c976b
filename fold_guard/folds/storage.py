"""Fold maps on disk: a folder with ``fold_map.parquet``, ``manifest.json`` and ``lineage/``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from fold_guard.dataset.files import atomic_directory, parse_model, read_json
from fold_guard.errors import ArtifactError, UsageError
from fold_guard.folds.growth.lineage import Ancestor
from fold_guard.folds.manifest import FORMAT, Hashes, Manifest
from fold_guard.folds.shape import counts_misfit, folds_misfit
from fold_guard.identity.row_ids import examine_ids
from fold_guard.partition.rounds import EXCLUDED

MAP_FILE = "fold_map.parquet"
MANIFEST_FILE = "manifest.json"
LINEAGE = "lineage"
_NAMED_BY = 12
REMEDY = "Make the fold map again: fold-guard fold (or dvc repro)."


def write(
    table: pl.DataFrame, manifest: Manifest, directory: Path, lineage: Iterable[Ancestor] = ()
) -> None:
    """Write a fold map with manifest and lineage; the folder is replaced whole or not at all."""
    with atomic_directory(directory) as partial:
        _write_table(table, partial / MAP_FILE)
        _write_manifest(manifest, partial / MANIFEST_FILE)
        for each in lineage:
            (partial / LINEAGE).mkdir(exist_ok=True)
            manifest_file = partial / LINEAGE / f"{each.manifest.digest[:_NAMED_BY]}.json"
            _write_manifest(each.manifest, manifest_file)
            _write_table(each.delta, manifest_file.with_suffix(".parquet"))


def copy(source: Path, directory: Path) -> None:
    """Copy a saved fold map byte by byte; a copy onto itself writes nothing.

    Parameters
    ----------
    source : Path
        A folder that `read` has read.
    directory : Path
    """
    if directory.exists() and source.samefile(directory):
        return
    with atomic_directory(directory) as partial:
        for name in (MAP_FILE, MANIFEST_FILE):
            shutil.copyfile(source / name, partial / name)
        if (source / LINEAGE).is_dir():
            # Not copytree: what DVC links into its cache is read-only, and so would the copy be.
            (partial / LINEAGE).mkdir()
            for file in _records(source / LINEAGE):
                shutil.copyfile(file, partial / LINEAGE / file.name)


def read(directory: Path) -> tuple[pl.DataFrame, Manifest]:
    """Read a fold map's table and manifest.

    Raises
    ------
    ArtifactError
        Missing, damaged, of another format, or a manifest that tells of another table.
    """
    map_file = directory / MAP_FILE
    if not directory.is_dir():
        raise ArtifactError(
            "there is no fold map",
            where=str(directory),
            remedy="Check the path, or make one: fold-guard fold (or dvc repro).",
        )
    manifest = _read_manifest(directory / MANIFEST_FILE)
    table = _read_table(map_file)
    _require_shape(table, manifest, map_file)
    return table, manifest


def read_lineage(directory: Path, table: pl.DataFrame) -> tuple[Ancestor, ...]:
    """Read what is kept of the maps behind a saved map; whether all are there, `walk` says.

    Parameters
    ----------
    directory : Path
    table : polars.DataFrame
        The map's own, for the shape that the records must have.

    Raises
    ------
    ArtifactError
        A record is damaged, of another format, or one of its two files is missing.
    """
    folder = directory / LINEAGE
    if not folder.is_dir():
        return ()
    names = sorted({file.stem for file in _records(folder)})
    found = []
    for name in names:
        manifest_file = folder / f"{name}.json"
        manifest = _read_manifest(manifest_file)
        delta = _read_table(manifest_file.with_suffix(".parquet"))
        usable = delta.schema == table.schema and not delta["row_id"].is_duplicated().any()
        if not usable or manifest.digest[:_NAMED_BY] != name:
            raise ArtifactError(
                "this record of the lineage does not fit its name or the map",
                where=str(manifest_file),
                remedy=REMEDY,
            )
        found.append(Ancestor(manifest, delta))
    return tuple(found)


def _records(folder: Path) -> list[Path]:
    """List the files of a lineage; what people or systems put beside them is none of it."""
    return sorted(
        file
        for file in folder.iterdir()
        if file.suffix in (".json", ".parquet") and not file.name.startswith(".")
    )


def _write_table(table: pl.DataFrame, path: Path) -> None:
    table.write_parquet(path, compression="zstd", statistics=False)


def _write_manifest(manifest: Manifest, path: Path) -> None:
    # A map without a past has no word on it: its file is what it was before maps could grow.
    stated: dict[str, Any] = {
        name: value
        for name, value in asdict(manifest).items()
        if name not in ("parents", "growth", "bins", "folds_in_all") or value
    }
    if manifest.plan.leave_out is None:
        del stated["plan"]["leave_out"]
    text = json.dumps(stated, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _read_manifest(path: Path) -> Manifest:
    raw = read_json(path, remedy=REMEDY)
    if raw.get("format") != FORMAT:
        raise ArtifactError(
            f"format {raw.get('format')!r} is not {FORMAT!r}", where=str(path), remedy=REMEDY
        )
    try:
        manifest = parse_model(Manifest, raw, source=str(path), remedy=REMEDY)
    except UsageError as error:
        raise ArtifactError(error.what, where=str(path), remedy=REMEDY) from None
    if manifest.hashes != Hashes():
        # Digests are compared as this version makes them: by other rules none would mean a thing.
        raise ArtifactError(f"hashes are not those of {FORMAT!r}", where=str(path), remedy=REMEDY)
    return manifest


def _read_table(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except FileNotFoundError:
        raise ArtifactError("not found", where=str(path), remedy=REMEDY) from None
    except (pl.exceptions.PolarsError, OSError) as error:
        first_line = (str(error).splitlines() or [""])[0]
        raise ArtifactError(
            f"cannot be read ({first_line})", where=str(path), remedy=REMEDY
        ) from error


def _require_shape(table: pl.DataFrame, manifest: Manifest, path: Path) -> None:
    plan, n_folds = manifest.plan, manifest.n_folds
    _require_fit(folds_misfit(table, manifest), path)
    held = (*manifest.fold_columns, *manifest.inner_columns)
    expected = [
        "row_id",
        *held,
        *(["label"] if manifest.dataset.labelled else []),
        "row_digest",
    ]
    if table.columns != expected or any(table[name].dtype != pl.Int64 for name in held):
        raise ArtifactError(
            f"columns are {', '.join(table.columns)}, expected {', '.join(expected)}",
            where=str(path),
            remedy=REMEDY,
        )
    nulls = sum(table[name].null_count() for name in held)
    if table["row_id"].dtype not in (pl.Int64, pl.String) or nulls:
        raise ArtifactError(
            "row ids must be whole numbers or text, folds whole numbers without nulls",
            where=str(path),
            remedy=REMEDY,
        )
    identity = examine_ids(table["row_id"])
    if identity.null_ids or identity.duplicate_ids:
        raise ArtifactError("row ids are null or repeated", where=str(path), remedy=REMEDY)
    # Rounds are made up to the highest fold: one absurd number must not cost all memory.
    for names, count in (
        (manifest.fold_columns, n_folds),
        (manifest.inner_columns, plan.inner_splits),
    ):
        for name in names:
            if not table.height or not table[name].is_between(EXCLUDED, count - 1).all():
                raise ArtifactError(
                    f"{name}s must run from {EXCLUDED} to {count - 1}"
                    if name == "fold"
                    else f"{name} must run from {EXCLUDED} to {count - 1}",
                    where=str(path),
                    remedy=REMEDY,
                )
    if table["row_digest"].dtype != pl.UInt64 or table["row_digest"].null_count():
        raise ArtifactError("a row has no digest", where=str(path), remedy=REMEDY)
    _require_fit(counts_misfit(table, manifest), path)


def _require_fit(misfit: str, path: Path) -> None:
    if misfit:
        raise ArtifactError(misfit, where=str(path.with_name(MANIFEST_FILE)), remedy=REMEDY)
