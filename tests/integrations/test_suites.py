"""What suites are given of each kind of fold map, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from fold_guard.checks.subjects.prepare import subject_of_map
from fold_guard.errors import DataError, UsageError
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from fold_guard.integrations import suites
from fold_guard.integrations.suite_input import SuiteInput
from fold_guard.integrations.suites import suite_input

N = 24
TABLE = pl.DataFrame(
    {
        "id": range(N),
        "patient": [row // 2 for row in range(N)],
        "day": range(N),
        "y": ["no", "yes", "yes"] * (N // 3),
        "red": [row % 2 for row in range(N)],
    }
)
PLANS = {
    "repeated": FoldPlan("stratified_group", n_splits=3, n_repeats=2),
    "draws": FoldPlan("shuffle_split", n_repeats=3, train_size=0.5),
    "each": FoldPlan("leave_one_out"),
    "chosen": FoldPlan("combinatorial_purged", n_splits=4, embargo=1),
    "forward": FoldPlan("forward", n_splits=4),
    "nested": FoldPlan("kfold", n_splits=2, inner_splits=2),
}


def given(plan: FoldPlan, label: Any = "y") -> SuiteInput:
    roles = {"label": label, "groups": ["patient"], "time": "day"}
    fold_map = make_folds(TABLE, plan, id="id", **roles)
    resolved = fold_map.manifest.dataset.roles.resolve(TABLE.columns, source="table")
    return suite_input(subject_of_map(fold_map, TABLE, resolved), fold_map, TABLE)


@pytest.mark.parametrize("name", PLANS)
def test_the_rounds_table_has_every_round_of_every_repeat(name: str) -> None:
    plan = PLANS[name]
    found = given(plan)
    found.require_rounds()
    fold_map = make_folds(TABLE, plan, id="id", label="y", groups=["patient"], time="day")
    repeats, rounds = fold_map.repeats_of(TABLE), list(fold_map.rounds(TABLE))
    assert found.n_splits == fold_map.manifest.n_folds
    expected = [
        (each.index, side, int(row), int(repeats[at * len(repeats) // len(rounds)][row]))
        for at, each in enumerate(rounds)
        for side, mask in (("train", each.train), ("test", each.test))
        for row in np.flatnonzero(mask)
    ]
    assert found.rounds.select("round", "side", "row_id", "fold").rows() == expected
    assert found.rounds.columns == ["round", "side", "row_id", "fold", "label", "patient", "day"]


@pytest.mark.parametrize("name", PLANS)
def test_a_round_that_is_not_there_is_told(name: str) -> None:
    found = given(PLANS[name])
    last = found.numbers[-1]
    gone = SuiteInput(
        found.table,
        found.fold_map,
        found.rounds.filter(pl.col("round") != last),
        *("id", "y", ("patient",), "day", found.n_splits, found.numbers),
    )
    with pytest.raises(DataError, match="not those of the fold map"):
        gone.require_rounds()


def test_suites_are_told_which_columns_hold_folds() -> None:
    assert given(PLANS["repeated"]).facts()["fold_columns"] == ["fold", "fold_1"]
    assert given(PLANS["nested"]).facts()["inner_columns"] == ["inner_0", "inner_1"]
    assert not {"fold_columns", "inner_columns"} & set(given(PLANS["each"]).facts())
    assert given(PLANS["each"]).facts()["n_splits"] == N


def test_several_labels_are_refused() -> None:
    with pytest.raises(UsageError, match="several labels a row"):
        given(FoldPlan("multilabel", n_splits=2), ["red"])


def test_more_rounds_than_can_be_laid_out_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suites, "_MOST_CELLS", N * N - 1)
    found = given(PLANS["each"])
    assert found.rounds.is_empty()
    assert found.table.height == N
    with pytest.raises(DataError, match="24 rounds of 24 rows are 576 rows"):
        found.require_rounds()
    monkeypatch.setattr(suites, "_MOST_CELLS", N * N)
    given(PLANS["each"]).require_rounds()
