"""A whole cross-validation with a search, against plain nested loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fold_guard import FoldPlan, cross_validate, judge, make_folds
from fold_guard.errors import UsageError
from fold_guard.splitters import FoldMapSplit
from tests.crossval.estimators.test_search import GRID, TABLE

FEATURES = ("a", "b")


def mapped(**more: Any) -> Any:
    plan = FoldPlan("stratified_group", n_splits=3, **more)
    return make_folds(TABLE, plan, id="visit", label="y", groups="patient")


def pipeline(**more: Any) -> Any:
    return make_pipeline(StandardScaler(), GridSearchCV(LogisticRegression(), GRID, **more))


def scored(model: Any, folds: Any) -> Any:
    return cross_validate(
        model, TABLE, folds, verdict=judge(TABLE, folds, features=FEATURES), features=FEATURES
    )


@pytest.mark.parametrize("more", [{}, {"leave_out": {"visit": [0, 30]}}])
def test_predictions_are_those_of_plain_nested_loops(more: dict[str, Any]) -> None:
    folds = mapped(inner_splits=2, **more)
    found = scored(pipeline(), folds).predictions
    X, y = TABLE[list(FEATURES)].to_numpy(), TABLE["y"].to_numpy()
    expected: dict[int, str] = {}
    for outer, inner in folds.nested(TABLE):
        train = X[outer.train].mean(axis=0), X[outer.train].std(axis=0)
        scaled = (X - train[0]) / train[1]
        means = [
            np.mean(
                [
                    LogisticRegression(C=c)
                    .fit(scaled[each.train], y[each.train])
                    .score(scaled[each.test], y[each.test])
                    for each in inner
                ]
            )
            for c in GRID["C"]
        ]
        best = LogisticRegression(C=GRID["C"][int(np.argmax(means))])
        best.fit(scaled[outer.train], y[outer.train])
        rows = np.flatnonzero(outer.test)
        expected |= dict(zip(rows.tolist(), best.predict(scaled[rows]).tolist(), strict=True))
    assert dict(zip(found["row_id"], found["prediction"], strict=True)) == expected
    assert len(expected) == len(TABLE)


def test_a_search_without_inner_folds_never_trains() -> None:
    with pytest.raises(UsageError, match="no inner folds"):
        scored(pipeline(), mapped())


def test_tuning_on_the_reported_folds_stands_in_the_result() -> None:
    folds = mapped(inner_splits=2)
    result = scored(pipeline(cv=FoldMapSplit(folds)), folds)
    assert [(each.name, each.blocking) for each in result.concerns] == [
        ("tuned_on_reported_folds", True)
    ]
