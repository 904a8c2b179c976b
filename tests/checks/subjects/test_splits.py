"""What the checks count on index pairs and on several tables, against plain loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn import model_selection as ms

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.subjects.places import round_name
from fold_guard.checks.subjects.splits import subject_of_pairs, subject_of_parts
from fold_guard.checks.subjects.subject import Subject
from fold_guard.dataset.roles import Roles
from fold_guard.folds.index_pairs import IndexPairs

Run = Callable[..., tuple[Outcome, ...]]
ROWS = 60


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    rng = np.random.default_rng(3)
    return pl.DataFrame(
        {
            "id": [f"r{at:02}" for at in range(ROWS)],
            "who": rng.integers(0, 25, ROWS),
            "y": rng.choice(["no", "yes"], ROWS),
            "day": rng.integers(0, 40, ROWS),
            "x": rng.integers(0, 30, ROWS),
        }
    )


def of_pairs(table: pl.DataFrame, pairs: list[Any], **roles: Any) -> Subject:
    named = Roles.of(**{"id": "id", "groups": "who", "features": ["x"], **roles})
    resolved = named.resolve(table.columns, source="table")
    return subject_of_pairs(table, IndexPairs.of(pairs, table.height), resolved)


@pytest.mark.parametrize(
    "splitter",
    [
        ms.KFold(4, shuffle=True, random_state=0),
        ms.RepeatedKFold(n_splits=3, n_repeats=2, random_state=0),
        ms.ShuffleSplit(5, random_state=0),
        ms.TimeSeriesSplit(4),
    ],
    ids=lambda each: type(each).__name__,
)
def test_overlap_copies_and_time_in_each_pair(
    splitter: Any, table: pl.DataFrame, outcomes_of: Run
) -> None:
    pairs = [(a.tolist(), b.tolist()) for a, b in splitter.split(np.zeros(ROWS))]
    subject = of_pairs(table, pairs, time="day")
    [groups] = outcomes_of(subject, "group_overlap")
    [copies] = outcomes_of(subject, "duplicate_rows")
    [order] = outcomes_of(subject, "temporal_order")
    who, x, day = (table[name].to_list() for name in ("who", "x", "day"))
    for at, (train, test) in enumerate(pairs):
        trained, known = {who[row] for row in train}, {x[row] for row in train}
        assert groups.measured["rounds"][str(at)] == {
            "groups_shared": len(trained & {who[row] for row in test}),
            "test_rows_leaking": sum(who[row] in trained for row in test),
        }
        assert copies.measured["rounds"][str(at)] == {
            "test_rows_with_copy_in_train": sum(x[row] in known for row in test)
        }
        assert order.measured["rounds"][str(at)]["future_pairs"] == sum(
            day[a] > day[b] for a in train for b in test
        )
    assert groups.status is Status.FAILED


def test_every_check_runs_on_pairs(table: pl.DataFrame, outcomes_of: Run) -> None:
    pairs = list(ms.ShuffleSplit(3, random_state=0).split(np.zeros(ROWS)))
    subject = of_pairs(table, pairs, label="y", time="day")
    for name in BY_NAME:
        if not BY_NAME[name].opt_in:
            for found in outcomes_of(subject, name):
                assert found.status is not Status.ERROR, found


def test_a_row_on_both_sides_fails_and_is_named(table: pl.DataFrame, outcomes_of: Run) -> None:
    subject = of_pairs(table, [(range(30), range(30, 60)), ([*range(30, 60), 7, 3], range(30))])
    [found] = outcomes_of(subject, "fold_shape")
    assert (found.status, found.measured["rows_on_both_sides"]) == (Status.FAILED, 2)
    assert found.summary == "2 rows in train and in test of the same round, in 1 of 2 rounds"
    [only] = found.findings
    assert only.message == "round 1 (repeat 1) trains on 2 rows that it tests"
    assert (only.count, only.rows) == (2, ("r03", "r07"))
    assert found.measured["rounds"]["1"] == {"train_rows": 32, "test_rows": 30}
    # Without features and groups nothing else would tell.
    bare = of_pairs(table, [([0, 1], [1, 2])], groups=(), features=())
    [told] = outcomes_of(bare, "fold_shape")
    assert told.status is Status.FAILED


def test_disjoint_sides_have_no_row_on_both(table: pl.DataFrame, outcomes_of: Run) -> None:
    pairs = list(ms.KFold(3).split(np.zeros(ROWS)))
    [found] = outcomes_of(of_pairs(table, pairs), "fold_shape")
    assert (found.status, found.measured["rows_on_both_sides"]) == (Status.PASSED, 0)


@pytest.mark.parametrize(("pair", "side"), [(([], [1]), "train on"), (([1], []), "test")])
def test_an_empty_side_fails(pair: Any, side: str, table: pl.DataFrame, outcomes_of: Run) -> None:
    subject = of_pairs(table, [([0], [1]), pair])
    [found] = outcomes_of(subject, "fold_shape")
    assert found.status is Status.FAILED
    assert f"round 1 (repeat 1) has no row to {side}" in [each.message for each in found.findings]


def test_rows_without_an_id_stay_under_check(table: pl.DataFrame, outcomes_of: Run) -> None:
    gaps = table.with_columns(id=pl.when(pl.col("id") != "r05").then("id"))
    subject = of_pairs(gaps, [([0, 1], [5, 6])])
    assert subject.row_ids.to_list()[4:7] == ["r04", "row 5", "r06"]
    [found] = outcomes_of(subject, "row_identity")
    assert (found.status, found.measured["null_ids"]) == (Status.FAILED, 1)


def of_parts(table: pl.DataFrame, part: list[int], names: tuple[str, ...], **roles: Any) -> Subject:
    named = Roles.of(**{"id": "id", "groups": "who", "features": ["x"], **roles})
    resolved = named.resolve(table.columns, source="table")
    return subject_of_parts(table, np.array(part, dtype=np.int64), names, resolved)


def test_each_table_is_tested_by_all_before_it(table: pl.DataFrame, outcomes_of: Run) -> None:
    part = [0] * 30 + [1] * 10 + [2] * 20
    subject = of_parts(table, part, ("train", "validation", "test"))
    [found] = outcomes_of(subject, "group_overlap")
    who = table["who"].to_list()
    train, validation, test = set(who[:30]), set(who[30:40]), set(who[40:])
    assert found.measured["rounds"] == {
        "1": {
            "groups_shared": len(train & validation),
            "test_rows_leaking": sum(each in train for each in who[30:40]),
        },
        "2": {
            "groups_shared": len((train | validation) & test),
            "test_rows_leaking": sum(each in train | validation for each in who[40:]),
        },
    }
    named = {word for each in found.findings for word in ("train", "validation", "test")}
    assert all(any(word in each.message for word in named) for each in found.findings)
    assert not any("fold" in each.message for each in found.findings)
    assert [round_name(subject, at) for at in (0, 1)] == ["round 1 (validation)", "round 2 (test)"]


def test_rows_of_tables_without_an_id_are_named_by_table(table: pl.DataFrame) -> None:
    subject = of_parts(table.head(5), [0, 0, 0, 1, 1], ("train", "test"), id=())
    assert subject.row_ids.to_list() == ["train 0", "train 1", "train 2", "test 0", "test 1"]
    gaps = table.head(3).with_columns(id=pl.Series(["a", None, None]))
    subject = of_parts(gaps, [0, 0, 1], ("train", "test"))
    assert subject.row_ids.to_list() == ["a", "train 1", "test 0"]
