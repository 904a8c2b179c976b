from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from fold_guard.folds import reconciliation
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.reconciliation import Reconciliation, reconcile
from fold_guard.identity.digests import row_digests


@pytest.fixture
def made(clinic_folds: Any) -> FoldMap:
    folds: FoldMap = clinic_folds()
    return folds


def against(made: FoldMap, frame: pl.DataFrame) -> Reconciliation:
    return reconcile(made, frame, frame["visit"].rename("row_id"))


def test_the_table_itself_agrees_in_any_order(made: FoldMap, clinic: pl.DataFrame) -> None:
    for same in (clinic, clinic.reverse(), clinic.select(reversed(clinic.columns))):
        found = against(made, same)
        assert found.agrees
        assert found.dataset_digest == made.manifest.dataset.digest


def test_rows_that_came_and_went(made: FoldMap, clinic: pl.DataFrame) -> None:
    frame = clinic.filter(pl.col("visit") > 2)
    more = frame.head(2).with_columns(visit=pl.Series([900, 800]))
    found = against(made, pl.concat([frame, more]))
    assert (found.rows_missing, found.rows_extra) == ((1, 2), (800, 900))
    assert (found.rows_changed, found.columns_changed, found.agrees) == ((), False, False)


def test_a_changed_cell_and_a_changed_label(made: FoldMap, clinic: pl.DataFrame) -> None:
    frame = clinic.with_columns(
        x=pl.when(pl.col("visit") == 9).then(0.0).otherwise("x"),
        y=pl.when(pl.col("visit") == 3).then(None).otherwise("y"),
    ).reverse()
    found = against(made, frame)
    assert (found.rows_changed, found.labels_changed) == ((3, 9), (3,))
    assert not found.columns_changed
    assert not found.agrees


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.drop("x"),
        lambda t: t.with_columns(z=1),
        lambda t: t.rename({"x": "age"}),
        # Renamed in the old order of names: no row digest tells, the table's does.
        lambda t: t.rename({"x": "xx"}),
        lambda t: t.rename({"day": "days"}),
    ],
    ids=["gone", "new", "renamed", "renamed, same order", "time renamed"],
)
def test_changed_columns_are_called_so(made: FoldMap, clinic: pl.DataFrame, change: Any) -> None:
    found = against(made, change(clinic))
    assert found.columns_changed
    assert not found.agrees
    assert len(found.rows_changed) == clinic.height


def test_a_forged_row_digest_does_not_hide_a_change(
    made: FoldMap, clinic: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever finds another row of the same digest is found out by the digest of the table."""
    truth = row_digests(clinic)
    monkeypatch.setattr(reconciliation, "row_digests", lambda frame: truth)
    frame = clinic.with_columns(x=pl.when(pl.col("visit") == 9).then(0.0).otherwise("x"))
    found = against(made, frame)
    assert found.dataset_changed
    assert not found.agrees
    assert not against(made, clinic).dataset_changed


def test_changed_columns_and_a_new_row(made: FoldMap, clinic: pl.DataFrame) -> None:
    extra = clinic.tail(1).with_columns(visit=pl.lit(900).cast(pl.Int64))
    found = against(made, pl.concat([clinic, extra]).with_columns(z=1))
    assert found.columns_changed
    assert found.rows_extra == (900,)


def test_another_table_altogether(made: FoldMap, clinic: pl.DataFrame) -> None:
    found = against(made, clinic.with_columns(visit=pl.col("visit") + 1000))
    assert (len(found.rows_missing), len(found.rows_extra)) == (120, 120)
    assert not found.columns_changed
    text = against(made, clinic.with_columns(pl.col("visit").cast(pl.String)))
    assert (len(text.rows_missing), len(text.rows_extra)) == (120, 120)


def test_an_edited_map_is_called_so(made: FoldMap, clinic: pl.DataFrame) -> None:
    edited = replace(made, table=made.table.with_columns(fold=3 - pl.col("fold")))
    assert against(edited, clinic).edited
    plan = replace(made.manifest.plan, seed=9)
    assert against(replace(made, manifest=replace(made.manifest, plan=plan)), clinic).edited
    assert not against(made, clinic).edited
