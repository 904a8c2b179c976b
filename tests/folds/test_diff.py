from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from fold_guard.errors import UsageError
from fold_guard.folds.diff import FoldMapDiff
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from tests.folds.growth.growing import ROLES, first_map, folds, link, visits

TABLE = visits(80)


@pytest.fixture(scope="module")
def old() -> FoldMap:
    return first_map(TABLE)


def kinds(found: FoldMapDiff) -> list[str]:
    return [each.kind for each in found.reasons]


def said(found: FoldMapDiff, kind: str) -> str:
    return next(each.detail for each in found.reasons if each.kind == kind)


def test_a_map_is_equal_to_itself(old: FoldMap) -> None:
    found = old.diff(first_map(TABLE.reverse()), TABLE)
    assert found.equal
    assert (found.same, found.rows.height, found.reasons, found.moves) == (80, 0, (), ())


def test_each_kind_of_row(old: FoldMap) -> None:
    x = pl.when(pl.col("visit") == 7).then(-1.0).otherwise("x")
    y = pl.when(pl.col("visit") == 10).then(pl.lit("yes")).otherwise("y")
    table = pl.concat([TABLE[2:].with_columns(x=x, y=y), visits(4, start=80)])
    found = old.diff(old.grow(table))
    assert not found.equal
    assert found.added.to_list() == [80, 81, 82, 83]
    assert found.removed.to_list() == [0, 1]
    assert found.changed.to_list() == [7, 10]
    assert found.relabelled.to_list() == [10]
    assert found.moved.to_list() == []
    assert found.same == 76
    assert kinds(found) == ["extension", "data"]
    assert "1 step" in said(found, "extension")


def test_moves_are_counted_from_fold_to_fold(old: FoldMap) -> None:
    other = make_folds(TABLE, FoldPlan("stratified_group", n_splits=4, seed=2), **ROLES)
    found = old.diff(other)
    before, after = folds(old), folds(other)
    pairs = [(before[row], after[row]) for row in before if before[row] != after[row]]
    assert pairs
    assert found.moves == tuple((*pair, pairs.count(pair)) for pair in sorted(set(pairs)))
    assert kinds(found) == ["seed", "link"]
    assert said(found, "seed") == "another seed 1 -> 2"
    # Without the table nobody can tell; with it, no link is to blame.
    assert "cannot be told from the maps alone" in said(found, "link")
    assert "no moved row" in said(old.diff(other, TABLE), "link")


def test_settings_and_roles_that_differ_are_named(old: FoldMap) -> None:
    other = make_folds(TABLE, FoldPlan("group", n_splits=5, seed=1), id="visit", groups="patient")
    found = old.diff(other)
    assert "strategy 'stratified_group' -> 'group'" in said(found, "plan")
    assert "n_splits 4 -> 5" in said(found, "plan")
    assert "groups ('patient', 'house') -> ('patient',)" in said(found, "roles")
    assert "label 'y' -> None" in said(found, "roles")


def test_a_new_link_is_named_with_its_row(old: FoldMap) -> None:
    table = pl.concat([TABLE, link(old, 80)])
    new = old.grow(table, on_conflict="move")
    found = old.diff(new, table)
    assert kinds(found) == ["extension", "link", "data"]
    assert said(found, "link").startswith(
        "2 of 2 moved rows are of units that now link folds: row 80 (patient "
    )
    # The same link, when the folds were dealt anew: of many moved rows it explains a few.
    anew = old.diff(first_map(table), table)
    assert "row 80" in said(anew, "link")
    with pytest.raises(UsageError, match="not the table"):
        old.diff(new, TABLE)


def test_dealt_anew_is_told_apart_from_grown(old: FoldMap) -> None:
    table = pl.concat([TABLE, visits(20, start=80)])
    found = old.diff(first_map(table))
    assert len(found.moved)
    assert kinds(found)[-1] == "dealt anew"
    assert "--extend" in said(found, "dealt anew")


def test_kin_of_every_degree(old: FoldMap) -> None:
    one = old.grow(pl.concat([TABLE, visits(4, start=80)]))
    two = one.grow(pl.concat([TABLE, visits(8, start=80)]))
    side = old.grow(pl.concat([TABLE, visits(4, start=100)]))
    assert "in 2 steps" in said(old.diff(two), "extension")
    assert "the other way round" in said(two.diff(old), "extension")
    assert old.digest[:12] in said(two.diff(side), "branches")


def test_ids_of_another_kind_are_other_rows(old: FoldMap) -> None:
    text = first_map(TABLE.with_columns(pl.col("visit").cast(pl.String)))
    found = old.diff(text)
    assert (len(found.added), len(found.removed), len(found.moved)) == (80, 80, 0)


def test_an_edited_map_is_told(old: FoldMap) -> None:
    edited = replace(old, table=old.table.with_columns(fold=(pl.col("fold") + 1) % 4))
    found = old.diff(edited)
    assert kinds(found)[0] == "edited"
    assert len(found.moved) == 80
    assert not found.equal


def test_the_same_folds_under_another_seed_are_not_equal(old: FoldMap) -> None:
    plan = replace(old.manifest.plan, seed=9)
    other = replace(old, manifest=replace(old.manifest, plan=plan))
    other = replace(other, manifest=replace(other.manifest, digest=other.digest_now()))
    found = old.diff(other)
    assert (found.equal, found.rows.height, kinds(found)) == (False, 0, ["seed"])


def test_rows_that_move_in_a_later_repeat_are_counted(clinic: pl.DataFrame) -> None:
    plan = FoldPlan("stratified", n_repeats=3)
    old = make_folds(clinic, plan, id="visit", label="y")
    moved = old.table.with_columns(
        fold_2=pl.when(pl.col("row_id") < 3).then((pl.col("fold_2") + 1) % 5).otherwise("fold_2")
    )
    found = old.diff(FoldMap(moved, old.manifest))
    assert found.moved.is_empty()
    [reason] = [each for each in found.reasons if each.kind == "further repeats"]
    assert reason.detail.endswith("2 in column fold_2")
    assert not old.diff(old).reasons


def test_rows_that_an_extension_excluded_are_named(old: FoldMap) -> None:
    linking = link(old, 900)
    grown = old.grow(pl.concat([TABLE, linking]), on_conflict="exclude")
    found = old.diff(grown)
    assert found.excluded.to_list() == linking["visit"].to_list() == found.added.to_list()
    # Once out, it is no news.
    assert grown.diff(grown).excluded.is_empty()
