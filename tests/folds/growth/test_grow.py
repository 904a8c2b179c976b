from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from fold_guard.errors import ArtifactError, InfeasibleError, Refused, UsageError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import make_folds
from fold_guard.folds.manifest import LISTED
from fold_guard.folds.plan import FoldPlan
from tests.folds.growth.growing import ROLES, first_map, folds, patients_in, visits
from tests.folds.strategies import CASES, derived, map_of


@pytest.fixture
def table() -> pl.DataFrame:
    return visits(80)


@pytest.fixture
def old(table: pl.DataFrame) -> FoldMap:
    return first_map(table)


def test_old_rows_keep_their_folds_and_new_units_even_out(
    table: pl.DataFrame, old: FoldMap
) -> None:
    new = old.grow(pl.concat([table, visits(40, start=80)]))
    assert folds(old).items() <= folds(new).items()
    assert [fold.rows for fold in new.manifest.folds] == [30, 30, 30, 30]
    for counts in zip(*(fold.by_class for fold in new.manifest.folds), strict=True):
        assert max(counts) - min(counts) <= 2
    assert new.manifest.parents == (old.digest,)
    assert new.digest != old.digest
    facts = new.manifest.growth
    assert facts is not None
    assert (facts.added, facts.removed, facts.changed, facts.moved, facts.excluded) == (
        40,
        0,
        0,
        0,
        0,
    )


def test_new_rows_of_an_old_unit_go_where_it_is(table: pl.DataFrame, old: FoldMap) -> None:
    new = old.grow(pl.concat([table, visits(6, start=80, patient=3)]))
    assert {folds(new)[row] for row in range(80, 86)} == {folds(old)[6]}


def test_new_units_fill_what_removed_rows_left(table: pl.DataFrame, old: FoldMap) -> None:
    short = patients_in(old, 2)
    kept = table.filter(~pl.col("patient").is_in(short[:6]))
    new = old.grow(pl.concat([kept, visits(12, start=80)]))
    assert [fold.rows for fold in new.manifest.folds] == [20, 20, 20, 20]
    assert new.manifest.growth is not None
    assert new.manifest.growth.removed == 12


def test_changed_and_relabelled_rows_are_told_and_stay(table: pl.DataFrame, old: FoldMap) -> None:
    changed = table.with_columns(
        x=pl.when(pl.col("visit") < 3).then(-1.0).otherwise("x"),
        y=pl.when(pl.col("visit").is_in([2, 7])).then(pl.lit("maybe")).otherwise("y"),
    )
    plan = replace(old.manifest.plan, rare_class="warn")
    new = old.grow(changed, plan=plan)
    assert folds(new) == folds(old)
    facts = new.manifest.growth
    assert facts is not None
    assert (facts.changed, facts.relabelled, facts.added) == (4, 2, 0)
    assert "maybe" in new.manifest.warnings[0]
    assert new.table["label"].to_list().count("maybe") == 2


def test_a_class_too_rare_fails_as_in_a_new_map(table: pl.DataFrame, old: FoldMap) -> None:
    with pytest.raises(InfeasibleError, match="'maybe' \\(1\\)"):
        old.grow(pl.concat([table, visits(1, start=80, y="maybe")]))


def linking(old: FoldMap) -> tuple[pl.DataFrame, int, int]:
    """A new visit of a patient of fold 0 in the house of a patient of fold 3."""
    a, b = patients_in(old, 0)[0], patients_in(old, 3)[0]
    return visits(1, start=80, patient=a).with_columns(house=pl.lit(b + 1000, pl.Int64)), a, b


def test_a_link_is_refused_with_row_keys_and_folds(table: pl.DataFrame, old: FoldMap) -> None:
    row, a, b = linking(old)
    with pytest.raises(Refused) as caught:
        old.grow(pl.concat([table, row]))
    assert caught.value.exit_code == 1
    assert f"row 80 (patient {a} is in fold 0, house {b + 1000} is in fold 3)" in caught.value.what
    assert "--on-conflict exclude" in caught.value.remedy
    assert "2 old rows would change fold" in caught.value.remedy


def test_excluded_rows_are_listed_and_stay_out(table: pl.DataFrame, old: FoldMap) -> None:
    row, *_ = linking(old)
    grown = pl.concat([table, row])
    new = old.grow(grown, on_conflict="exclude")
    assert folds(new)[80] == -2
    assert folds(old).items() <= folds(new).items()
    facts = new.manifest.growth
    assert facts is not None
    assert (facts.excluded, facts.excluded_rows) == (1, (80,))
    for each in new.rounds(grown):
        assert not (each.train | each.test)[80]
    # The link is not made again by the row that was left out, nor does it come back.
    later = new.grow(pl.concat([grown, visits(4, start=90)]))
    assert folds(later)[80] == -2
    assert later.manifest.growth is not None
    assert later.manifest.growth.excluded == 0


