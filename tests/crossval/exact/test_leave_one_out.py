from __future__ import annotations

import logging
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.datasets import load_diabetes, load_wine
from sklearn.decomposition import PCA
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from fold_guard.crossval import leave_one_out, leave_one_out_predict
from fold_guard.crossval.exact.leave_one_out import exact_leave_one_out
from fold_guard.errors import DataError, FoldGuardError, UsageError
from tests.crossval.exact.brute import behind, brute_force, close


@pytest.fixture(scope="module")
def diabetes() -> tuple[Any, Any]:
    X, y = load_diabetes(return_X_y=True)
    return X[:40], y[:40]


def test_says_which_way_it_went(diabetes: Any, caplog: pytest.LogCaptureFixture) -> None:
    X, y = diabetes
    with caplog.at_level(logging.INFO, logger="fold_guard"):
        done = leave_one_out(behind("scaled", Ridge()), X, y)
        honest = leave_one_out(Lasso(), X, y)
    assert done.exact
    assert len(done.checked) == 25
    assert 0 < done.largest_difference < done.tolerance == 1e-8
    assert done.path.startswith("exact: ridge regression, down-dated systems")
    assert done.path.endswith("checked by 25 real fits")
    assert not honest.exact
    assert honest.path == "honest: 40 fits (Lasso has no exact leave-one-out)"
    assert honest.refitted.tolist() == list(range(40))
    assert [record.message.partition(": ")[2] for record in caplog.records] == [
        done.path,
        honest.path,
    ]


def test_verify_nobody(diabetes: Any) -> None:
    done = leave_one_out(Ridge(), *diabetes, verify=0)
    assert len(done.checked) == 0
    assert done.path.endswith("not checked")


def test_the_honest_route_by_name(diabetes: Any) -> None:
    done = leave_one_out(Ridge(), *diabetes, route="honest")
    assert done.path == "honest: 40 fits (asked for)"
    np.testing.assert_array_equal(done.predictions, brute_force(Ridge(), *diabetes))


@pytest.mark.parametrize(
    "estimator",
    [
        Lasso(),
        make_pipeline(MinMaxScaler(), Ridge()),
        make_pipeline(StandardScaler(), PCA(3), LinearRegression()),
        DecisionTreeRegressor(random_state=0),
        type("Tuned", (Ridge,), {})(),
    ],
)
def test_everything_else_takes_n_fits(estimator: Any, diabetes: Any) -> None:
    done = leave_one_out(estimator, *diabetes)
    assert not done.exact
    np.testing.assert_array_equal(done.predictions, brute_force(estimator, *diabetes))


def test_fits_side_by_side_are_the_same() -> None:
    X, y = load_wine(return_X_y=True)
    X, y = X[::6], y[::6]
    model = DecisionTreeClassifier(random_state=0)
    for method in ("predict", "predict_proba"):
        alone = leave_one_out_predict(model, X, y, method=method)
        np.testing.assert_array_equal(
            alone, leave_one_out_predict(model, X, y, method=method, n_jobs=2)
        )
        np.testing.assert_array_equal(alone, brute_force(model, X, y, method))


def test_weights_reach_the_last_step_on_every_route(diabetes: Any) -> None:
    X, y = diabetes
    weights = np.arange(40.0)
    for estimator in (behind("scaled", Ridge()), make_pipeline(MinMaxScaler(), Ridge())):
        close(
            leave_one_out_predict(estimator, X, y, sample_weight=weights),
            brute_force(estimator, X, y, weights=weights),
            1e-9,
        )


def test_routed_weights_take_the_honest_route(diabetes: Any) -> None:
    X, y = diabetes
    weights = np.arange(40.0)
    with sklearn.config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=True)
        model = make_pipeline(scaler, Ridge().set_fit_request(sample_weight=True))
        done = leave_one_out(model, X, y, sample_weight=weights)
        truth = [
            model.fit(X[keep], y[keep], sample_weight=weights[keep]).predict(X[[i]])[0]
            for i in range(40)
            for keep in [np.arange(40) != i]
        ]
    assert "routing" in done.path
    np.testing.assert_allclose(done.predictions, truth, rtol=1e-12)


def test_frames(diabetes: Any) -> None:
    X, y = diabetes
    frame = pd.DataFrame(X, columns=[f"c{j}" for j in range(10)]).astype({"c3": "float32"})
    frame["whole"] = np.arange(40) % 7
    frame["flag"] = frame["whole"] > 3
    series = pd.Series(y, index=frame.index)
    done = leave_one_out(behind("scaled", Ridge()), frame, series)
    assert done.exact
    close(done.predictions, brute_force(behind("scaled", Ridge()), frame.to_numpy(float), y), 1e-9)
    frame["word"] = "same"
    chosen = make_pipeline(_Only(["c0", "c1"]), Ridge())
    honest = leave_one_out(chosen, frame, series)
    close(honest.predictions, brute_force(Ridge(), frame[["c0", "c1"]].to_numpy(), y), 1e-12)


class _Only(StandardScaler):
    """Picks columns by name: works on frames alone."""

    def __init__(self, names: Any) -> None:
        self.names = names

    def fit(self, X: Any, y: Any = None) -> _Only:
        return self

    def transform(self, X: Any) -> Any:
        return X[self.names].to_numpy()


def test_words_in_a_column_are_no_numbers(diabetes: Any) -> None:
    X, y = diabetes
    frame = pd.DataFrame({"number": X[:, 0], "word": "x"})
    with pytest.raises(FoldGuardError, match=r"sample 0: .*could not convert"):
        leave_one_out(Ridge(), frame, y)


