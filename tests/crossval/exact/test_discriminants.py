from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.covariance import OAS
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)

from fold_guard.crossval.exact import leave_one_out as module
from fold_guard.crossval.exact.covariances import Mixture, without_each
from fold_guard.crossval.exact.discriminant_linear import LINEAR_DISCRIMINANT_ANALYSIS
from fold_guard.crossval.exact.discriminant_quadratic import QUADRATIC_DISCRIMINANT_ANALYSIS
from fold_guard.crossval.exact.family import NotExact, Problem
from fold_guard.errors import FoldGuardError
from tests.crossval.exact.brute import SCALERS, behind, brute_force, close, paired, refitted

# All is held against brute force here: no need for a check of its own.
leave_one_out = partial(module.leave_one_out, verify=0)

METHODS = ("decision_function", "predict_log_proba", "predict_proba")
CLASSES = {
    "two, text": np.array(["yes", "no"]),
    "two, numbers": np.array([7, 3]),
    "four": np.array(["a", "b", "c", "d"], dtype=object),
}
LINEAR = {
    "svd": {},
    "lsqr": {"solver": "lsqr"},
    "eigen": {"solver": "eigen"},
    "lsqr, shrunk": {"solver": "lsqr", "shrinkage": 0.3},
    "eigen, shrunk": {"solver": "eigen", "shrinkage": 0.1},
    "lsqr, shrunk wholly": {"solver": "lsqr", "shrinkage": 1.0},
}
QUADRATIC = {
    "svd": {},
    "svd, regularised": {"reg_param": 0.2},
    "eigen": {"solver": "eigen"},
    "eigen, shrunk": {"solver": "eigen", "shrinkage": 0.3},
}