def test_the_smaller_side_moves_and_is_listed(table: pl.DataFrame, old: FoldMap) -> None:
    row, a, b = linking(old)
    more = visits(2, start=81, patient=a)
    first = old.grow(pl.concat([table, more]))
    new = first.grow(pl.concat([table, more, row]), on_conflict="move")
    facts = new.manifest.growth
    assert facts is not None
    assert facts.moved_rows == (2 * b, 2 * b + 1)
    assert {folds(new)[each] for each in (80, 2 * a, 2 * b, 2 * b + 1)} == {0}
    moved = {each for each in folds(first) if folds(first)[each] != folds(new)[each]}
    assert moved == {2 * b, 2 * b + 1}


def test_the_list_is_capped_and_the_count_is_not() -> None:
    count = LISTED + 50
    table = visits(4 * count)
    old = make_folds(table, FoldPlan("group", n_splits=2), **ROLES)
    here, there = (patients_in(old, fold)[:count] for fold in (0, 1))
    links = visits(count, start=4 * count).with_columns(
        patient=pl.Series(here), house=pl.Series(there) + 1000
    )
    facts = old.grow(pl.concat([table, links]), on_conflict="exclude").manifest.growth
    assert facts is not None
    assert facts.excluded == count
    assert facts.listed_at_most == LISTED
    assert facts.excluded_rows == tuple(range(4 * count, 4 * count + LISTED))


def test_an_old_row_whose_key_changed_is_the_one_that_links(
    table: pl.DataFrame, old: FoldMap
) -> None:
    a, b = patients_in(old, 1)[0], patients_in(old, 2)[0]
    here = pl.col("visit") == 2 * a
    changed = table.with_columns(patient=pl.when(here).then(b).otherwise("patient"))
    changed = changed.with_columns(house=pl.when(here).then(None).otherwise("house").cast(pl.Int64))
    with pytest.raises(Refused, match=rf"row {2 * a} \(patient {b} is in fold 2, the row itself"):
        old.grow(changed)
    assert folds(old.grow(changed, on_conflict="exclude"))[2 * a] == -2
    assert folds(old.grow(changed, on_conflict="move"))[2 * a] == 2


def test_a_map_that_tore_units_before_is_refused_unless_they_may_move(
    table: pl.DataFrame, old: FoldMap
) -> None:
    fold = pl.when(pl.col("row_id") == 1).then((pl.col("fold") + 1) % 4).otherwise("fold")
    torn = replace(old, table=old.table.with_columns(fold=fold.cast(pl.Int64)))
    torn = replace(torn, manifest=replace(torn.manifest, digest=torn.digest_now()))
    more = pl.concat([table, visits(2, start=80)])
    for policy in ("fail", "exclude"):
        with pytest.raises(Refused, match="the old map itself splits 1 unit"):
            torn.grow(more, on_conflict=policy)
    new = torn.grow(more, on_conflict="move")
    assert folds(new)[0] == folds(new)[1]


def test_rows_in_no_test_set_stay_there_and_pin_their_unit(
    table: pl.DataFrame, old: FoldMap
) -> None:
    fold = pl.when(pl.col("row_id").is_in([0, 1])).then(-1).otherwise("fold")
    pinned = replace(old, table=old.table.with_columns(fold=fold.cast(pl.Int64)))
    pinned = replace(pinned, manifest=replace(pinned.manifest, digest=pinned.digest_now()))
    new = pinned.grow(pl.concat([table, visits(3, start=80, patient=0)]))
    assert {folds(new)[row] for row in (0, 1, 80, 81, 82)} == {-1}
    assert sum(fold.rows for fold in new.manifest.folds) == 78
    link = visits(1, start=80, patient=0).with_columns(house=pl.lit(1005, pl.Int64))
    with pytest.raises(Refused, match="patient 0 is in fold -1"):
        pinned.grow(pl.concat([table, link]))
    moved = pinned.grow(pl.concat([table, link]), on_conflict="move")
    assert {folds(moved)[row] for row in (0, 1, 80, 10, 11)} == {-1}


def test_two_steps_move_no_row_in_either(table: pl.DataFrame, old: FoldMap) -> None:
    one = pl.concat([table, visits(14, start=80)])
    two = pl.concat([one, visits(30, start=94)])
    first = old.grow(one)
    second = first.grow(two)
    assert folds(old).items() <= folds(first).items() <= folds(second).items()
    assert second.manifest.parents == (first.digest,)


def test_nothing_new_is_the_same_map(table: pl.DataFrame, old: FoldMap) -> None:
    assert old.grow(table.reverse(), on_conflict="move") is old
    lenient = replace(old.manifest.plan, rare_class="warn")
    again = old.grow(table, plan=lenient)
    assert (again.digest, again.manifest.plan, again.lineage) == (old.digest, lenient, ())


def test_an_empty_fold_is_refused(table: pl.DataFrame, old: FoldMap) -> None:
    kept = table.filter(~pl.col("patient").is_in(patients_in(old, 2)))
    with pytest.raises(InfeasibleError, match="empty"):
        old.grow(kept)


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        ({"n_splits": 5}, UsageError, "n_splits 4 -> 5"),
        ({"seed": 2}, UsageError, "seed 1 -> 2"),
        ({"strategy": "group"}, UsageError, "strategy 'stratified_group' -> 'group'"),
    ],
)
def test_another_plan_is_refused(
    table: pl.DataFrame, old: FoldMap, change: dict[str, Any], kind: type, said: str
) -> None:
    with pytest.raises(kind, match=said):
        old.grow(table, plan=replace(old.manifest.plan, **change))


