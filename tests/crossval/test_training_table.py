from __future__ import annotations

import polars as pl
import pytest

from fold_guard.crossval.training_table import (
    NO_SEGMENT,
    by_id,
    label_values,
    segment_texts,
    task_of,
    trained_on,
    units_of,
)
from fold_guard.errors import UsageError
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan

TABLE = pl.DataFrame(
    {
        "row": [3, 1, 2, 6, 5, 4],
        "who": ["a", "b", "a", None, "c", "b"],
        "ward": [None, "x", "(none)", "x", None, "y"],
        "y": ["no", "yes", "no", "yes", "no", "yes"],
        "dose": [0.5, 1.5, 2.5, 3.5, 4.5, 5.5],
        "level": [1, 2, 3, 1, 2, 3],
    }
)


def test_rows_come_in_the_order_of_their_ids() -> None:
    folds = make_folds(TABLE, FoldPlan("stratified", n_splits=2), id="row", label="y")
    for table in (TABLE, TABLE.reverse()):
        given = trained_on(table, folds, ["dose"], "classification")
        assert given.ids.to_list() == [1, 2, 3, 4, 5, 6]
        assert given.X["dose"].tolist() == [1.5, 2.5, 0.5, 5.5, 4.5, 3.5]
        assert given.y.tolist() == ["yes", "no", "no", "yes", "no", "yes"]
        assert given.inner is None
        assert len(given.rounds) == 2
    rows, ids = by_id(TABLE, TABLE["row"])
    assert rows["row"].to_list() == ids.to_list()


def test_nested_folds_come_along() -> None:
    plan = FoldPlan("kfold", n_splits=3, inner_splits=2)
    folds = make_folds(TABLE, plan, id="row", label="y")
    given = trained_on(TABLE, folds, ["dose"], "classification")
    assert given.inner is not None
    for outer, inner in zip(given.rounds, given.inner, strict=True):
        for each in inner:
            assert not (each.train & each.test).any()
            assert not ((each.train | each.test) & ~outer.train).any()


def test_rows_without_a_segment_are_one_of_their_own() -> None:
    assert segment_texts(TABLE["who"]).tolist() == ["a", "b", "a", NO_SEGMENT, "c", "b"]
    # The data have a value of that name already.
    found = segment_texts(TABLE["ward"]).tolist()
    assert found == ["((none))", "x", "(none)", "x", "((none))", "y"]


def test_rows_that_share_a_key_are_one_unit() -> None:
    assert units_of(TABLE, ["who"]).tolist() == [0, 1, 0, 2, 3, 1]
    assert units_of(TABLE, []).tolist() == list(range(6))


def test_labels_are_text_or_numbers() -> None:
    assert label_values(TABLE["level"], "classification").to_list() == list("123123")
    assert label_values(TABLE["level"], "regression").to_list() == [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]
    with pytest.raises(UsageError, match="regression needs numbers") as caught:
        label_values(TABLE["y"], "regression")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("strategy", "label", "task"),
    [
        ("stratified", "level", "classification"),
        ("kfold", "level", "classification"),
        ("kfold", "dose", "regression"),
        ("continuous", "level", "regression"),
        ("kfold", "y", "classification"),
    ],
)
def test_what_a_label_asks_for(strategy: str, label: str, task: str) -> None:
    plan = FoldPlan(strategy, n_splits=2, **({"n_bins": 2} if strategy == "continuous" else {}))
    folds = make_folds(TABLE, plan, id="row", label=label)
    assert task_of(folds.manifest, TABLE[label]) == task
