from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.crossval.metrics.pool import Pool, pool_of
from fold_guard.crossval.metrics.registry import metric_of
from fold_guard.crossval.metrics.side import Side, score_side
from fold_guard.crossval.metrics.tables import CountTable, drawable, tables_of
from tests.crossval.metrics.made import CLASSES, random_classes, random_numbers


def pool_of_rows(side: Side) -> Pool:
    rows = np.arange(len(side))
    given = pool_of(side, rows, None, rows)
    assert given is not None
    return given


def test_every_metric_of_sums_is_in_one_table() -> None:
    for side in (random_classes(), random_numbers()):
        names = [name for table in tables_of(side) for name in table.names]
        assert len(names) == len(set(names))
        scored = [name for name in score_side(side).values if metric_of(name).pooled]
        assert set(names) == {name for name in scored if metric_of(name).interval != "none"}


@given(seed=st.integers(0, 10_000), cells=st.integers(1, 9))
def test_sums_of_cells_add_up_to_the_metric_of_all_rows(seed: int, cells: int) -> None:
    rng = np.random.default_rng(seed)
    for side in (random_classes(seed, rows=80), random_numbers(seed, rows=80)):
        given_pool, cell = pool_of_rows(side), rng.integers(0, cells, 80)
        direct = score_side(side).values
        for table in tables_of(side):
            sums = table.sums(given_pool, cell, cells)
            assert sums.shape == (cells, table.width)
            whole = sums.sum(axis=0, keepdims=True)
            for name in table.names:
                value = float(table.statistic(name)(whole)[0])
                assert value == pytest.approx(direct[name], rel=1e-9), name
                # Flags count cells; they are 0 or 1 in each.
                flags = sums[:, table.counted(name)]
                assert set(flags.tolist()) <= {0.0, 1.0}


def test_a_weight_for_each_row_is_a_row_so_many_times() -> None:
    side = random_classes(rows=60)
    times = np.random.default_rng(0).integers(0, 4, 60)
    again = score_side(side.take(np.repeat(np.arange(60), times))).values
    for table in tables_of(side):
        sums = table.sums(pool_of_rows(side), np.arange(60), 60)
        weighted = (times @ sums)[None, :]
        for name in table.names:
            assert table.statistic(name)(weighted)[0] == pytest.approx(again[name]), name


def test_what_a_metric_rests_on() -> None:
    actual, predicted = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 1])
    side = Side("classification", CLASSES, actual, predicted)
    cells = np.array([0, 0, 0, 1, 1, 2])
    table = CountTable(CLASSES)
    sums = table.sums(pool_of_rows(side), cells, 4)
    whole = sums.sum(axis=0, keepdims=True)
    for name, rows, n_cells in (
        ("accuracy", 6, 3),
        ("balanced_accuracy", 1, 3),
        ("macro_precision", 0, 3),
        ("recall[invalid]", 3, 1),
        ("precision[negative]", 4, 3),
        ("f1[positive]", 1, 1),
        ("specificity[invalid]", 3, 2),
        ("specificity[positive]", 5, 2),
    ):
        assert table.resting(name)(whole).tolist() == [rows], name
        assert sums[:, table.counted(name)].sum() == n_cells, name


def test_sums_too_large_are_set_aside() -> None:
    given_sums = np.array([[1.0, np.inf], [np.nan, -2.0]])
    assert drawable(given_sums).tolist() == [[1.0, 0.0], [0.0, -2.0]]