def test_other_tables_are_refused(table: pl.DataFrame, old: FoldMap) -> None:
    with pytest.raises(Refused, match="not one row of the old map"):
        old.grow(visits(20, start=500))
    with pytest.raises(Refused, match="not one row of the old map"):
        old.grow(table.with_columns(pl.col("visit").cast(pl.String)))
    with pytest.raises(UsageError, match="no column 'house'"):
        old.grow(table.drop("house"))


def test_an_edited_map_does_not_grow(table: pl.DataFrame, old: FoldMap) -> None:
    edited = replace(old, table=old.table.with_columns(fold=(pl.col("fold") + 1) % 4))
    with pytest.raises(ArtifactError, match="edited"):
        edited.grow(table)


def test_pandas_grows_too(table: pl.DataFrame, old: FoldMap) -> None:
    more = pl.concat([table, visits(10, start=80)])
    assert old.grow(more.to_pandas()).digest == old.grow(more).digest


# -- forward -----------------------------------------------------------------------------------


@pytest.fixture
def blocks(table: pl.DataFrame) -> FoldMap:
    return first_map(table, "forward")


def test_later_rows_make_the_last_block_longer(table: pl.DataFrame, blocks: FoldMap) -> None:
    new = blocks.grow(pl.concat([table, visits(15, start=80)]))
    assert [fold.rows for fold in new.manifest.folds] == [20, 20, 20, 35]


def test_late_arrivals_go_to_the_block_of_their_time(table: pl.DataFrame, blocks: FoldMap) -> None:
    # Visits 80, 81, 82 happened before all, at the first instant of block 2, in block 1.
    late = visits(3, start=80).with_columns(day=pl.Series([-5, 40, 39]))
    new = folds(blocks.grow(pl.concat([table, late])))
    assert [new[80], new[81], new[82]] == [0, 2, 1]


def test_a_changed_time_is_a_conflict(table: pl.DataFrame, blocks: FoldMap) -> None:
    wrong = table.with_columns(day=pl.when(pl.col("visit") == 3).then(70).otherwise("day"))
    with pytest.raises(Refused, match="1 old row no longer lies in the time of the old block: 3"):
        blocks.grow(wrong)
    assert folds(blocks.grow(wrong, on_conflict="exclude"))[3] == -2
    moved = blocks.grow(wrong, on_conflict="move")
    assert folds(moved)[3] == 3
    assert moved.manifest.growth is not None
    assert moved.manifest.growth.moved_rows == (3,)


def test_a_change_within_the_block_is_none(table: pl.DataFrame, blocks: FoldMap) -> None:
    """Also of the row that opens the block, in its features or by an instant nobody else has."""
    for day in (20.0, 19.5, 20.5):
        moved = pl.when(pl.col("visit") == 20).then(day).otherwise("day")
        changed = table.with_columns(day=moved, x=pl.lit(0.0))
        assert folds(blocks.grow(changed)) == folds(blocks)


def test_all_times_turned_round_are_refused(table: pl.DataFrame, blocks: FoldMap) -> None:
    with pytest.raises(Refused, match="overlap in time"):
        blocks.grow(table.with_columns(day=-pl.col("day")))


@pytest.mark.parametrize(
    ("strategy", "settings"),
    [(name, {}) for name in CASES]
    + [
        ("kfold", {"n_repeats": 2}),
        ("group", {"inner_splits": 2}),
        ("stratified", {"rare_class": "merge"}),
        ("stratified_group", {"rare_class": {"positive": "pin_to_train", "*": "warn"}}),
    ],
)
def test_nothing_new_is_the_same_map_for_every_strategy(
    covid: pl.DataFrame, strategy: str, settings: dict[str, Any]
) -> None:
    """Also of a plan whose maps cannot be extended: nothing new has to be dealt."""
    # Blocks of few days would be purged empty; of folds of one row few say as much as all.
    table = derived(covid if CASES[strategy][1].get("time") else covid.head(600))
    made = map_of(table, strategy, **settings)
    assert made.grow(table.reverse(), plan=made.manifest.plan) is made


@pytest.mark.parametrize(
    ("strategy", "settings", "why"),
    [
        ("kfold", {"n_repeats": 2}, "several repeats"),
        ("group", {"inner_splits": 2}, "nested folds"),
        ("stratified", {"rare_class": "merge"}, "rare_class merge"),
        ("leave_one_out", {}, "strategy 'leave_one_out'"),
    ],
)
def test_a_map_decided_by_the_whole_table_does_not_grow(
    covid: pl.DataFrame, strategy: str, settings: dict[str, Any], why: str
) -> None:
    table = derived(covid.head(600))
    made = map_of(table.head(500), strategy, **settings)
    with pytest.raises(UsageError, match=f"a map of {why} cannot be extended"):
        made.grow(table)
