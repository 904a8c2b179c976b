from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from fold_guard.crossval import leave_one_out
from fold_guard.crossval.exact.recognise import FAMILIES, Recognised, recognise


@pytest.mark.parametrize(
    ("estimator", "step", "with_mean", "with_std"),
    [
        (Ridge(), "", False, False),
        (make_pipeline(Ridge()), "ridge", False, False),
        (make_pipeline(StandardScaler(), Ridge()), "ridge", True, True),
        (Pipeline([("s", StandardScaler(with_mean=False)), ("m", Ridge())]), "m", False, True),
        (Pipeline([("s", StandardScaler(with_std=False)), ("m", Ridge())]), "m", True, False),
        (Pipeline([("s", "passthrough"), ("m", Ridge())]), "m", False, False),
        (Pipeline([("n", None), ("s", StandardScaler()), ("m", Ridge())]), "m", True, True),
    ],
)
def test_models_and_what_stands_before_them(
    estimator: Any, step: str, with_mean: bool, with_std: bool
) -> None:
    found = recognise(estimator)
    assert isinstance(found, Recognised)
    assert type(found.model) is Ridge
    assert (found.step, found.with_mean, found.with_std) == (step, with_mean, with_std)
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(12, 3)), generator.normal(size=12)
    done = leave_one_out(estimator, X, y)
    assert done.exact
    truth = leave_one_out(estimator, X, y, route="honest")
    np.testing.assert_allclose(done.predictions, truth.predictions, rtol=1e-8)


class Own(Ridge):
    pass


# As another library might name it.
Namesake = type("Ridge", (Ridge,), {"__module__": "elsewhere"})


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        (Own(), "Own has no exact"),
        (Namesake(), "Ridge has no exact"),
        (make_pipeline(StandardScaler(), StandardScaler(), Ridge()), "of other steps"),
        (make_pipeline(MinMaxScaler(), Ridge()), "of other steps"),
        (make_pipeline(Own(), Ridge()), "of other steps"),
        (make_pipeline(StandardScaler(), make_pipeline(Ridge())), "Pipeline has no exact"),
        (Pipeline([("m", Ridge()), ("last", "passthrough")]), "does not end in a model"),
        (Pipeline([("last", "passthrough")]), "of other steps"),
        (StandardScaler(), "StandardScaler has no exact"),
    ],
)
def test_what_is_not_known(estimator: Any, reason: str) -> None:
    found = recognise(estimator)
    assert isinstance(found, str)
    assert reason in found


def test_every_family_is_a_class_of_scikit_learn() -> None:
    from sklearn.utils import all_estimators

    assert set(FAMILIES) <= {name for name, _ in all_estimators()}
    assert {LinearRegression.__name__, KNeighborsClassifier.__name__} <= set(FAMILIES)
