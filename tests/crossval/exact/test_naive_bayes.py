from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB

from fold_guard.crossval.exact import leave_one_out as module
from fold_guard.crossval.exact.family import Problem
from fold_guard.crossval.exact.naive_bayes import GAUSSIAN_NB
from tests.crossval.exact.brute import SCALERS, behind, brute_force, refitted, weightings

# All is held against brute force here: no need for a check of its own.
leave_one_out = partial(module.leave_one_out, verify=0)

METHODS = ("predict_proba", "predict_log_proba")
CLASSES = {
    "two, text": np.array(["yes", "no"]),
    "two, numbers": np.array([7, 3]),
    "three": np.array(["a", "b", "c"], dtype=object),
}


def problem(classes: Any, n: int = 18) -> tuple[Any, Any]:
    generator = np.random.default_rng(n)
    codes = np.arange(n) % len(classes)
    codes[: n // 3] = 0
    X = generator.normal(size=(n, 4)) * [0.01, 1, 20, 1] + codes[:, None] * [0.01, 0.5, 3, 0]
    return X + np.array([3, 0, 0, 100]), classes[codes]


def as_n_fits(model: Any, X: Any, y: Any, weights: Any = None) -> Any:
    models = refitted(model, X, y, weights)
    for method in METHODS:
        done = leave_one_out(model, X, y, method=method, sample_weight=weights)
        assert done.exact, done.path
        expected = brute_force(model, X, y, method, models=models)
        np.testing.assert_allclose(done.predictions, expected, rtol=1e-7, atol=1e-9)
    done = leave_one_out(model, X, y, sample_weight=weights)
    np.testing.assert_array_equal(done.predictions, brute_force(model, X, y, models=models))
    assert done.predictions.dtype == y.dtype
    return done


@pytest.mark.parametrize("scaler", SCALERS)
@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("var_smoothing", [1e-9, 0.3])
@pytest.mark.parametrize(("weighting", "weights"), list(weightings(18)))
def test_as_n_fits(
    name: str, scaler: str, var_smoothing: float, weighting: str, weights: Any
) -> None:
    X, y = problem(CLASSES[name])
    as_n_fits(behind(scaler, GaussianNB(var_smoothing=var_smoothing)), X, y, weights)


def test_priors() -> None:
    X, y = problem(CLASSES["three"])
    done = as_n_fits(GaussianNB(priors=[0.2, 0.7, 0.1]), X, y)
    assert (done.predictions != leave_one_out(GaussianNB(), X, y).predictions).any()


def test_smoothing_by_the_variance_that_one_sample_makes() -> None:
    X, y = problem(CLASSES["two, text"])
    X[5, 2] = 1e4
    for scaler in SCALERS:
        as_n_fits(behind(scaler, GaussianNB(var_smoothing=1e-3)), X, y)


def test_one_sample_holds_the_variance_of_its_class() -> None:
    # Counts of something rare: without the one sample, its class does not vary at all.
    X, y = problem(CLASSES["two, text"])
    X[:, 1] = 0.0
    X[3, 1] = 5.0
    X[np.flatnonzero(y == "no")[:3], 1] = [1.0, 2.0, 3.0]
    as_n_fits(GaussianNB(var_smoothing=1e-6), X, y)


def test_two_samples_of_a_class_and_then_one() -> None:
    X, y = problem(CLASSES["three"])
    y[[0, 1]] = "rare"
    done = as_n_fits(GaussianNB(var_smoothing=1e-2), X, y)
    assert not len(done.refitted)
    y[1] = "a"
    done = leave_one_out(GaussianNB(), X, y, method="predict_proba")
    assert done.refitted.tolist() == [0]
    expected = brute_force(GaussianNB(), X, y, "predict_proba")
    np.testing.assert_allclose(done.predictions, expected, atol=1e-9)


def test_all_weight_of_a_class_on_one_sample() -> None:
    X, y = problem(CLASSES["two, text"])
    weights = np.where(y == "no", 0.0, 1.0)
    only = np.flatnonzero(y == "no")[2]
    weights[only] = 2.0
    held = GAUSSIAN_NB.held_out(Problem(GaussianNB(), X, y, weights, False, False), "predict_proba")
    assert held.refit[only]


def test_variances_of_nought_are_fitted_for_real() -> None:
    X, y = problem(CLASSES["two, text"])
    X[:, 1] = 0.0
    X[3, 1] = 5.0
    held = GAUSSIAN_NB.held_out(
        Problem(GaussianNB(var_smoothing=0.0), X, y, None, False, False), "predict_proba"
    )
    assert held.refit.all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(sorted(SCALERS)), st.booleans())
def test_any_small_problem(seed: int, scaler: str, weighted: bool) -> None:
    generator = np.random.default_rng(seed)
    n, n_classes = int(generator.integers(8, 20)), int(generator.integers(2, 4))
    y = np.array(list("abc"))[np.arange(n) % n_classes]
    X = generator.normal(size=(n, 3)) * 10.0 ** generator.integers(-3, 3, 3)
    weights = generator.random(n) + 0.05 if weighted else None
    as_n_fits(behind(scaler, GaussianNB(var_smoothing=1e-4)), X, y, weights)


def test_iris_passes_its_own_check() -> None:
    done = module.leave_one_out(GaussianNB(), *load_iris(return_X_y=True), method="predict_proba")
    assert len(done.checked) == 25
    assert done.largest_difference < 1e-10


@pytest.mark.parametrize("priors", [[0.5, 0.6], [1.0], [1.5, -0.5]])
def test_refuses_odd_priors(priors: Any) -> None:
    X, y = problem(CLASSES["two, text"])
    given_ = Problem(GaussianNB(priors=priors), X, y, None, False, False)
    assert "priors" in (GAUSSIAN_NB.refuses(given_, "predict") or "")


def test_refuses_methods_and_classes_without_weight() -> None:
    X, y = problem(CLASSES["two, text"])
    given_ = Problem(GaussianNB(), X, y, np.where(y == "no", 0.0, 1.0), False, False)
    assert "without weight" in (GAUSSIAN_NB.refuses(given_, "predict") or "")
    assert "no formula" in (GAUSSIAN_NB.refuses(given_, "decision_function") or "")
