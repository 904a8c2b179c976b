from __future__ import annotations

import tracemalloc
import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from fold_guard.crossval.exact import leave_one_out as module
from fold_guard.crossval.exact.family import Problem
from fold_guard.crossval.exact.logistic import LOGISTIC_REGRESSION, early_stopping_gap
from fold_guard.errors import FoldGuardError
from tests.crossval.exact.brute import SCALERS, behind, brute_force, paired, refitted, weightings

# All is held against brute force here: no need for a check of its own.
leave_one_out = partial(module.leave_one_out, verify=0)

CLASSES = {
    "two, text": np.array(["yes", "no"]),
    "two, numbers": np.array([7, 3]),
    "three": np.array(["a", "b", "c"], dtype=object),
}
CONVERGED = {"solver": "newton-cholesky", "tol": 1e-12, "max_iter": 1000}


def problem(classes: Any, n: int = 15, p: int = 3, apart: float = 1.0) -> tuple[Any, Any]:
    generator = np.random.default_rng(n * p)
    codes = np.arange(n) % len(classes)
    # Unbalanced, so that balancing changes something.
    codes[: n // 3] = 0
    X = generator.normal(size=(n, p)) * generator.choice([0.1, 1, 20], p)
    X += 5 + apart * codes[:, None] * X.std(axis=0)
    return X, classes[codes]


def truth(scaler: str, X: Any, y: Any, method: str, weights: Any = None, **options: Any) -> Any:
    model = behind(scaler, LogisticRegression(**{**options, **CONVERGED}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return brute_force(model, X, y, method, weights)


def probabilities(scaler: str, X: Any, y: Any, weights: Any = None, **options: Any) -> Any:
    model = behind(scaler, LogisticRegression(**options))
    done = leave_one_out(model, X, y, method="predict_proba", sample_weight=weights)
    assert done.exact, done.path
    expected = truth(scaler, X, y, "predict_proba", weights, **options)
    np.testing.assert_allclose(done.predictions, expected, rtol=0, atol=1e-7)
    return done


@pytest.mark.parametrize(
    ("scaler", "name", "class_weight", "penalty"),
    paired(
        SCALERS,
        CLASSES,
        [None, "balanced", {"yes": 3.0, 7: 0.5, "b": 2.0}],
        [{"fit_intercept": True, "C": 0.3}, {"fit_intercept": False, "C": 5.0}],
    ),
)
@pytest.mark.parametrize(("weighting", "weights"), list(weightings(15)))
def test_as_n_fits(
    name: str, scaler: str, class_weight: Any, penalty: Any, weighting: str, weights: Any
) -> None:
    X, y = problem(CLASSES[name])
    if isinstance(class_weight, dict):
        class_weight = {key: value for key, value in class_weight.items() if key in y.tolist()}
    probabilities(scaler, X, y, weights, class_weight=class_weight, **penalty)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("scaler", SCALERS)
def test_every_method(name: str, scaler: str) -> None:
    X, y = problem(CLASSES[name])
    model = behind(scaler, LogisticRegression())
    models = refitted(behind(scaler, LogisticRegression(**CONVERGED)), X, y)
    for method in ("decision_function", "predict_log_proba"):
        done = leave_one_out(model, X, y, method=method)
        expected = brute_force(model, X, y, method, models=models)
        np.testing.assert_allclose(done.predictions, expected, atol=1e-6)
    done = leave_one_out(model, X, y)
    np.testing.assert_array_equal(done.predictions, brute_force(model, X, y, models=models))
    assert done.predictions.dtype == y.dtype


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cg", "newton-cholesky", "sag", "saga"])
def test_every_solver_has_the_same_optimum(solver: str) -> None:
    X, y = problem(CLASSES["two, text"])
    probabilities("scaled", X, y, solver=solver)


def test_liblinear_without_an_intercept() -> None:
    X, y = problem(CLASSES["two, text"])
    probabilities("scaled", X, y, solver="liblinear", fit_intercept=False)


@pytest.mark.parametrize("scaler", SCALERS)
@pytest.mark.parametrize("name", ["two, text", "three"])
@pytest.mark.parametrize("C", [1.0, 1000.0])
def test_nearly_separable(scaler: str, name: str, C: float) -> None:
    X, y = problem(CLASSES[name], n=24, apart=4.0)
    probabilities(scaler, X, y, C=C)


@pytest.mark.parametrize("scaler", SCALERS)
def test_outliers_of_high_leverage(scaler: str) -> None:
    X, y = problem(CLASSES["two, text"], n=30)
    X[3] *= 40
    # All that this column says is said by one sample: without it, the column is constant.
    X[:, 1] = 2.0
    X[4, 1] = 9.0
    done = probabilities(scaler, X, y, C=3.0)
    fit = behind(scaler, LogisticRegression(C=3.0, **CONVERGED)).fit(X, y)
    # The point of it: one Newton step, or none, would be far off.
    assert np.abs(done.predictions - fit.predict_proba(X))[[3, 4]].max() > 1e-3


@pytest.mark.parametrize("scaler", SCALERS)
@pytest.mark.parametrize("name", ["two, text", "three"])
@pytest.mark.parametrize("intercept", [True, False])
def test_more_columns_than_samples(scaler: str, name: str, intercept: bool) -> None:
    X, y = problem(CLASSES[name], n=14, p=25)
    probabilities(scaler, X, y, fit_intercept=intercept)


def test_duplicates_columns_of_one_value_and_copies_of_columns() -> None:
    X, y = problem(CLASSES["two, text"], n=16)
    X = np.column_stack([X, X[:, 0], np.full(len(X), 3.0)])
    probabilities("scaled", np.vstack([X, X]), np.concatenate([y, y]))
    probabilities("bare", np.vstack([X, X]), np.concatenate([y, y[::-1]]))


@pytest.mark.parametrize("name", ["two, text", "three"])
def test_many_blocks_and_tiles(name: str) -> None:
    # More samples than one block, some left to later passes than others.
    X, y = problem(CLASSES[name], n=600, p=4, apart=0.7)
    generator = np.random.default_rng(0)
    some = generator.choice(600, 25, replace=False)
    X[some[:3]] *= 30
    model = behind("scaled", LogisticRegression(class_weight="balanced"))
    done = leave_one_out(model, X, y, method="predict_proba")
    reference = behind("scaled", LogisticRegression(class_weight="balanced", **CONVERGED))
    for sample in some:
        others = np.arange(600) != sample
        expected = reference.fit(X[others], y[others]).predict_proba(X[[sample]])
        np.testing.assert_allclose(done.predictions[[sample]], expected, rtol=0, atol=1e-7)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_small_problem(data: st.DataObject) -> None:
    generator = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    n, p = data.draw(st.integers(8, 20)), data.draw(st.integers(1, 6))
    codes = np.arange(n) % data.draw(st.integers(2, 4))
    X = generator.normal(size=(n, p)).round(data.draw(st.integers(0, 3)))
    X *= 10.0 ** generator.integers(-2, 3, p)
    weights = generator.random(n) + 0.1 if data.draw(st.booleans()) else None
    probabilities(
        data.draw(st.sampled_from(sorted(SCALERS))),
        X,
        np.array(list("wxyz"))[codes],
        weights,
        C=data.draw(st.sampled_from([0.01, 1.0, 50.0])),
        fit_intercept=data.draw(st.booleans()),
        class_weight=data.draw(st.sampled_from([None, "balanced"])),
    )


def test_a_class_that_vanishes_is_fitted_for_real() -> None:
    X, y = problem(CLASSES["three"])
    y[4] = "alone"
    for class_weight in (None, "balanced"):
        done = probabilities("scaled", X, y, class_weight=class_weight)
        assert done.refitted.tolist() == [4]


def test_breast_cancer_passes_its_own_check() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    model = behind("scaled", LogisticRegression())
    done = module.leave_one_out(model, X, y, method="predict_proba", verify=3)
    assert done.exact
    assert len(done.checked) == 8
    assert done.largest_difference < 1e-7
    assert "lbfgs stops" in done.path


def test_the_given_solver_stops_too_early_to_be_compared_with() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    assert 1e-6 < early_stopping_gap(LogisticRegression(), X, y) < 1e-2
    assert early_stopping_gap(LogisticRegression(**CONVERGED), X, y) < 1e-9


def test_the_check_fails_loudly_where_the_formula_does(monkeypatch: pytest.MonkeyPatch) -> None:
    # One step from the full fit is not enough, and the check must see it.
    newton = "fold_guard.crossval.exact.logistic_newton"
    monkeypatch.setattr(f"{newton}.CLOSE", 1e9)
    X, y = load_breast_cancer(return_X_y=True)
    with pytest.raises(FoldGuardError, match="logistic regression gives"):
        module.leave_one_out(behind("scaled", LogisticRegression()), X, y, method="predict_proba")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"solver": "liblinear"}, "penalises the intercept"),
        ({"solver": "liblinear", "fit_intercept": False, "class_weight": "balanced"}, "own way"),
        ({"l1_ratio": 0.5, "solver": "saga"}, "other than L2"),
        ({"l1_ratio": 1.0, "solver": "saga"}, "other than L2"),
        ({"C": np.inf}, "no penalty"),
        ({"dual": True}, "dual"),
        ({"class_weight": {"yes": 0.0}}, "without weight"),
    ],
)
def test_refuses(options: Any, reason: str) -> None:
    X, y = problem(CLASSES["two, text"])
    given_ = Problem(LogisticRegression(**options), X, y, None, False, False)
    found = LOGISTIC_REGRESSION.refuses(given_, "predict_proba")
    assert found is not None
    assert reason in found


