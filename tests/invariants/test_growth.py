"""Laws of growth, on small random tables that grow, shrink and change, with random links."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fold_guard.errors import DataError, InfeasibleError, Refused
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.growth.remake import broken_links, lineage_of, remade, remade_past
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from fold_guard.folds.strategies import TRAITS

ROLES: dict[str, Any] = {"id": "id", "label": "y", "groups": ["g", "h"], "time": "t"}
STRATEGIES = ["kfold", "stratified", "group", "stratified_group", "forward"]
SETTINGS = settings(
    max_examples=40,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


@st.composite
def stories(draw: st.DrawFn, most: int = 3) -> list[pl.DataFrame]:
    """A table, and what became of it: rows added, at times removed, changed or given other keys."""
    rows = draw(st.integers(8, 26))
    text = draw(st.booleans())
    table = draw(_rows(rows, 0, text))
    story, seen = [table], rows
    for _ in range(draw(st.integers(1, most))):
        more = draw(_rows(draw(st.integers(0, 8)), seen, text))
        seen += more.height
        if draw(st.integers(0, 3)) == 0:
            gone = draw(st.integers(0, 2))
            table = table[gone:]
        if draw(st.integers(0, 3)) == 0:
            at = draw(st.integers(0, table.height - 1))
            column = draw(st.sampled_from(["x", "g", "y", "t"]))
            value = {"x": -1.0, "g": 0, "y": "rare", "t": 5}[column]
            hit = pl.int_range(pl.len()) == at
            table = table.with_columns(
                pl.when(hit).then(pl.lit(value)).otherwise(column).alias(column)
            )
        table = pl.concat([table, more])
        story.append(table)
    return story


@st.composite
def _rows(draw: st.DrawFn, rows: int, start: int, text: bool) -> pl.DataFrame:
    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=rows, max_size=rows))

    ids = [f"r{i}" if text else i for i in range(start, start + rows)]
    return pl.DataFrame(
        {
            "id": pl.Series(ids, dtype=pl.String if text else pl.Int64),
            "g": pl.Series(column(st.none() | st.integers(0, 20)), dtype=pl.Int64),
            "h": pl.Series(column(st.none() | st.integers(0, 30)), dtype=pl.Int64),
            "y": pl.Series(column(st.sampled_from(["a", "b", "b", "rare"])), dtype=pl.String),
            "t": pl.Series(column(st.integers(start, start + 20)), dtype=pl.Int64),
            "x": pl.Series(column(st.floats(0, 1)), dtype=pl.Float64),
        }
    )


def plans(*strategies: Any) -> st.SearchStrategy[FoldPlan]:
    """Lenient plans, each with the settings that its strategy has."""

    def of(strategy: Any) -> st.SearchStrategy[FoldPlan]:
        choices = {
            "seed": st.integers(0, 2**64 - 1),
            "rare_class": st.just("warn"),
            "oversized_group": st.just("warn"),
        }
        used = TRAITS[strategy].settings
        given = {name: each for name, each in choices.items() if name in used}
        return st.builds(FoldPlan, st.just(strategy), n_splits=st.integers(2, 4), **given)

    return st.sampled_from(strategies).flatmap(of)


def started(table: pl.DataFrame, plan: FoldPlan) -> FoldMap:
    try:
        return make_folds(table, plan, **ROLES)
    except DataError:
        assume(False)
        raise


def folds(fold_map: FoldMap) -> dict[Any, int]:
    return dict(fold_map.table.select("row_id", "fold").iter_rows())


def grown(fold_map: FoldMap, table: pl.DataFrame, policy: Any) -> FoldMap | None:
    """The next map; None where the law allows a refusal."""
    try:
        return fold_map.grow(table, on_conflict=policy)
    except (Refused, InfeasibleError, DataError):
        return None


def torn(fold_map: FoldMap, table: pl.DataFrame) -> bool:
    """Whether rows that share a key, or are linked by others, lie in several folds; by hand."""
    fold = folds(fold_map)
    rows = [r for r in table.iter_rows(named=True) if fold[r["id"]] != -2]
    units: list[set[int]] = [{i} for i in range(len(rows))]
    for key in ("g", "h"):
        for value in {r[key] for r in rows} - {None}:
            sharing = {i for i, r in enumerate(rows) if r[key] == value}
            merged = set().union(*(unit for unit in units if unit & sharing))
            units = [unit for unit in units if not unit & sharing] + [merged]
    return any(len({fold[rows[i]["id"]] for i in unit}) > 1 for unit in units)


@given(stories(), plans(*STRATEGIES), st.sampled_from(["fail", "exclude"]))
@SETTINGS
def test_no_old_row_moves(story: list[pl.DataFrame], plan: FoldPlan, policy: str) -> None:
    made = started(story[0], plan)
    for before, table in pairwise(story):
        old = folds(made)
        unchanged = set(before.join(table, on=before.columns, nulls_equal=True)["id"])
        after = grown(made, table, policy)
        if after is None:
            return
        new = folds(after)
        assert set(new) == set(table["id"])
        for row in old.keys() & new.keys():
            # Under exclude a row that was changed may leave; one that was not stays as it is.
            assert new[row] == old[row] or (new[row] == -2 and row not in unchanged)
        assert {fold for fold in new.values() if fold >= 0} == set(range(plan.n_splits))
        made = after


@given(stories(), plans("group", "stratified_group"), st.sampled_from(["fail", "exclude", "move"]))
@SETTINGS
def test_no_unit_is_torn(story: list[pl.DataFrame], plan: FoldPlan, policy: str) -> None:
    made = started(story[0], plan)
    for table in story[1:]:
        after = grown(made, table, policy)
        if after is None:
            return
        made = after
        assert not torn(made, table)


@given(stories(), plans("group", "stratified_group"))
@SETTINGS
def test_each_excluded_row_would_link_folds(story: list[pl.DataFrame], plan: FoldPlan) -> None:
    made = started(story[0], plan)
    after = grown(made, story[1], "exclude")
    assume(after is not None)
    assert after is not None
    new = folds(after)
    old = folds(made)
    excluded = [row for row, fold in new.items() if fold == -2]
    for row in excluded:
        # Back with the fold it had, or with any: some unit is torn.
        for fold in [old[row]] if row in old else range(plan.n_splits):
            table = after.table.with_columns(
                pl.when(pl.col("row_id") == row).then(fold).otherwise("fold").alias("fold")
            )
            assert torn(FoldMap(table, after.manifest), story[1])


@given(stories(), plans("group", "stratified_group"))
@SETTINGS
def test_fail_refuses_when_and_only_when_links_join_folds(
    story: list[pl.DataFrame], plan: FoldPlan
) -> None:
    made, table = started(story[0], plan), story[1]
    held = folds(made)
    try:
        made.grow(table)
    except Refused:
        refused = True
    except InfeasibleError:
        return
    else:
        refused = False
    # The old rows' folds and the links of all rows together leave no room.
    units: list[set[int]] = [{i} for i in range(table.height)]
    rows = table.to_dicts()
    for key in ("g", "h"):
        for value in {r[key] for r in rows} - {None}:
            sharing = {i for i, r in enumerate(rows) if r[key] == value}
            merged = set().union(*(unit for unit in units if unit & sharing))
            units = [unit for unit in units if not unit & sharing] + [merged]
    joined = [{held[rows[i]["id"]] for i in unit if rows[i]["id"] in held} for unit in units]
    assert refused == any(len(each) > 1 for each in joined)


@given(stories(), plans("group", "stratified_group"))
@SETTINGS
def test_move_moves_the_fewest_rows_of_each_unit(story: list[pl.DataFrame], plan: FoldPlan) -> None:
    made, table = started(story[0], plan), story[1]
    after = grown(made, table, "move")
    assume(after is not None)
    assert after is not None
    old, new = folds(made), folds(after)
    rows = table.to_dicts()
    units: list[set[int]] = [{i} for i in range(len(rows))]
    for key in ("g", "h"):
        for value in {r[key] for r in rows} - {None}:
            sharing = {i for i, r in enumerate(rows) if r[key] == value}
            merged = set().union(*(unit for unit in units if unit & sharing))
            units = [unit for unit in units if not unit & sharing] + [merged]
    least = 0
    for unit in units:
        held = [old[rows[i]["id"]] for i in unit if rows[i]["id"] in old]
        least += len(held) - max((held.count(fold) for fold in set(held)), default=0)
    moved = [row for row in old.keys() & new.keys() if old[row] != new[row]]
    assert len(moved) == least
    assert after.manifest.growth is None or sorted(moved) == sorted(
        after.manifest.growth.moved_rows
    )


@given(stories(1), plans(*STRATEGIES), st.sampled_from(["fail", "exclude", "move"]))
@SETTINGS
def test_nothing_new_changes_nothing(
    story: list[pl.DataFrame], plan: FoldPlan, policy: Any
) -> None:
    made = started(story[0], plan)
    again = made.grow(story[0].reverse(), on_conflict=policy)
    assert again is made
    after = grown(made, story[1], policy)
    if after is not None:
        assert after.grow(story[1].sample(fraction=1, shuffle=True, seed=0)) is after


@given(stories(), plans(*STRATEGIES), st.sampled_from(["fail", "exclude", "move"]))
@SETTINGS
def test_growth_depends_on_no_order(story: list[pl.DataFrame], plan: FoldPlan, policy: Any) -> None:
    made = started(story[0], plan)
    after = grown(made, story[1], policy)
    assume(after is not None)
    assert after is not None
    columns = list(reversed(story[1].columns))
    again = made.grow(story[1].reverse().select(columns), on_conflict=policy)
    assert again.table.equals(after.table)
    assert again.manifest == after.manifest


@given(stories(), plans(*STRATEGIES), st.sampled_from(["exclude", "move"]))
@settings(SETTINGS, max_examples=25)
def test_the_lineage_comes_back_whole(
    story: list[pl.DataFrame], plan: FoldPlan, policy: Any
) -> None:
    line = [started(story[0], plan)]
    for table in story[1:]:
        after = grown(line[-1], table, policy)
        if after is None:
            break
        if after is not line[-1]:
            line.append(after)
    with tempfile.TemporaryDirectory() as folder:
        line[-1].save(Path(folder) / "map")
        loaded = FoldMap.load(Path(folder) / "map")
    found = lineage_of(loaded)
    assert broken_links(found) == ()
    assert len(found.kin) == len(line)
    for kin, was in zip(found.kin, reversed(line), strict=True):
        assert kin.table.equals(was.table)
        assert kin.manifest == was.manifest
    table = next(t for t in reversed(story) if t.height == loaded.manifest.dataset.rows)
    if loaded.grow(table, on_conflict=policy) is loaded:
        manifest = loaded.manifest
        again = remade(loaded, table, manifest.plan, manifest.dataset.roles)
        assert (again.manifest.digest, again.manifest.growth) == (
            manifest.digest,
            manifest.growth,
        )
        past = remade_past(loaded, table)
        assert past.other == ()
        assert past.ancestors == len(line) - 1


@given(stories(), plans("forward"), st.sampled_from(["fail", "exclude", "move"]))
@SETTINGS
def test_forward_blocks_stay_in_order(
    story: list[pl.DataFrame], plan: FoldPlan, policy: Any
) -> None:
    made = started(story[0], plan)
    for table in story[1:]:
        after = grown(made, table, policy)
        if after is None:
            return
        made = after
        block, time = made.folds_of(table), table["t"].to_numpy()
        for fold in range(1, plan.n_splits):
            assert time[block == fold].min() > time[block == fold - 1].max()


@given(stories(1), plans("kfold", "stratified"))
@SETTINGS
def test_new_rows_fill_the_smallest_folds(story: list[pl.DataFrame], plan: FoldPlan) -> None:
    """What a new map would reach is reached when only rows are added, at most one row a fold."""
    made, table = started(story[0], plan), story[1]
    assume(set(story[0]["id"]) <= set(table["id"]))
    after = grown(made, table, "fail")
    assume(after is not None and plan.strategy == "kfold")
    assert after is not None
    sizes = np.bincount(after.folds_of(table))
    assert sizes.max() - sizes.min() <= 1
