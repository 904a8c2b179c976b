"""Laws that every strategy keeps, on small random tables with nulls, rare classes and ties."""

from __future__ import annotations

import re
import tempfile
from dataclasses import replace
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any, get_args

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fold_guard.errors import DataError, InfeasibleError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from fold_guard.folds.strategies import TRAITS, Strategy
from fold_guard.partition.rounds import Round

FIRST: tuple[Strategy, ...] = ("kfold", "stratified", "group", "stratified_group", "forward")
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
GROUPED = tuple(name for name in STRATEGIES if TRAITS[name].groups)
ROLES: dict[str, Any] = {"id": "id", "label": "y", "groups": ["g", "h"], "time": "t"}
# What a strategy may be asked for besides a seed.
CHOICES: dict[str, st.SearchStrategy[Any]] = {
    "n_splits": st.integers(2, 5),
    "n_repeats": st.integers(1, 3),
    "test_size": st.sampled_from([0.2, 0.34, 0.5]),
    "train_size": st.sampled_from([0, 0.3, 0.5]),
    "window": st.integers(0, 2),
    "embargo": st.sampled_from([0, 1, 1.5, 3]),
    "purge_groups": st.booleans(),
    "n_bins": st.integers(2, 4),
    "quality": st.sampled_from(["standard", "high"]),
    "n_test_folds": st.just(1),
    "column": st.just("given"),
    "rare_class": st.sampled_from(["warn", "merge", "pin_to_train"]),
    "oversized_group": st.just("warn"),
}


def roles_of(plan: FoldPlan) -> dict[str, Any]:
    """The roles, with the label that the strategy balances."""
    label = {"labels": ["l0", "l1", "l2"], "bins": "c"}.get(plan.traits.strata, "y")
    return ROLES | {"label": label} | ({"evaluation_time": "u"} if plan.traits.purged else {})


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(st.integers(4, 28))

    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=rows, max_size=rows))

    ids = st.one_of(st.integers(-(2**40), 2**40), st.integers(0, 40))
    texts = st.text(max_size=5)
    unique = draw(st.sampled_from([ids, texts]))
    return pl.DataFrame(
        {
            "id": draw(st.lists(unique, min_size=rows, max_size=rows, unique=True)),
            "g": pl.Series(column(st.none() | st.integers(0, rows)), dtype=pl.Int64),
            "h": pl.Series(column(st.none() | st.sampled_from("abcdefgh")), dtype=pl.String),
            "y": column(st.sampled_from(["common", "common", "common", "rare", "é<b>"])),
            "t": column(st.integers(0, 9)),
            "l0": column(st.integers(0, 1)),
            "l1": column(st.booleans()),
            "l2": column(st.sampled_from([0, 0, 0, 1])),
            "c": column(st.floats(-5, 5)),
            "given": [0, 1, 2, *column(st.integers(-2, 2))[3:]],
            "x": column(st.floats() | st.none()),
        }
    ).with_columns(u=pl.col("t") + pl.col("l0"))


def plans(*strategies: Strategy) -> st.SearchStrategy[FoldPlan]:
    """Lenient plans: what a table allows depends on the number of units or instants alone."""

    def of(strategy: Strategy) -> st.SearchStrategy[FoldPlan]:
        used = TRAITS[strategy].settings
        chosen = {name: choices for name, choices in CHOICES.items() if name in used}
        return st.builds(FoldPlan, st.just(strategy), seed=st.integers(0, 2**64 - 1), **chosen)

    return st.sampled_from(strategies).flatmap(of)


def made_or_skipped(table: pl.DataFrame, plan: FoldPlan) -> FoldMap:
    balanced = {"classes": ["y"], "labels": ["l0", "l1", "l2"]}.get(plan.traits.strata, [])
    assume(all(table[name].n_unique() > 1 for name in balanced))
    try:
        return make_folds(table, plan, **roles_of(plan))
    except InfeasibleError:
        purged = plan.scheme == "forward" and (plan.embargo or plan.purge_groups)
        lenient = plan.rare_class in ("fail", "warn") and not plan.inner_splits
        if plan.strategy in FIRST and lenient and not purged:
            # These plans may fail for want of units or instants, and for nothing else.
            assert parts(table, plan) < plan.n_splits
        assume(False)
        raise
    except DataError as error:
        assume("into one bin" not in str(error))
        raise


def parts(table: pl.DataFrame, plan: FoldPlan) -> int:
    """How many pieces a strategy may deal out: rows, units, or instants."""
    if plan.scheme == "forward":
        return table["t"].n_unique()
    return len(units_by_hand(table)) if plan.keeps_groups else table.height


