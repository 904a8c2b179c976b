from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from fold_guard.errors import Refused, UsageError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.growth.remake import broken_links, lineage_of, remade
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from tests.folds.growth.growing import ROLES, first_map, folds, link, patients_in, visits

TABLE = visits(80)


@pytest.fixture(scope="module")
def base() -> FoldMap:
    return first_map(TABLE)


@pytest.fixture(scope="module")
def ours(base: FoldMap) -> FoldMap:
    return base.grow(pl.concat([TABLE, visits(20, start=100)]))


@pytest.fixture(scope="module")
def theirs(base: FoldMap) -> FoldMap:
    return base.grow(pl.concat([TABLE, visits(30, start=200)]))


MERGED = pl.concat([TABLE, visits(20, start=100), visits(30, start=200)])


def test_both_sides_keep_every_fold(ours: FoldMap, theirs: FoldMap, tmp_path: Path) -> None:
    new = ours.merge(theirs, MERGED)
    assert folds(ours).items() <= folds(new).items()
    assert folds(theirs).items() <= folds(new).items()
    assert new.manifest.parents == (ours.digest, theirs.digest)
    facts = new.manifest.growth
    assert facts is not None
    assert (facts.added, facts.removed, facts.moved) == (0, 0, 0)
    new.save(tmp_path / "map")
    loaded = FoldMap.load(tmp_path / "map")
    found = lineage_of(loaded)
    assert broken_links(found) == ()
    assert len(found.kin) == 4
    again = remade(loaded, MERGED, new.manifest.plan, new.manifest.dataset.roles)
    assert (again.manifest.digest, again.manifest.growth) == (new.digest, facts)


def test_rows_in_neither_map_are_dealt(ours: FoldMap, theirs: FoldMap) -> None:
    new = ours.merge(theirs, pl.concat([MERGED, visits(10, start=300)]))
    assert new.manifest.growth is not None
    assert new.manifest.growth.added == 10
    assert {folds(new)[row] for row in range(300, 310)} <= {0, 1, 2, 3}


def test_a_merged_map_grows_and_merges_again(base: FoldMap, ours: FoldMap, theirs: FoldMap) -> None:
    new = ours.merge(theirs, MERGED)
    table = pl.concat([MERGED, visits(8, start=400)])
    third = base.grow(pl.concat([TABLE, visits(4, start=500)]))
    last = new.grow(table).merge(third, pl.concat([table, visits(4, start=500)]))
    found = lineage_of(last)
    assert broken_links(found) == ()
    assert len(found.kin) == 7
    for each in (base, ours, theirs, new, third):
        kin = found.find(each.digest)
        assert kin is not None
        assert kin.table.equals(each.table)


def test_crossed_branches_come_back_whole(ours: FoldMap, theirs: FoldMap) -> None:
    one, two = ours.merge(theirs, MERGED), theirs.merge(ours, MERGED)
    assert folds(one) == folds(two)
    both = one.merge(two, pl.concat([MERGED, visits(4, start=600)]))
    found = lineage_of(both)
    assert broken_links(found) == ()
    assert {each.manifest.digest for each in found.kin} >= {one.digest, two.digest, ours.digest}


def test_one_map_that_is_the_others_ancestor_just_grows(base: FoldMap, ours: FoldMap) -> None:
    table = pl.concat([TABLE, visits(20, start=100)])
    assert base.merge(ours, table) is ours
    assert ours.merge(base, table) is ours
    assert ours.merge(ours, table) is ours


def test_a_row_that_one_side_moved_follows_it(base: FoldMap, theirs: FoldMap) -> None:
    row = link(base, 90)
    moved = base.grow(pl.concat([TABLE, row]), on_conflict="move")
    assert moved.manifest.growth is not None
    [first, second] = moved.manifest.growth.moved_rows
    table = pl.concat([TABLE, row, visits(30, start=200)])
    for new in (moved.merge(theirs, table), theirs.merge(moved, table)):
        assert folds(new)[int(first)] == folds(new)[int(second)] == folds(moved)[int(first)]
        assert folds(new) == folds(moved) | {r: f for r, f in folds(theirs).items() if r >= 200}


def test_rows_dealt_otherwise_on_both_sides_are_a_conflict(base: FoldMap) -> None:
    """The same new patients came to both branches, and other rows before them to one."""
    same = visits(2, start=300)
    ours = base.grow(pl.concat([TABLE, same]))
    fold = folds(ours)[300]
    blocker = [p for f in range(4) if f != fold for p in patients_in(base, f)[:1]]
    extra = pl.concat([visits(1, start=310 + i, patient=p) for i, p in enumerate(blocker)])
    theirs = base.grow(pl.concat([TABLE, extra]))
    full = visits(4, start=320, patient=patients_in(base, fold)[0])
    theirs = base.grow(pl.concat([TABLE, extra, full, same]))
    assert folds(theirs)[300] != fold
    table = pl.concat([TABLE, extra, full, same])
    with pytest.raises(Refused, match="2 rows are in other folds in one map"):
        ours.merge(theirs, table)
    assert folds(ours.merge(theirs, table, on_conflict="exclude"))[300] == -2
    new = ours.merge(theirs, table, on_conflict="move")
    assert folds(new)[300] == folds(new)[301] == fold
    assert new.manifest.growth is not None
    assert new.manifest.growth.moved_rows == (300, 301)


def test_a_link_between_the_two_sides_is_a_conflict(base: FoldMap) -> None:
    a, b = patients_in(base, 0)[0], patients_in(base, 1)[0]
    house = pl.lit(7000, pl.Int64)
    left = visits(1, start=300, patient=a).with_columns(house=house)
    right = visits(1, start=301, patient=b).with_columns(house=house)
    ours, theirs = (base.grow(pl.concat([TABLE, each])) for each in (left, right))
    table = pl.concat([TABLE, left, right])
    with pytest.raises(Refused, match="1 row links units of different folds: row 301"):
        ours.merge(theirs, table)
    new = ours.merge(theirs, table, on_conflict="exclude")
    assert sorted(fold for row, fold in folds(new).items() if row >= 300) == [-2, 0]


def test_a_row_that_one_side_removed_is_gone_when_the_table_says_so(
    base: FoldMap, theirs: FoldMap
) -> None:
    kept = TABLE.filter(pl.col("visit") != 5)
    ours = base.grow(kept)
    new = ours.merge(theirs, pl.concat([kept, visits(30, start=200)]))
    assert 5 not in folds(new)
    assert new.manifest.growth is not None
    assert new.manifest.growth.removed == 1


def test_strangers_do_not_merge(base: FoldMap) -> None:
    other = make_folds(TABLE, FoldPlan("stratified_group", n_splits=4, seed=2), **ROLES)
    with pytest.raises(Refused, match="no ancestor in common"):
        base.merge(other, TABLE)
    with pytest.raises(UsageError, match="another plan"):
        base.merge(base.grow(MERGED), MERGED, plan=other.manifest.plan)
