from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

import fold_guard
from fold_guard.errors import Refused


@pytest.fixture
def visits() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "visit": np.arange(90),
            "patient": np.arange(90) // 3,
            "y": np.where(rng.random(90) < 0.4, "ill", "well"),
            "x": rng.normal(size=90),
        }
    )


def folds_of(table: pd.DataFrame, strategy: Any) -> fold_guard.FoldMap:
    plan = fold_guard.FoldPlan(strategy, n_splits=3, seed=1)
    return fold_guard.make_folds(table, plan, id="visit", label="y", groups=["patient"])


def test_a_clean_map_trains(visits: pd.DataFrame) -> None:
    folds = folds_of(visits, "stratified_group")
    verdict = fold_guard.judge(visits, folds)
    assert verdict.passed
    result = fold_guard.cross_validate(LogisticRegression(), visits, folds, verdict=verdict)
    assert result.predictions.height == 90


def test_a_leaking_map_does_not(visits: pd.DataFrame) -> None:
    folds = folds_of(visits, "stratified")
    verdict = fold_guard.judge(visits, folds)
    assert [each.code for each in verdict.objections] == ["FG301"]
    with pytest.raises(Refused, match="FG301"):
        fold_guard.cross_validate(LogisticRegression(), visits, folds, verdict=verdict)


def test_a_verdict_on_other_data_does_not(visits: pd.DataFrame) -> None:
    folds = folds_of(visits, "stratified_group")
    verdict = fold_guard.judge(visits, folds)
    changed = visits.assign(x=visits["x"] + 1)
    with pytest.raises(Refused, match="the data changed"):
        fold_guard.cross_validate(LogisticRegression(), changed, folds, verdict=verdict)


def test_the_model_sees_the_features_that_were_checked(visits: pd.DataFrame) -> None:
    table = visits.assign(leak=visits["y"])
    folds = folds_of(table, "stratified_group")
    verdict = fold_guard.judge(table, folds, features=["x"])
    with pytest.raises(Refused, match="the list of features changed"):
        fold_guard.cross_validate(LogisticRegression(), table, folds, verdict=verdict)
    result = fold_guard.cross_validate(
        LogisticRegression(), table, folds, verdict=verdict, features=["x"]
    )
    assert len(result.rounds) == 3


def test_a_kfold_map_that_ignores_time_is_told_so(visits: pd.DataFrame) -> None:
    plan = fold_guard.FoldPlan("stratified_group", n_splits=3)
    table = visits.assign(day=visits["visit"])
    folds = fold_guard.make_folds(
        table, plan, id="visit", label="y", groups=["patient"], time="day"
    )
    verdict = fold_guard.judge(table, folds)
    assert verdict.passed
    assert "temporal_order" in [each.name for each in verdict.warnings]


def test_one_name_may_be_a_plain_string(visits: pd.DataFrame) -> None:
    folds = folds_of(visits, "stratified_group")
    one = fold_guard.judge(visits, folds, features="x")
    assert one == fold_guard.judge(visits, folds, features=["x"])
    asked = visits.assign(fold=folds.folds_of(pl.from_pandas(visits)))
    audited = [
        fold_guard.audit(asked, fold="fold", id="visit", label="y", groups=groups)
        for groups in ("patient", ["patient"])
    ]
    assert audited[0] == audited[1]
    assert audited[0].dataset.groups == ("patient",)