@pytest.mark.parametrize(
    ("y", "reason"),
    [
        (np.ones(15), "one class"),
        (np.arange(15) / 4, "no classes"),
        (np.eye(15), "several labels"),
        (np.array([1, "a"] * 7 + [None], dtype=object), "several types"),
    ],
)
def test_refuses_targets(y: Any, reason: str) -> None:
    X, _ = problem(CLASSES["two, text"])
    found = LOGISTIC_REGRESSION.refuses(
        Problem(LogisticRegression(), X, y, None, False, False), "predict"
    )
    assert found is not None
    assert reason in found


def test_refuses_a_class_without_weight_and_unknown_methods() -> None:
    X, y = problem(CLASSES["two, text"])
    weights = np.where(y == "no", 0.0, 1.0)
    given_ = Problem(LogisticRegression(), X, y, weights, False, False)
    assert "without weight" in (LOGISTIC_REGRESSION.refuses(given_, "predict") or "")
    assert "no formula" in (LOGISTIC_REGRESSION.refuses(given_, "score") or "")


def test_a_tie_is_left_to_a_real_fit() -> None:
    X = np.array([[-1.0], [1.0], [-1.0], [1.0], [0.0]])
    y = np.array(["a", "b", "a", "b", "a"])
    done = leave_one_out(LogisticRegression(), X, y)
    # Without the last, all is symmetric: its logit is nought but for rounding.
    assert done.refitted.tolist() == [4]


