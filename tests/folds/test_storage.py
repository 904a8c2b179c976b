from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fold_guard.errors import ArtifactError, FoldGuardError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.storage import MANIFEST_FILE, MAP_FILE


@pytest.fixture
def saved(tmp_path: Path, clinic_folds: Any) -> Path:
    clinic_folds("forward", embargo=2).save(tmp_path / "main")
    return tmp_path / "main"


def edit_manifest(directory: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = directory / MANIFEST_FILE
    raw = json.loads(path.read_text(encoding="utf-8"))
    change(raw)
    path.write_text(json.dumps(raw), encoding="utf-8")


def edit_map(directory: Path, change: pl.Expr) -> None:
    path = directory / MAP_FILE
    pl.read_parquet(path).with_columns(change).write_parquet(path)


@pytest.mark.parametrize("strategy", ["kfold", "stratified_group", "forward"])
def test_round_trip(tmp_path: Path, clinic_folds: Any, strategy: str) -> None:
    made: FoldMap = clinic_folds(strategy, seed=2**64 - 1)
    made.save(tmp_path / "deep" / "main")
    again = FoldMap.load(str(tmp_path / "deep" / "main"))
    assert again.table.equals(made.table)
    assert again.manifest == made.manifest
    assert again.digest_now() == made.digest


def test_the_same_map_is_the_same_bytes(tmp_path: Path, clinic_folds: Any) -> None:
    for name in ("a", "b"):
        clinic_folds().save(tmp_path / name)
    for file in (MAP_FILE, MANIFEST_FILE):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_the_manifest_names_hashes_and_encoding(saved: Path) -> None:
    raw = json.loads((saved / MANIFEST_FILE).read_text(encoding="utf-8"))
    assert raw["format"] == "fold-guard/fold-map/2"
    assert raw["hashes"] == {
        "assignment": "fold-guard/assign/2",
        "encoding": "fold-guard/canonical/2",
        "order": "xxh64",
        "row": "xxh64-chain",
        "seal": "sha256",
    }


def test_saving_again_replaces_the_whole_folder(saved: Path, clinic_folds: Any) -> None:
    (saved / "stray.txt").write_text("x")
    clinic_folds("kfold").save(saved)
    assert sorted(each.name for each in saved.iterdir()) == [MAP_FILE, MANIFEST_FILE]
    assert FoldMap.load(saved).manifest.plan.strategy == "kfold"
    assert [each.name for each in saved.parent.iterdir()] == ["main"]


@pytest.mark.parametrize("file", [MAP_FILE, MANIFEST_FILE])
def test_a_missing_part_is_named(saved: Path, file: str) -> None:
    (saved / file).unlink()
    with pytest.raises(ArtifactError, match="not found") as caught:
        FoldMap.load(saved)
    assert caught.value.where.endswith(file)
    assert "fold-guard fold" in caught.value.remedy


def test_a_truncated_map_is_damaged(saved: Path) -> None:
    path = saved / MAP_FILE
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ArtifactError, match="cannot be read"):
        FoldMap.load(saved)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.update(format="fold-guard/fold-map/1"), "format"),
        (lambda raw: raw.pop("digest"), "digest"),
        (lambda raw: raw["dataset"].pop("rows"), "dataset.rows"),
        (lambda raw: raw["plan"].update(strategy="random"), "plan.strategy"),
        (lambda raw: raw["plan"].update(n_splits=1), "n_splits"),
        (lambda raw: raw["plan"].update(n_splits=3), "do not fit its plan"),
        (lambda raw: raw.update(scheme="kfold"), "do not fit its plan"),
        (lambda raw: raw["folds"].pop(), "do not fit its plan"),
    ],
)
@pytest.mark.parametrize("verify", [True, False])
def test_a_broken_manifest_is_refused(
    saved: Path, change: Callable[[dict[str, Any]], object], said: str, verify: bool
) -> None:
    edit_manifest(saved, change)
    with pytest.raises(ArtifactError, match=said) as caught:
        FoldMap.load(saved, verify=verify)
    assert caught.value.where.endswith(MANIFEST_FILE)


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw["plan"].update(embargo=0),
        lambda raw: raw["plan"].update(purge_groups=False),
        lambda raw: raw["dataset"].update(groups=[]),
        lambda raw: raw["dataset"].update(time="visit"),
        lambda raw: raw["dataset"].update(label="patient"),
        lambda raw: raw.update(digest="0" * 64),
    ],
)
def test_an_edited_plan_is_an_edited_map(
    saved: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    """An embargo taken out of the manifest would train on rows that were checked as purged."""
    edit_manifest(saved, change)
    with pytest.raises(ArtifactError, match="edited"):
        FoldMap.load(saved)
    lenient = FoldMap.load(saved, verify=False)
    assert lenient.digest_now() != lenient.digest


def test_one_edited_fold_is_noticed(saved: Path) -> None:
    edit_map(saved, pl.when(pl.col("row_id") == 7).then(3).otherwise("fold").alias("fold"))
    with pytest.raises(ArtifactError, match="edited"):
        FoldMap.load(saved)
    assert FoldMap.load(saved, verify=False).table["fold"][6] == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (pl.lit(10**12).alias("fold"), "folds must run from -2 to 3"),
        (pl.lit(-3).cast(pl.Int64).alias("fold"), "folds must run"),
        (pl.lit(1).cast(pl.Int64).alias("row_id"), "null or repeated"),
        (pl.lit(None).cast(pl.Int64).alias("row_id"), "null or repeated"),
        (pl.lit(None).cast(pl.Int64).alias("fold"), "without nulls"),
        (pl.col("fold").cast(pl.Float64), "columns are"),
        (pl.col("row_id").cast(pl.Float64), "whole numbers or text"),
        (pl.lit(None).cast(pl.UInt64).alias("row_digest"), "no digest"),
        (pl.lit(1).alias("more"), "columns are"),
    ],
)
@pytest.mark.parametrize("verify", [True, False])
def test_a_table_of_the_wrong_shape_is_refused(
    saved: Path, change: pl.Expr, said: str, verify: bool
) -> None:
    edit_map(saved, change)
    with pytest.raises(ArtifactError, match=said):
        FoldMap.load(saved, verify=verify)


def test_what_is_written_halfway_leaves_the_old_map(
    saved: Path, clinic_folds: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    before = FoldMap.load(saved).digest
    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(FoldGuardError, match="the disk is full"):
        clinic_folds("kfold").save(saved)
    monkeypatch.undo()
    assert FoldMap.load(saved).digest == before
    assert [each.name for each in saved.parent.iterdir()] == ["main"]
