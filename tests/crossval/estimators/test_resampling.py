"""Where a sampler may stand; known by ``fit_resample``, whatever package it comes from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from fold_guard.crossval.estimators.concerns import concerns_about
from fold_guard.crossval.estimators.resampling import has_sampler, require_resampling_inside
from fold_guard.errors import UsageError
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan


class Doubling(BaseEstimator):  # type: ignore[misc]  # no types
    """A sampler of nobody's package."""

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        return np.concatenate([X, X]), np.concatenate([y, y])


@pytest.mark.parametrize(
    ("model", "place", "why"),
    [
        (Doubling(), "estimator", "is a sampler by itself"),
        (
            Pipeline([("more", Doubling()), ("model", LogisticRegression())]),
            "estimator, more",
            "a step of scikit-learn's Pipeline",
        ),
        (make_pipeline(StandardScaler(), Doubling()), "estimator, doubling", "is the last step"),
        (
            make_pipeline(FeatureUnion([("more", Doubling())]), LogisticRegression()),
            "estimator, featureunion__more",
            "lies inside FeatureUnion",
        ),
        (
            make_pipeline(ColumnTransformer([("more", Doubling(), [0])]), LogisticRegression()),
            "estimator, columntransformer__more",
            "lies inside ColumnTransformer",
        ),
        (
            GridSearchCV(make_pipeline(Doubling(), LogisticRegression()), {}),
            "estimator, estimator__doubling",
            "a step of scikit-learn's Pipeline",
        ),
    ],
)
def test_a_sampler_outside_of_the_train_side_is_refused(model: Any, place: str, why: str) -> None:
    assert has_sampler(model)
    with pytest.raises(UsageError) as caught:
        require_resampling_inside(model)
    assert caught.value.where == place
    assert why in caught.value.what
    assert "imblearn.pipeline.Pipeline" in caught.value.remedy
    assert "cv.resample" in caught.value.remedy


def test_models_without_a_sampler_are_none_of_it() -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression())
    assert not has_sampler(model)
    require_resampling_inside(model)


def test_concerns_are_those_of_both() -> None:
    table = {"row": range(12), "y": list("ab") * 6}
    plan = FoldPlan("stratified", n_splits=3)

    folds = make_folds(pd.DataFrame(table), plan, id="row", label="y")
    with pytest.raises(UsageError, match="Doubling"):
        concerns_about(Doubling(), folds.manifest)
    with pytest.raises(UsageError, match="no inner folds"):
        concerns_about(GridSearchCV(LogisticRegression(), {}), folds.manifest)
    assert concerns_about(LogisticRegression(), folds.manifest) == ()
    assert concerns_about(object(), folds.manifest) == ()
