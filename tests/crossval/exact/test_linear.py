from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from fold_guard.crossval.exact import leave_one_out as module
from tests.crossval.exact.brute import SCALERS, behind, brute_force, close, weightings

# All is held against brute force here: no need for a check of its own.
leave_one_out = partial(module.leave_one_out, verify=0)

Array = Any


def regression(n: int = 14, p: int = 4, seed: int = 5) -> tuple[Array, Array]:
    """Columns of other sizes and means, two targets."""
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n, p)) * [1.0, 30.0, 0.2, 5.0][:p] + [0.0, 100.0, -3.0, 1.0][:p]
    return X, X @ generator.normal(size=(p, 2)) + generator.normal(size=(n, 2))


MODELS = {
    "ols": LinearRegression(),
    "ols, no intercept": LinearRegression(fit_intercept=False),
    "ridge": Ridge(alpha=0.7),
    "ridge, no intercept": Ridge(alpha=0.7, fit_intercept=False),
    "ridge, no penalty": Ridge(alpha=0.0),
}


@pytest.mark.parametrize("scaler", SCALERS)
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("weighting", "weights"), weightings(14))
def test_as_n_fits(name: str, scaler: str, weighting: str, weights: Array) -> None:
    X, y = regression()
    model = behind(scaler, MODELS[name])
    for targets in (y[:, 0], y, y[:, :1]):
        done = leave_one_out(model, X, targets, sample_weight=weights)
        close(done.predictions, brute_force(model, X, targets, weights=weights), 1e-9)
        # Only this combination has no formula.
        centred = scaler in ("scaled", "only centred")
        assert done.exact is not ("no intercept" in name and centred and weights is not None)


def test_a_penalty_for_each_target() -> None:
    X, y = regression()
    for scaler in SCALERS:
        model = behind(scaler, Ridge(alpha=np.array([0.01, 50.0])))
        done = leave_one_out(model, X, y)
        assert done.exact
        close(done.predictions, brute_force(model, X, y), 1e-9)


@pytest.mark.parametrize("solver", ["svd", "cholesky", "sparse_cg", "lsqr", "sag", "saga"])
def test_solvers_that_stop_early_are_held_against_one_that_does_not(solver: str) -> None:
    X, y = regression()
    model = behind("scaled", Ridge(solver=solver, random_state=0))
    done = leave_one_out(model, X, y[:, 0])
    truth = brute_force(behind("scaled", Ridge(solver="cholesky")), X, y[:, 0])
    close(done.predictions, truth, 1e-9)
    assert ("stops early" in done.path) is (solver not in ("svd", "cholesky"))


@pytest.mark.parametrize("model", [LinearRegression(positive=True), Ridge(positive=True)])
def test_non_negative_coefficients_take_the_honest_route(model: Any) -> None:
    X, y = regression()
    done = leave_one_out(model, X, y[:, 0])
    assert not done.exact
    assert "non-negative" in done.path
    np.testing.assert_array_equal(done.predictions, brute_force(model, X, y[:, 0]))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("scaler", SCALERS)
def test_columns_that_are_constant_or_nearly(name: str, scaler: str) -> None:
    X, y = regression()
    X[:, 1] = 7.3
    # Constant as soon as sample 4 is out.
    X[:, 2] = 0.0
    X[4, 2] = 1.0
    model = behind(scaler, MODELS[name])
    done = leave_one_out(model, X, y[:, 0])
    close(done.predictions, brute_force(model, X, y[:, 0]), 1e-9)
    if done.exact and name == "ols":
        assert 4 in done.refitted


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("scaler", SCALERS)
@pytest.mark.parametrize("n", [2, 3, 5, 6])
def test_more_features_than_samples(name: str, scaler: str, n: int) -> None:
    generator = np.random.default_rng(n)
    X, y = generator.normal(size=(n, 5)), generator.normal(size=n)
    model = behind(scaler, MODELS[name])
    done = leave_one_out(model, X, y)
    close(done.predictions, brute_force(model, X, y), 1e-8)


def test_wide_ridge_has_a_closed_form() -> None:
    generator = np.random.default_rng(1)
    X, y = generator.normal(size=(12, 40)), generator.normal(size=(12, 2))
    weights = generator.integers(0, 3, 12).astype(float)
    for intercept, scaler in itertools.product((True, False), SCALERS):
        model = behind(scaler, Ridge(alpha=2.0, fit_intercept=intercept))
        for chosen in (None, weights):
            done = leave_one_out(model, X, y, sample_weight=chosen)
            assert done.exact or "centres" in done.path
            close(done.predictions, brute_force(model, X, y, weights=chosen), 1e-10)


def test_collinear_columns_are_solved_as_the_solver_does() -> None:
    X, y = regression()
    X[:, 3] = 2 * X[:, 0] - X[:, 2]
    done = leave_one_out(LinearRegression(), X, y[:, 0])
    assert not done.exact
    assert "full rank" in done.path
    np.testing.assert_array_equal(done.predictions, brute_force(LinearRegression(), X, y[:, 0]))


def test_singular_values_that_the_solver_drops() -> None:
    # Well conditioned after scaling, but below the solver's tolerance before.
    X, y = regression()
    X[:, 2] *= 1e-9
    for scaler in SCALERS:
        model = behind(scaler, LinearRegression())
        done = leave_one_out(model, X, y[:, 0])
        close(done.predictions, brute_force(model, X, y[:, 0]), 1e-8)
        assert done.exact is (scaler in ("scaled", "not centred"))


@pytest.mark.parametrize("name", ["ols", "ridge"])
@pytest.mark.parametrize("scaler", SCALERS)
def test_columns_far_from_zero(name: str, scaler: str) -> None:
    X, y = regression()
    model = behind(scaler, MODELS[name])
    near = leave_one_out(model, X + 1e5, y)
    assert near.exact
    close(near.predictions, brute_force(model, X + 1e5, y), 1e-8)
    # Here fits themselves differ by more than the tolerance, as their means are rounded.
    far = leave_one_out(model, X + 1e9, y)
    assert "far from zero" in far.path
    np.testing.assert_array_equal(far.predictions, brute_force(model, X + 1e9, y))


def test_against_scikit_learn() -> None:
    X, y = regression(30, 3)
    for scaler in SCALERS:
        for model in (LinearRegression(), Ridge()):
            estimator = behind(scaler, model)
            truth = cross_val_predict(estimator, X, y, cv=LeaveOneOut())
            close(leave_one_out(estimator, X, y).predictions, truth, 1e-10)


@given(st.data())
def test_any_shape_and_any_duplicates(data: st.DataObject) -> None:
    n, p = data.draw(st.integers(2, 9)), data.draw(st.integers(1, 4))
    values = st.sampled_from([-1.0, 0.0, 0.5, 2.0, 30.0])
    X = np.array(data.draw(st.lists(values, min_size=n * p, max_size=n * p))).reshape(n, p)
    y = np.array(data.draw(st.lists(values, min_size=n, max_size=n)))
    weights = data.draw(st.sampled_from([None, np.arange(1.0, n + 1)]))
    scaler = data.draw(st.sampled_from(sorted(SCALERS)))
    model = behind(scaler, data.draw(st.sampled_from([LinearRegression(), Ridge(alpha=0.5)])))
    truth = brute_force(model, X, y, weights=weights)
    done = leave_one_out(model, X, y, sample_weight=weights)
    np.testing.assert_allclose(
        done.predictions, truth, rtol=0, atol=1e-7 * (1 + np.abs(truth).max())
    )