def units_by_hand(table: pl.DataFrame) -> list[set[int]]:
    """Merge the sets of rows that share a key until nothing merges."""
    units = [{row} for row in range(table.height)]
    for name in ("g", "h"):
        for value in table[name].drop_nulls().unique():
            sharing = set(np.flatnonzero((table[name] == value).fill_null(False).to_numpy()))
            merged = set().union(*(unit for unit in units if unit & sharing))
            units = [unit for unit in units if not unit & sharing] + [merged]
    return units


def by_repeat(made: FoldMap, table: pl.DataFrame) -> list[list[Round]]:
    """The rounds of a map, those of each repeat by themselves."""
    rounds = list(made.rounds(table))
    n = len(rounds) // made.manifest.plan.n_repeats
    return [rounds[at : at + n] for at in range(0, len(rounds), n)]


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(table=tables(), data=st.data())
@settings(max_examples=25)
def test_folds_and_rounds_partition_the_rows(
    strategy: Strategy, table: pl.DataFrame, data: st.DataObject
) -> None:
    plan = data.draw(plans(strategy))
    made = made_or_skipped(table, plan)
    assert sorted(made.table["row_id"]) == sorted(table["id"])
    assert made.manifest.n_folds == len(made.manifest.folds) // plan.n_repeats
    for folds, rounds in zip(made.repeats_of(table), by_repeat(made, table), strict=True):
        # No empty fold; and a row is tested as often as its fold is.
        assert set(folds[folds >= 0].tolist()) == set(range(made.manifest.n_folds))
        tested = np.sum([each.test for each in rounds], axis=0)
        assert (tested[folds < 0] == 0).all()
        if plan.scheme == "kfold":
            assert (tested[folds >= 0] == comb(made.manifest.n_folds - 1, chosen(plan) - 1)).all()
        for each in rounds:
            assert each.train.any()
            assert each.test.any()
            assert not (each.train & each.test).any()
            assert not each.train[folds == -2].any()
            if plan.scheme == "kfold" and not plan.traits.purged:
                # Nothing is purged: every other row is trained on.
                assert (each.train | each.test | (folds == -2)).all()


def chosen(plan: FoldPlan) -> int:
    """How many folds a round tests together."""
    return plan.n_test_folds if plan.traits.chosen else 1


@given(tables(), st.integers(2, 3))
@settings(max_examples=30)
def test_every_choice_of_folds_is_tested_together(table: pl.DataFrame, p: int) -> None:
    plan = FoldPlan("leave_p_groups_out", n_test_folds=p)
    made = made_or_skipped(table, plan)
    folds = made.folds_of(table)
    tested = {tuple(np.unique(folds[each.test]).tolist()) for each in made.rounds(table)}
    assert tested == set(combinations(range(made.manifest.n_folds), p))


@pytest.mark.parametrize("strategy", GROUPED)
@given(table=tables(), data=st.data())
@settings(max_examples=20)
def test_no_unit_is_split(strategy: Strategy, table: pl.DataFrame, data: st.DataObject) -> None:
    plan = data.draw(plans(strategy))
    made = made_or_skipped(table, plan)
    units = units_by_hand(table)
    for folds in made.repeats_of(table):
        for unit in units:
            assert len(set(folds[list(unit)].tolist())) == 1
    for each in made.rounds(table):
        for unit in units:
            assert not (each.train[list(unit)].any() and each.test[list(unit)].any())


