"""Input on which a formula keeps fewer digits than it promises: fits take over, nothing stops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fold_guard.crossval import leave_one_out
from fold_guard.errors import FoldGuardError
from tests.crossval.exact.brute import brute_force

N = 60
Y = np.arange(N) % 2


def normal(n_columns: int) -> Any:
    return np.random.default_rng(0).normal(size=(N, n_columns))


def nearly_constant() -> Any:
    X = np.column_stack([normal(3), np.ones(N)])
    X[5, 3] = 1.001
    return X


def of_very_different_scales() -> Any:
    return normal(3) * [1e-8, 1.0, 1e8]


@pytest.mark.parametrize("method", ["predict_log_proba", "decision_function"])
@pytest.mark.parametrize(
    ("model", "X"),
    [
        (GaussianNB(var_smoothing=1e-15), nearly_constant()),
        (make_pipeline(StandardScaler(), GaussianNB(var_smoothing=1e-12)), nearly_constant()),
        (RidgeClassifier(alpha=1e-12), nearly_constant()),
        (LinearDiscriminantAnalysis(solver="lsqr"), of_very_different_scales()),
        (QuadraticDiscriminantAnalysis(tol=0.0), of_very_different_scales()),
        (LinearDiscriminantAnalysis(tol=1e-15), nearly_constant()),
        (LogisticRegression(C=1e12, max_iter=3000), normal(3)),
    ],
)
def test_no_sample_is_off_by_more_than_is_allowed(model: Any, X: Any, method: str) -> None:
    if hasattr(model, method):
        # All samples are looked at; one that differs would end this.
        leave_one_out(model, X, Y, method=method, verify=N)


def test_why_fits_took_over() -> None:
    model = LinearDiscriminantAnalysis(solver="lsqr")
    done = leave_one_out(model, of_very_different_scales(), Y)
    assert done.path == (
        f"honest: {N} fits (linear discriminant analysis: "
        "columns of very different scales, and no scaler)"
    )
    np.testing.assert_array_equal(
        done.predictions, brute_force(model, of_very_different_scales(), Y)
    )


REFUSED = [
    Ridge(solver="lbfgs"),
    RidgeClassifier(solver="lbfgs"),
    RidgeClassifier(class_weight="even"),
    Ridge(alpha=[1.0, 2.0]),
    LinearRegression(fit_intercept="yes"),
    KernelRidge(kernel="no such"),
    GaussianProcessRegressor(alpha=-1.0, optimizer=None),
    KNeighborsRegressor(algorithm="kd_tree", metric="cosine"),
    KNeighborsClassifier(n_neighbors=0),
    GaussianNB(var_smoothing=-1.0),
    GaussianNB(priors=[0.5, 0.6]),
    LinearDiscriminantAnalysis(solver="svd", shrinkage=0.5),
    LinearDiscriminantAnalysis(n_components=9),
    QuadraticDiscriminantAnalysis(reg_param=2.0),
    LogisticRegression(dual=True),
    LogisticRegression(solver="liblinear", l1_ratio=0.5, fit_intercept=False),
    LogisticRegression(class_weight="even"),
]


@pytest.mark.parametrize("model", REFUSED, ids=str)
@pytest.mark.parametrize("scaled", [False, True])
def test_no_numbers_where_the_estimator_raises(model: Any, scaled: bool) -> None:
    whole = make_pipeline(StandardScaler(), model) if scaled else model
    X = normal(3)
    with pytest.raises(Exception) as real:  # noqa: PT011 - of any kind
        whole.fit(X[1:], Y[1:]).predict(X[:1])
    with pytest.raises(FoldGuardError, match="sample 0: the fit without this sample") as ours:
        leave_one_out(whole, X, Y, verify=0)
    assert type(ours.value.__cause__) is type(real.value)
    assert str(real.value) in str(ours.value)
