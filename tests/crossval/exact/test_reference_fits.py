"""The real fits that formulae are held against, against fits as anybody would write them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fold_guard.crossval import leave_one_out
from fold_guard.crossval.exact.inputs import given
from fold_guard.crossval.exact.recognise import recognise
from fold_guard.crossval.exact.reference_fits import ReferenceFits, each_without
from fold_guard.errors import FoldGuardError
from tests.crossval.exact.brute import brute_force

X, Y = load_iris(return_X_y=True)
X, Y = X[::3], Y[::3]
NAMES = np.array(["a", "b", "c"], dtype=object)[Y]


def fits(model: Any, y: Any = Y, method: str = "predict", **more: Any) -> ReferenceFits:
    data = given(model, X, y, method=method, sample_weight=more.pop("sample_weight", None))
    found = recognise(model)
    assert not isinstance(found, str)
    return data.references(found, found.model, X, **more)


def test_rows_without_one_sample_after_another() -> None:
    rng = np.random.default_rng(0)
    table, words = rng.normal(size=(9, 2)), np.array(list("abcdefghi"), dtype=object)
    samples = [4, 4, 8, 0, 3, 7, 1]
    for sample, (rows, texts) in zip(samples, each_without([table, words], samples), strict=True):
        np.testing.assert_array_equal(rows, np.delete(table, sample, axis=0))
        assert texts.tolist() == np.delete(words, sample).tolist()


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize(
    ("model", "method"),
    [
        (make_pipeline(StandardScaler(copy=False), Ridge(copy_X=False)), "predict"),
        (KNeighborsClassifier(), "predict_proba"),
        (make_pipeline(StandardScaler(), LogisticRegression(max_iter=300)), "decision_function"),
    ],
)
def test_they_are_the_fits_of_a_clone_each(model: Any, method: str, n_jobs: int) -> None:
    before, samples = X.copy(), [30, 2, 49, 0, 17]
    found = fits(model, method=method).each(samples, n_jobs)
    expected = brute_force(model, before.copy(), Y, method)
    np.testing.assert_allclose(np.concatenate(found), expected[samples], rtol=1e-12)
    np.testing.assert_array_equal(X, before)


def test_weights_noise_and_names_of_classes_go_with_their_samples() -> None:
    weights = np.arange(len(Y)) + 1.0
    found = fits(Ridge(), sample_weight=weights).each([3, 40], 1)
    truth = brute_force(Ridge(), X, Y, weights=weights)
    np.testing.assert_allclose(np.concatenate(found), truth[[3, 40]], rtol=1e-12)
    noise = np.linspace(0.1, 2.0, len(Y))
    process = GaussianProcessRegressor(RBF(), alpha=noise, optimizer=None)
    for sample, output in zip([3, 40], fits(process).each([3, 40], 1), strict=True):
        kept = np.arange(len(Y)) != sample
        real = clone(process).set_params(alpha=noise[kept]).fit(X[kept], Y[kept])
        np.testing.assert_allclose(output, real.predict(X[[sample]]))
    named = fits(KNeighborsClassifier(1), NAMES).each([3, 40], 1)
    assert np.concatenate(named).tolist() == NAMES[[3, 40]].tolist()


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_start_from_the_last_fit_ends_where_a_fresh_one_does(n_classes: int) -> None:
    rows, y = X[n_classes > Y], Y[n_classes > Y]
    rows = rows + np.random.default_rng(1).normal(size=rows.shape)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    starts: list[bool] = []

    class Watched(LogisticRegression):
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            assert len(y) == len(rows) - 1
            starts.append(self.warm_start and hasattr(self, "coef_"))
            return super().fit(X, y, sample_weight)

    found = recognise(model)
    assert not isinstance(found, str)
    reference, _ = found.family.reference(found.model)
    watched = make_pipeline(StandardScaler(), Watched(**reference.get_params()))
    tried_first = {"warm_start": True, "tol": 1e-12, "max_iter": 30}
    named = {f"watched__{name}": value for name, value in tried_first.items()}
    everyone = list(range(len(y)))
    warm = ReferenceFits(watched, rows, y, "predict_proba", tried_first=named).each(everyone, 1)
    assert starts == [False] + [True] * (len(y) - 1)
    strict = make_pipeline(StandardScaler(), clone(reference).set_params(tol=1e-14))
    cold = brute_force(strict, rows, y, "predict_proba")
    np.testing.assert_allclose(np.concatenate(warm), cold, atol=1e-10)


def test_a_fit_that_does_not_converge_starts_anew() -> None:
    model = LogisticRegression(solver="newton-cholesky", tol=1e-10)
    hasty = {"warm_start": True, "max_iter": 1}
    found = fits(model, NAMES, "predict_proba", tried_first=hasty).each([5, 25], 1)
    truth = brute_force(model, X, NAMES, "predict_proba")[[5, 25]]
    np.testing.assert_allclose(np.concatenate(found), truth, atol=1e-12)


def test_what_a_fit_raises_is_named_by_the_sample() -> None:
    broken = fits(KNeighborsClassifier(len(Y)), NAMES)
    with pytest.raises(FoldGuardError, match=r"sample 7: .*failed with ValueError"):
        broken.each([7], 1)


def test_each_check_is_a_fit_to_all_rows_but_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    real = KNeighborsClassifier.fit

    def fit(self: Any, X: Any, y: Any) -> Any:
        seen.append(len(X))
        return real(self, X, y)

    monkeypatch.setattr(KNeighborsClassifier, "fit", fit)
    generator = np.random.default_rng(2)
    done = leave_one_out(KNeighborsClassifier(3), generator.normal(size=(90, 2)), np.arange(90) % 2)
    assert len(done.checked) == 25
    # One to all, which shows that the estimator takes them.
    assert sorted(seen) == [89] * (25 + len(done.refitted)) + [90]


def test_an_estimator_warns_once_and_the_references_do_not() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        done = leave_one_out(LogisticRegression(max_iter=2), X, NAMES, method="predict_proba")
    assert done.exact
    assert [each.category.__name__ for each in caught] == ["ConvergenceWarning"]
    assert "lbfgs stops short (tol=0.0001, max_iter=2)" in done.path