@given(tables(), plans("group", "stratified_group"))
def test_units_are_counted(table: pl.DataFrame, plan: FoldPlan) -> None:
    made, units = made_or_skipped(table, plan), units_by_hand(table)
    assert made.manifest.units.count == len(units)
    assert made.manifest.units.largest == max(map(len, units))


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(table=tables(), data=st.data(), random=st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_nothing_depends_on_order_or_width(
    strategy: Strategy, table: pl.DataFrame, data: st.DataObject, random: Any
) -> None:
    plan = data.draw(plans(strategy))
    made = made_or_skipped(table, plan)
    rows, columns = list(range(table.height)), list(table.columns)
    random.shuffle(rows)
    random.shuffle(columns)
    again = table[rows].select(columns).with_columns(pl.col("t", "u", "l0").cast(pl.Int16))
    other = make_folds(again, plan, **roles_of(plan))
    assert other.table.equals(made.table)
    assert other.manifest == made.manifest


@given(tables(), plans("stratified", "kfold"))
def test_single_rows_are_dealt_within_one(table: pl.DataFrame, plan: FoldPlan) -> None:
    assume(plan.rare_class not in ("merge", "pin_to_train"))
    facts = made_or_skipped(table, plan).manifest
    for repeat in range(plan.n_repeats):
        folds = [each for each in facts.folds if each.repeat == repeat]
        sizes = [fold.rows for fold in folds]
        assert max(sizes) - min(sizes) <= 1
        if plan.strategy == "stratified":
            for counts in zip(*(fold.by_class for fold in folds), strict=True):
                assert max(counts) - min(counts) <= 1


@given(tables(), plans("stratified_group", "multilabel", "continuous"), st.integers(2, 3))
@settings(max_examples=30)
def test_nested_folds_deal_the_train_side_of_each_round(
    table: pl.DataFrame, plan: FoldPlan, n_inner: int
) -> None:
    assume(plan.n_repeats == 1)
    made = made_or_skipped(table, replace(plan, inner_splits=n_inner))
    assert made.table.select(pl.exclude("^inner_.*$")).equals(
        make_folds(table, plan, **roles_of(plan)).table
    )
    units = units_by_hand(table) if plan.keeps_groups else []
    pinned = made.folds_of(table) == -1
    for outer, inner in made.nested(table):
        tested = np.sum([each.test for each in inner], axis=0)
        assert tested.tolist() == (outer.train & ~pinned).astype(int).tolist()
        for each in inner:
            assert each.test.any()
            assert ((each.train | each.test) == outer.train).all()
            for unit in units:
                assert not (each.train[list(unit)].any() and each.test[list(unit)].any())


@given(tables(), plans("purged", "combinatorial_purged"))
def test_what_is_purged_by_time(table: pl.DataFrame, plan: FoldPlan) -> None:
    """Closed intervals, and an embargo after each test row, by a loop over all pairs of rows."""
    made = made_or_skipped(table, plan)
    starts, ends = table["t"].to_numpy(), table["u"].to_numpy()
    folds = made.folds_of(table)
    for fold in range(1, plan.n_splits):
        assert starts[folds == fold].min() > starts[folds == fold - 1].max()
    for each in made.rounds(table):
        tests = np.flatnonzero(each.test)
        for row in np.flatnonzero(~each.test):
            overlaps = any(starts[row] <= ends[j] and starts[j] <= ends[row] for j in tests)
            embargoed = plan.embargo > 0 and any(
                ends[j] < starts[row] <= ends[j] + plan.embargo for j in tests
            )
            assert each.train[row] == (not overlaps and not embargoed), (row, each.index)


@given(tables(), plans("forward"))
def test_forward_blocks_and_what_is_purged(table: pl.DataFrame, plan: FoldPlan) -> None:
    made = made_or_skipped(table, plan)
    folds, time = made.folds_of(table), table["t"].to_numpy()
    units = units_by_hand(table)
    for fold in range(1, plan.n_splits):
        # Strictly later: contiguous, and ties stay together.
        assert time[folds == fold].min() > time[folds == fold - 1].max()
    for each in made.rounds(table):
        start = time[each.test].min()
        expected = folds < each.index
        if plan.window:
            expected &= folds >= each.index - plan.window
        if plan.embargo:
            expected &= time < start - plan.embargo
        if plan.purge_groups:
            tested = set(np.flatnonzero(each.test))
            for unit in units:
                if unit & tested:
                    expected[list(unit)] = False
        assert each.train.tolist() == expected.tolist()


@given(tables(), plans(*STRATEGIES))
@settings(max_examples=25)
def test_a_saved_map_comes_back_whole(table: pl.DataFrame, plan: FoldPlan) -> None:
    made = made_or_skipped(table, plan)
    with tempfile.TemporaryDirectory() as folder:
        made.save(Path(folder) / "map")
        again = FoldMap.load(Path(folder) / "map")
    assert again.table.equals(made.table)
    assert again.manifest == made.manifest
    assert again.digest_now() == made.digest


@given(table=tables(), k=st.integers(2, 30), oversized=st.sampled_from(["fail", "warn"]))
def test_what_is_infeasible_names_a_k_that_works(
    table: pl.DataFrame, k: int, oversized: Any
) -> None:
    # A table costs more to draw than to deal out: the strategies share it.
    for strategy in FIRST:
        names_a_k_that_works(strategy, table, k, oversized)


def names_a_k_that_works(strategy: Any, table: pl.DataFrame, k: int, oversized: Any) -> None:
    def outcome(n_splits: int) -> FoldMap | DataError:
        plan = FoldPlan(strategy, n_splits=n_splits, oversized_group=oversized)
        try:
            return make_folds(table, plan, **ROLES)
        except DataError as error:
            return error

    first = outcome(k)
    if isinstance(first, FoldMap):
        assert {fold.fold for fold in first.manifest.folds if fold.rows} == set(range(k))
        return
    assert first.remedy
    if not isinstance(first, InfeasibleError):
        assert "one class only" in str(first)
        return
    named = re.search(r"n_splits <= (\d+)", first.remedy)
    if named is None:
        # Nothing to name: not even two folds can be made.
        assert isinstance(outcome(2), DataError)
        return
    most = int(named.group(1))
    assert 2 <= most < k
    assert isinstance(outcome(most), FoldMap)
    # And it is the largest: one more fold does not work.
    assert isinstance(outcome(most + 1), InfeasibleError)
