from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from fold_guard.errors import InfeasibleError, Refused
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.growth.remake import broken_links, difference, lineage_of, remade
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from tests.folds.growth.growing import ROLES, folds, patients_in, visits

# Patients 5, 20 and 33 of the forty have been in intensive care, once.
CRITICAL = (10, 41, 66)


def wards(table: pl.DataFrame, critical: tuple[int, ...]) -> pl.DataFrame:
    icu = pl.col("visit").is_in(critical)
    return table.with_columns(ward=pl.when(icu).then(pl.lit("icu")).otherwise(pl.lit("ward")))


TABLE = wards(visits(80), CRITICAL)
MORE = wards(visits(40, start=80), (83, 99))


@pytest.fixture(scope="module")
def old() -> FoldMap:
    return make_folds(TABLE, FoldPlan(n_splits=4, seed=1, leave_out={"ward": "icu"}), **ROLES)


def test_new_units_of_the_subgroup_get_new_folds_and_no_old_row_moves(
    old: FoldMap, tmp_path: Path
) -> None:
    assert [folds(old)[row] for row in (10, 11, 40, 41, 66, 67)] == [4, 4, 5, 5, 6, 6]
    table = pl.concat([TABLE, MORE])
    new = old.grow(table)
    assert folds(old).items() <= folds(new).items()
    # Patients 41 and 49 are new to the subgroup; the others are dealt to the four folds.
    assert [folds(new)[row] for row in (82, 83, 98, 99)] == [7, 7, 8, 8]
    assert {folds(new)[row] for row in range(80, 120) if row // 2 not in (41, 49)} == {0, 1, 2, 3}
    assert (new.manifest.n_alone, new.manifest.n_folds) == (5, 9)
    for counts in zip(*(fold.by_class for fold in new.manifest.folds[:4]), strict=True):
        assert max(counts) - min(counts) <= 2
    new.save(tmp_path / "map")
    loaded = FoldMap.load(tmp_path / "map")
    assert broken_links(lineage_of(loaded)) == ()
    again = remade(loaded, table, loaded.manifest.plan, loaded.manifest.dataset.roles)
    assert difference(loaded.kin, again) == ""


def test_a_new_visit_goes_where_its_patient_is(old: FoldMap) -> None:
    known = wards(visits(2, start=80, patient=20), (80,))
    new = old.grow(pl.concat([TABLE, known]))
    assert (folds(new)[80], folds(new)[81]) == (5, 5)
    assert new.manifest.n_alone == 3


def test_a_dealt_patient_who_enters_the_subgroup_is_a_conflict(old: FoldMap) -> None:
    inside = patients_in(old, 2)[0]
    table = pl.concat([TABLE, wards(visits(2, start=80, patient=inside), (80,))])
    with pytest.raises(
        Refused, match=r"1 unit dealt before now holds a row .*'icu'.* 80 \(fold 2\)"
    ):
        old.grow(table)
    moved = old.grow(table, on_conflict="move")
    of_patient = [2 * inside, 2 * inside + 1, 80, 81]
    assert {folds(moved)[row] for row in of_patient} == {7}
    assert moved.manifest.growth is not None
    assert moved.manifest.growth.moved_rows == (2 * inside, 2 * inside + 1)
    excluded = old.grow(table, on_conflict="exclude")
    assert [folds(excluded)[row] for row in of_patient] == [2, 2, -2, 2]
    assert excluded.manifest.growth is not None
    assert excluded.manifest.growth.excluded_rows == (80,)


def test_a_changed_row_that_enters_the_subgroup_is_a_conflict_too(old: FoldMap) -> None:
    row = 2 * patients_in(old, 0)[0]
    with pytest.raises(Refused, match="on-conflict exclude"):
        old.grow(wards(visits(80), (*CRITICAL, row)))


def test_a_unit_that_left_the_subgroup_keeps_its_fold(old: FoldMap) -> None:
    new = old.grow(wards(visits(80), CRITICAL[1:]))
    assert folds(new) == folds(old)
    [said] = new.manifest.warnings
    assert said == "1 fold left out before holds no row of the subgroup any more (ward 'icu')"


def test_a_new_unit_takes_the_number_of_one_that_is_gone(old: FoldMap) -> None:
    kept = TABLE.filter(pl.col("patient") != 20)
    with pytest.raises(InfeasibleError, match="fold 5 would be empty"):
        old.grow(kept)
    new = old.grow(pl.concat([kept, MORE]))
    assert [folds(new)[row] for row in (82, 83, 98, 99)] == [5, 5, 7, 7]


def test_a_link_between_two_that_were_left_out(old: FoldMap) -> None:
    tie = wards(visits(1, start=80, patient=5), ()).with_columns(house=pl.lit(1020, pl.Int64))
    table = pl.concat([TABLE, tie])
    with pytest.raises(Refused, match="links units of different folds"):
        old.grow(table)
    assert folds(old.grow(table, on_conflict="exclude"))[80] == -2
    # Moved together they leave a number that nobody can take.
    with pytest.raises(InfeasibleError, match="fold 5 would be empty"):
        old.grow(table, on_conflict="move")


def test_a_link_from_a_dealt_unit_moves_to_a_fold_of_its_own(old: FoldMap) -> None:
    other = patients_in(old, 1)[0]
    tie = wards(visits(4, start=80, patient=other), ()).with_columns(house=pl.lit(1005, pl.Int64))
    new = old.grow(pl.concat([TABLE, tie]), on_conflict="move")
    rows = [10, 11, 2 * other, 2 * other + 1, 80, 81, 82, 83]
    assert {folds(new)[row] for row in rows} == {4}


def test_maps_that_left_out_other_units_under_one_number_are_not_merged(old: FoldMap) -> None:
    mine, theirs = wards(visits(10, start=100), (101,)), wards(visits(10, start=200), (203,))
    a, b = (old.grow(pl.concat([TABLE, more])) for more in (mine, theirs))
    both = pl.concat([TABLE, mine, theirs])
    with pytest.raises(Refused, match="fold 7 holds two units left out by themselves"):
        a.merge(b, both)
    calm = wards(visits(10, start=200), ())
    merged = a.merge(old.grow(pl.concat([TABLE, calm])), pl.concat([TABLE, mine, calm]))
    assert folds(a).items() <= folds(merged).items()
    assert merged.manifest.n_alone == 4