def problem(classes: Any, n: int = 30, p: int = 3) -> tuple[Any, Any]:
    generator = np.random.default_rng(n + p)
    codes = np.arange(n) % len(classes)
    codes[: n // 4] = 0
    X = generator.normal(size=(n, p)) @ generator.normal(size=(p, p))
    X += generator.normal(size=(len(classes), p))[codes]
    return X * 10.0 ** generator.integers(-1, 2, p) + 3, classes[codes]


def as_n_fits(model: Any, X: Any, y: Any, tolerance: float = 1e-9) -> Any:
    models = refitted(model, X, y)
    for method in METHODS:
        done = leave_one_out(model, X, y, method=method)
        assert done.exact, done.path
        close(done.predictions, brute_force(model, X, y, method, models=models), tolerance)
    done = leave_one_out(model, X, y)
    np.testing.assert_array_equal(done.predictions, brute_force(model, X, y, models=models))
    assert done.predictions.dtype == y.dtype
    return done


@pytest.mark.parametrize(("scaler", "options", "name"), paired(SCALERS, LINEAR, CLASSES))
def test_linear_as_n_fits(name: str, scaler: str, options: str) -> None:
    X, y = problem(CLASSES[name])
    as_n_fits(behind(scaler, LinearDiscriminantAnalysis(**LINEAR[options])), X, y)


@pytest.mark.parametrize(("scaler", "options", "name"), paired(SCALERS, QUADRATIC, CLASSES))
def test_quadratic_as_n_fits(name: str, scaler: str, options: str) -> None:
    X, y = problem(CLASSES[name], n=36)
    model = QuadraticDiscriminantAnalysis(**QUADRATIC[options], tol=1e-6)
    as_n_fits(behind(scaler, model), X, y)


@pytest.mark.parametrize("options", LINEAR)
def test_linear_priors_weigh_the_covariance_but_for_svd(options: str) -> None:
    X, y = problem(CLASSES["four"])
    priors = [0.1, 0.2, 0.3, 0.4]
    as_n_fits(LinearDiscriminantAnalysis(priors=priors, **LINEAR[options]), X, y)


def test_quadratic_priors() -> None:
    X, y = problem(CLASSES["two, text"])
    as_n_fits(QuadraticDiscriminantAnalysis(priors=[0.9, 0.1], tol=1e-6), X, y)


def test_components_leave_scores_alone() -> None:
    X, y = problem(CLASSES["four"])
    as_n_fits(LinearDiscriminantAnalysis(n_components=1), X, y)


@pytest.mark.parametrize("scaler", SCALERS)
def test_outliers_of_high_leverage_and_duplicates(scaler: str) -> None:
    X, y = problem(CLASSES["two, text"])
    X[4] *= 50
    X, y = np.vstack([X, X[6:12]]), np.concatenate([y, y[6:12]])
    as_n_fits(behind(scaler, LinearDiscriminantAnalysis()), X, y, 1e-8)
    as_n_fits(behind(scaler, QuadraticDiscriminantAnalysis(reg_param=0.01)), X, y, 1e-8)


def test_an_outlier_that_takes_the_digits_along_is_fitted_for_real() -> None:
    X, y = problem(CLASSES["two, text"])
    X[4] *= 1e7
    for model in (LinearDiscriminantAnalysis(), QuadraticDiscriminantAnalysis(tol=1e-6)):
        done = leave_one_out(model, X, y, method="predict_proba")
        assert 4 in done.refitted
        close(done.predictions[[4]], brute_force(model, X, y, "predict_proba")[[4]], 1e-12)


@pytest.mark.parametrize("solver", ["svd", "lsqr"])
def test_columns_of_one_value(solver: str) -> None:
    X, y = problem(CLASSES["four"])
    X = np.column_stack([X, np.full(len(X), 0.1)])
    as_n_fits(behind("scaled", LinearDiscriminantAnalysis(solver=solver)), X, y)


def test_a_direction_that_one_sample_spans() -> None:
    # Without it a column is constant, and the solver drops the direction.
    X, y = problem(CLASSES["four"])
    X = np.column_stack([X, np.zeros(len(X))])
    X[7, -1] = 1.0
    done = leave_one_out(LinearDiscriminantAnalysis(), X, y, method="predict_proba")
    assert done.refitted.tolist() == [7]
    expected = brute_force(LinearDiscriminantAnalysis(), X, y, "predict_proba")
    np.testing.assert_allclose(done.predictions, expected, atol=1e-9)


def test_centres_on_a_line_are_left_to_real_fits() -> None:
    # Three centres nearly on a line: svd drops the second direction between them.
    base = np.random.default_rng(0).normal(size=(12, 2))
    base -= base.mean(axis=0)
    X = np.vstack([base, base + np.array([1, 0]), base + np.array([2, 1e-6])])
    y = np.repeat(["a", "b", "c"], 12)
    given_ = Problem(LinearDiscriminantAnalysis(tol=0.3), X, y, None, False, False)
    with pytest.raises(NotExact, match="centres"):
        LINEAR_DISCRIMINANT_ANALYSIS.held_out(given_, "predict_proba")
    as_n_fits(LinearDiscriminantAnalysis(), X, y)


def test_singular_covariances_take_the_honest_route() -> None:
    X, y = problem(CLASSES["two, text"])
    X = np.column_stack([X, X[:, 0]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        done = leave_one_out(LinearDiscriminantAnalysis(), X, y)
    assert not done.exact
    assert "singular" in done.path
    with pytest.raises(FoldGuardError, match="not full rank"):
        leave_one_out(QuadraticDiscriminantAnalysis(), X, y)


def test_quadratic_tol_is_that_of_the_fits() -> None:
    # In units of the data, scikit-learn finds this covariance singular; scaled, it does not.
    X, y = problem(CLASSES["two, text"])
    X = X * 1e-3
    with pytest.raises(FoldGuardError, match="not full rank"):
        leave_one_out(QuadraticDiscriminantAnalysis(), X, y)
    as_n_fits(behind("scaled", QuadraticDiscriminantAnalysis()), X, y)


def test_a_class_that_vanishes_is_fitted_for_real() -> None:
    X, y = problem(CLASSES["two, text"])
    y[3] = "alone"
    done = leave_one_out(LinearDiscriminantAnalysis(), X, y, method="predict_proba")
    assert done.refitted.tolist() == [3]
    expected = brute_force(LinearDiscriminantAnalysis(), X, y, "predict_proba")
    np.testing.assert_allclose(done.predictions, expected, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_small_problem(data: st.DataObject) -> None:
    generator = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    n, p = data.draw(st.integers(20, 30)), data.draw(st.integers(1, 3))
    y = np.array(list("abc"))[np.arange(n) % data.draw(st.integers(2, 3))]
    X = generator.normal(size=(n, p)) * 10.0 ** generator.integers(-1, 3, p)
    linear = LinearDiscriminantAnalysis(**LINEAR[data.draw(st.sampled_from(sorted(LINEAR)))])
    quadratic = QuadraticDiscriminantAnalysis(
        **QUADRATIC[data.draw(st.sampled_from(sorted(QUADRATIC)))], tol=1e-9
    )
    scaler = data.draw(st.sampled_from(sorted(SCALERS)))
    for model in (linear, quadratic):
        done = leave_one_out(behind(scaler, model), X, y, method="predict_proba")
        expected = brute_force(behind(scaler, model), X, y, "predict_proba")
        np.testing.assert_allclose(done.predictions, expected, atol=1e-8)
        assert done.exact


@pytest.mark.parametrize("model", [LinearDiscriminantAnalysis(), QuadraticDiscriminantAnalysis()])
def test_real_data_pass_their_own_check(model: Any) -> None:
    for X, y in (load_iris(return_X_y=True), load_breast_cancer(return_X_y=True)):
        done = module.leave_one_out(
            behind("scaled", model), X[:, :2], y, method="decision_function", verify=2
        )
        assert done.exact
        assert done.largest_difference < 1e-9


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"), "estimated anew"),
        (LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=OAS()), "of its own"),
        (LinearDiscriminantAnalysis(shrinkage=0.2), "solver"),
        (LinearDiscriminantAnalysis(n_components=2), "components"),
        (LinearDiscriminantAnalysis(priors=[0.2, 0.2]), "priors"),
        (QuadraticDiscriminantAnalysis(solver="eigen", shrinkage="auto"), "estimated anew"),
        (QuadraticDiscriminantAnalysis(solver="eigen", covariance_estimator=OAS()), "of its own"),
        (QuadraticDiscriminantAnalysis(shrinkage=0.2), "solver"),
        (QuadraticDiscriminantAnalysis(priors=[1.0]), "priors"),
    ],
)
def test_refuses(model: Any, reason: str) -> None:
    X, y = problem(CLASSES["two, text"])
    family = (
        LINEAR_DISCRIMINANT_ANALYSIS
        if isinstance(model, LinearDiscriminantAnalysis)
        else QUADRATIC_DISCRIMINANT_ANALYSIS
    )
    found = family.refuses(Problem(model, X, y, None, False, False), "predict")
    assert found is not None
    assert reason in found
    assert "no formula" in (family.refuses(Problem(model, X, y, None, False, False), "score") or "")


def test_covariances_without_each_member() -> None:
    X = np.random.default_rng(1).normal(size=(7, 3))
    away = X - X.mean(axis=0)
    found = without_each(away.T @ away / 7, away, 7)
    for i in range(7):
        expected = np.cov(np.delete(X, i, axis=0), rowvar=False, bias=True)
        np.testing.assert_allclose(found[i], expected, atol=1e-14)


def test_mixture_towards_the_mean_variance() -> None:
    mixed = Mixture(0.75, 0.25, by_trace=True).of(
        np.array([[[2.0, 1.0], [1.0, 6.0]]]), np.ones((1, 2))
    )
    np.testing.assert_allclose(mixed, [[[2.5, 0.75], [0.75, 5.5]]])
