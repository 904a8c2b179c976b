"""Laws that every strategy keeps, on small random tables with nulls, rare classes and ties."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fold_guard.errors import DataError, InfeasibleError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan

STRATEGIES = ["kfold", "stratified", "group", "stratified_group", "forward"]
ROLES: dict[str, Any] = {"id": "id", "label": "y", "groups": ["g", "h"], "time": "t"}


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
            "x": column(st.floats() | st.none()),
        }
    )


def plans(*strategies: str) -> st.SearchStrategy[FoldPlan]:
    """Lenient plans: what a table allows depends on the number of units or instants alone."""

    def of(strategy: Any) -> st.SearchStrategy[FoldPlan]:
        return st.builds(
            FoldPlan,
            st.just(strategy),
            n_splits=st.integers(2, 5),
            seed=st.integers(0, 2**64 - 1),
            embargo=st.sampled_from([0, 1, 1.5, 3] if strategy == "forward" else [0]),
            purge_groups=st.booleans(),
            rare_class=st.just("warn"),
            oversized_group=st.just("warn"),
        )

    return st.sampled_from(strategies).flatmap(of)


def made_or_skipped(table: pl.DataFrame, plan: FoldPlan) -> FoldMap:
    assume(table["y"].n_unique() > 1)
    try:
        return make_folds(table, plan, **ROLES)
    except InfeasibleError:
        # These plans may fail for want of units or instants, and for nothing else.
        assert parts(table, plan) < plan.n_splits
        assume(False)
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


@given(tables(), plans(*STRATEGIES))
def test_each_row_is_in_exactly_one_fold(table: pl.DataFrame, plan: FoldPlan) -> None:
    made = made_or_skipped(table, plan)
    assert sorted(made.table["row_id"]) == sorted(table["id"])
    folds = made.folds_of(table)
    assert set(folds.tolist()) == set(range(plan.n_splits))
    if plan.scheme == "kfold":
        tested = np.sum([each.test for each in made.rounds(table)], axis=0)
        assert (tested == 1).all()
    for each in made.rounds(table):
        assert each.test.any()
        assert not (each.train & each.test).any()


@given(tables(), plans("group", "stratified_group"))
def test_no_unit_is_split(table: pl.DataFrame, plan: FoldPlan) -> None:
    made = made_or_skipped(table, plan)
    folds = made.folds_of(table)
    units = units_by_hand(table)
    for unit in units:
        assert len(set(folds[list(unit)].tolist())) == 1
    assert made.manifest.units.count == len(units)
    assert made.manifest.units.largest == max(map(len, units))


@given(tables(), plans(*STRATEGIES), st.randoms(use_true_random=False))
def test_nothing_depends_on_order_or_width(
    table: pl.DataFrame, plan: FoldPlan, random: Any
) -> None:
    made = made_or_skipped(table, plan)
    rows, columns = list(range(table.height)), list(table.columns)
    random.shuffle(rows)
    random.shuffle(columns)
    again = table[rows].select(columns).with_columns(pl.col("t").cast(pl.Int16))
    other = make_folds(again, plan, **ROLES)
    assert other.table.equals(made.table)
    assert other.manifest == made.manifest


@given(tables(), plans("stratified", "kfold"))
def test_single_rows_are_dealt_within_one(table: pl.DataFrame, plan: FoldPlan) -> None:
    facts = made_or_skipped(table, plan).manifest.folds
    sizes = [fold.rows for fold in facts]
    assert max(sizes) - min(sizes) <= 1
    if plan.strategy == "stratified":
        for counts in zip(*(fold.by_class for fold in facts), strict=True):
            assert max(counts) - min(counts) <= 1


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


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(table=tables(), k=st.integers(2, 30), oversized=st.sampled_from(["fail", "warn"]))
def test_what_is_infeasible_names_a_k_that_works(
    strategy: Any, table: pl.DataFrame, k: int, oversized: Any
) -> None:
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