def test_needs_no_room_for_all_pairs_of_samples() -> None:
    X, y = problem(CLASSES["two, text"], n=4000, p=3)
    given_ = Problem(LogisticRegression(), X, y, None, True, True)
    LOGISTIC_REGRESSION.held_out(given_, "predict_proba")
    tracemalloc.start()
    LOGISTIC_REGRESSION.held_out(given_, "predict_proba")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # All pairs would be 128 MB.
    assert peak < 16e6


def test_the_same_bytes_whatever_the_order_of_equal_calls() -> None:
    X, y = problem(CLASSES["three"], n=40)
    model = behind("scaled", LogisticRegression())
    one, other = (leave_one_out(model, X, y, method="predict_proba") for _ in range(2))
    assert one.predictions.tobytes() == other.predictions.tobytes()


@pytest.mark.parametrize(
    ("scaler", "change"),
    [("bare", "far from nought"), ("bare", "very large numbers"), ("scaled", "")],
)
def test_what_costs_real_fits_their_digits_takes_the_honest_route(scaler: str, change: str) -> None:
    X, y = problem(CLASSES["two, text"])
    X = X * 1e9 if change == "very large numbers" else X
    X[:, 1] += 1e5 * X[:, 1].std() if change == "far from nought" else 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        done = leave_one_out(behind(scaler, LogisticRegression()), X, y)
    assert done.exact == (not change)
    assert change in done.path


def test_hardly_penalised_and_separable_is_fitted_for_real() -> None:
    X, y = problem(CLASSES["two, text"], apart=9.0)
    given_ = Problem(LogisticRegression(C=1e7), X, y, None, True, True)
    assert LOGISTIC_REGRESSION.held_out(given_, "predict_proba").refit.all()
    given_ = Problem(LogisticRegression(C=10.0), X, y, None, True, True)
    assert not LOGISTIC_REGRESSION.held_out(given_, "predict_proba").refit.any()