@pytest.mark.parametrize("kind", [complex, str])
def test_what_no_model_takes_is_not_made_to_fit(kind: Any, diabetes: Any) -> None:
    X, y = diabetes
    with pytest.raises(FoldGuardError, match=r"sample 0: the fit without this sample failed"):
        leave_one_out(Ridge(), X.astype(kind), y, verify=0)


def test_single_precision_is_done_in_double(diabetes: Any) -> None:
    X, y = diabetes
    single = X.astype(np.float32)
    done = leave_one_out(behind("scaled", Ridge()), single, y.astype(np.float32))
    assert done.exact
    assert done.predictions.dtype == np.float64
    model = behind("scaled", Ridge())
    close(done.predictions, brute_force(model, single.astype(float), y), 1e-9)
    # The model itself works in single precision: the same but for its rounding.
    close(done.predictions, brute_force(model, single, y.astype(np.float32)), 1e-5)


def test_sparse_input_takes_the_honest_route() -> None:
    X = sparse.random(20, 6, 0.4, format="csr", random_state=0)
    X.data += 1
    y = np.arange(20) % 2
    done = leave_one_out(Ridge(solver="sparse_cg", tol=1e-12), X, y.astype(float))
    assert "sparse" in done.path
    close(done.predictions, brute_force(Ridge(), X.toarray(), y.astype(float)), 1e-6)
    counts = leave_one_out(MultinomialNB(), X, y, method="predict_proba", route="honest")
    np.testing.assert_allclose(
        counts.predictions, brute_force(MultinomialNB(), X.toarray(), y, "predict_proba")
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_named(value: float, diabetes: Any) -> None:
    X, y = diabetes[0].copy(), diabetes[1].copy()
    X[7, 2] = value
    for model in (behind("scaled", Ridge()), KNeighborsRegressor()):
        with pytest.raises(DataError, match="X, sample 7, column 2: 1 values are not finite"):
            leave_one_out(model, X, y)
    y[9] = value
    with pytest.raises(DataError, match="y, sample 9"):
        leave_one_out(Ridge(), diabetes[0], y)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"y": [1.0, 2.0]}, "X and y"),
        ({"method": "predict_proba"}, "method: Ridge has no predict_proba"),
        ({"sample_weight": [1.0]}, r"sample_weight: must have shape \(40,\)"),
        ({"sample_weight": [-1.0] * 40}, "sample_weight: must be finite"),
        ({"estimator": KNeighborsRegressor(), "sample_weight": [1.0] * 40}, "takes no weights"),
        ({"estimator": Ridge}, "must be an estimator"),
        ({"route": "fast"}, "route: must be"),
        ({"verify": -1}, "verify: must not"),
    ],
)
def test_requests_that_make_no_sense(change: Any, where: str, diabetes: Any) -> None:
    request = {"estimator": Ridge(), "X": diabetes[0], "y": diabetes[1], **change}
    with pytest.raises(UsageError, match=where):
        leave_one_out(**request)


def test_one_sample_is_not_enough() -> None:
    with pytest.raises(DataError, match="two samples"):
        leave_one_out(Ridge(), [[1.0]], [1.0])


def test_parameters_that_the_model_refuses(diabetes: Any) -> None:
    X, y = diabetes
    # Large enough for the system to be positive definite all the same.
    for model in (Ridge(alpha=-1.0), KNeighborsRegressor(n_neighbors=0)):
        with pytest.raises(FoldGuardError, match=r"alpha|n_neighbors"):
            leave_one_out(model, 1000 * X, y, verify=0)


def test_a_fit_that_fails_is_named_by_its_sample() -> None:
    X = np.arange(6.0)[:, None]
    y = np.array(["a", "a", "a", "a", "a", "b"])
    with pytest.raises(FoldGuardError, match=r"sample 5: .*failed with ValueError") as caught:
        leave_one_out(_NeedsTwoClasses(1), X, y)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)


class _NeedsTwoClasses(KNeighborsClassifier):
    def fit(self, X: Any, y: Any) -> Any:
        if len(set(y)) < 2:
            raise ValueError("one class")
        return super().fit(X, y)


def test_several_labels_have_no_array_of_probabilities(diabetes: Any) -> None:
    y = np.random.default_rng(0).integers(0, 2, (40, 2))
    with pytest.raises(UsageError, match="several labels"):
        leave_one_out(KNeighborsClassifier(), diabetes[0], y, method="predict_proba")


def test_why_it_would_take_n_fits(diabetes: Any) -> None:
    found = exact_leave_one_out(Ridge(), *diabetes, "predict")
    assert not isinstance(found, str)
    close(found.predictions, brute_force(Ridge(), *diabetes), 1e-9)
    why = exact_leave_one_out(Lasso(), *diabetes, "predict")
    assert why == "Lasso has no exact leave-one-out"


def test_the_estimator_and_the_data_stay_as_they_are(diabetes: Any) -> None:
    X, y = diabetes[0].copy(), diabetes[1].copy()
    estimator = Pipeline([("scale", StandardScaler(copy=False)), ("model", Ridge(copy_X=False))])
    leave_one_out(estimator, X, y)
    np.testing.assert_array_equal(X, diabetes[0])
    np.testing.assert_array_equal(y, diabetes[1])
    assert not hasattr(estimator.named_steps["model"], "coef_")


def test_the_same_call_gives_the_same_bytes(diabetes: Any) -> None:
    first, second = (leave_one_out(behind("scaled", Ridge()), *diabetes) for _ in range(2))
    assert first.predictions.tobytes() == second.predictions.tobytes()
    assert first.checked.tolist() == second.checked.tolist()


def test_importing_costs_nothing() -> None:
    code = (
        "import sys, fold_guard.crossval\n"
        "assert not {'sklearn', 'pandas', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
