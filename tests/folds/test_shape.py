"""Manifests that tell of another table are refused when they are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fold_guard.errors import ArtifactError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.shape import counts_misfit
from fold_guard.folds.storage import MANIFEST_FILE
from tests.folds.strategies import CASES, derived, map_of

Edit = Callable[[dict[str, Any]], object]


def one_more(raw: dict[str, Any]) -> None:
    raw["folds"].append({**raw["folds"][-1], "fold": len(raw["folds"])})


def one_row_moved(raw: dict[str, Any]) -> None:
    """The sum stays."""
    raw["folds"][0]["rows"] -= 1
    raw["folds"][-1]["rows"] += 1


EDITS: list[tuple[str, Edit, str]] = [
    ("stratified_group", lambda raw: raw["folds"][0].update(rows=1), r"folds\[0\].rows is 1, the"),
    ("stratified_group", one_row_moved, r"folds\[0\].rows"),
    ("shuffle_split", one_row_moved, r"folds\[0\].rows"),
    ("stratified_group", lambda raw: raw["folds"][1].update(by_class=[]), "counted by its classes"),
    ("stratified_group", lambda raw: raw["folds"][1].update(fold=7), "numbered from 0 on"),
    ("stratified_group", lambda raw: raw["folds"].reverse(), "numbered from 0 on"),
    ("shuffle_split", lambda raw: raw["folds"][1].update(repeat=7), "numbered from 0 on"),
    ("stratified_group", lambda raw: raw["dataset"].update(rows=5), "dataset.rows is 5, the table"),
    ("stratified_group", lambda raw: raw["hashes"].update(order="md5"), "hashes are not those of"),
    ("stratified_group", lambda raw: raw.update(folds_in_all=1500), "folds_in_all"),
    ("leave_one_out", lambda raw: raw.update(folds_in_all=10**9), "1,000,000,000 folds, the table"),
    ("leave_one_out", lambda raw: raw.update(folds_in_all=1199), "states 1,199 folds"),
    ("leave_one_out", lambda raw: raw.update(folds_in_all=None), "states 1,000 folds"),
    ("leave_one_out", lambda raw: raw["folds"][999].update(rows=2), r"folds\[999\].rows is 2"),
    ("predefined", one_more, "states 5 folds, the table holds 4"),
]


def saved(covid: pl.DataFrame, strategy: str, folder: Path) -> Path:
    map_of(derived(covid.head(1200)), strategy).save(folder / "main")
    return folder / "main"


@pytest.mark.parametrize(("strategy", "edit", "said"), EDITS)
@pytest.mark.parametrize("verify", [True, False])
def test_a_manifest_of_another_table_is_refused(
    covid: pl.DataFrame, tmp_path: Path, strategy: str, edit: Edit, said: str, verify: bool
) -> None:
    folder = saved(covid, strategy, tmp_path)
    path = folder / MANIFEST_FILE
    raw = json.loads(path.read_text(encoding="utf-8"))
    edit(raw)
    path.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(ArtifactError, match=said) as caught:
        FoldMap.load(folder, verify=verify)
    assert caught.value.where.endswith(MANIFEST_FILE)


@pytest.mark.parametrize("strategy", CASES)
def test_an_honest_manifest_is_read(covid: pl.DataFrame, tmp_path: Path, strategy: str) -> None:
    folder = saved(covid, strategy, tmp_path)
    assert FoldMap.load(folder).manifest.digest


def test_of_an_edited_table_the_digest_tells(covid: pl.DataFrame) -> None:
    """It is loaded to be reported, and its counts cannot fit."""
    made = map_of(derived(covid.head(1200)), "kfold")
    table = made.table.with_columns(fold=pl.col("fold").replace(0, 1))
    assert counts_misfit(table, made.manifest) == ""
    sealed = replace(made.manifest, digest=FoldMap(table, made.manifest).digest_now())
    assert "folds[0].rows" in counts_misfit(table, sealed)
