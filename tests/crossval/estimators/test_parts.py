from __future__ import annotations

import pytest
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import AdaBoostClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from fold_guard.crossval.estimators.parts import handed_by, parts_of


def test_every_part_knows_its_path_and_what_it_lies_in() -> None:
    columns = ColumnTransformer([("scaled", make_pipeline(StandardScaler()), [0])])
    model = Pipeline([("columns", columns), ("model", VotingClassifier([("a", Ridge())]))])
    found = {part.path: [path for path, _ in part.within] for part in parts_of(model)}
    assert found == {
        "": [],
        "columns": [""],
        "columns__scaled": ["", "columns"],
        "columns__scaled__standardscaler": ["", "columns", "columns__scaled"],
        "model": [""],
        "model__a": ["", "model"],
    }
    part = parts_of(model)[-1]
    assert (part.kind, part.where, part.parameter("cv")) == (
        "Ridge",
        "estimator, model__a",
        "model__a__cv",
    )


def test_a_name_that_another_begins_with_is_not_what_it_lies_in() -> None:
    model = Pipeline([("scale", StandardScaler()), ("scale2", LogisticRegression())])
    assert [path for path, _ in parts_of(model)[2].within] == [""]


@pytest.mark.parametrize(
    ("model", "whole"),
    [
        (TransformedTargetRegressor(Ridge()), True),
        (OneVsRestClassifier(LogisticRegression()), True),
        (OneVsOneClassifier(LogisticRegression()), False),
        (AdaBoostClassifier(LogisticRegression()), False),
    ],
)
def test_who_hands_on_the_train_rows_as_they_are(model: object, whole: bool) -> None:
    inner = parts_of(model)[-1]
    assert handed_by(inner) is (None if whole else model)
