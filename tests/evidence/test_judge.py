from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
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
