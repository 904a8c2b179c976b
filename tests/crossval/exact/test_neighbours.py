from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from fold_guard.crossval.exact import leave_one_out as module
from fold_guard.errors import FoldGuardError
from tests.crossval.exact.brute import SCALERS, behind, brute_force, close, paired, refitted

# All is held against brute force here: no need for a check of its own.
leave_one_out = partial(module.leave_one_out, verify=0)

METRICS = {
    "euclidean": {},
    "manhattan": {"metric": "manhattan"},
    "chebyshev": {"metric": "chebyshev"},
    "of order three": {"p": 3},
}


def problem(n: int = 15) -> tuple[Any, Any]:
    generator = np.random.default_rng(12)
    return generator.normal(size=(n, 3)) * [1, 40, 0.1] + [0, 500, 1], np.arange(n) % 3


@pytest.mark.parametrize(
    ("scaler", "metric", "weights"), paired(SCALERS, METRICS, ["uniform", "distance"])
)
def test_as_n_fits(scaler: str, metric: str, weights: str) -> None:
    X, codes = problem()
    labels = np.array(["low", "middle", "high"])[codes]
    for k in (1, 4, 14):
        options: dict[str, Any] = {"n_neighbors": k, "weights": weights, **METRICS[metric]}
        model = behind(scaler, KNeighborsClassifier(**options))
        models = refitted(model, X, labels)
        done = leave_one_out(model, X, labels, method="predict_proba")
        truth = brute_force(model, X, labels, "predict_proba", models=models)
        np.testing.assert_allclose(done.predictions, truth, rtol=0, atol=1e-9)
        assert done.exact
        np.testing.assert_array_equal(
            leave_one_out(model, X, labels).predictions,
            brute_force(model, X, labels, models=models),
        )
        model = behind(scaler, KNeighborsRegressor(**options))
        shapes = (X[:, 0] + codes, np.c_[codes, X[:, 1]], codes, codes[:, None])
        for y in shapes if k == 4 else shapes[:1]:
            done = leave_one_out(model, X, y)
            close(done.predictions, brute_force(model, X, y), 1e-10)
            assert done.exact


@pytest.mark.parametrize(
    ("algorithm", "scaler", "weights"),
    paired(["auto", "brute", "kd_tree", "ball_tree"], SCALERS, ["uniform", "distance"]),
)
def test_ties_fall_out_as_the_estimator_breaks_them(
    algorithm: str, scaler: str, weights: str
) -> None:
    # Centimetres: 150 flowers in 35 x 23 x 43 x 22 places.
    X, y = load_iris(return_X_y=True)
    X = X[::4].round(0)
    y = y[::4]
    options: dict[str, Any] = {"algorithm": algorithm, "weights": weights, "n_neighbors": 3}
    model = behind(scaler, KNeighborsClassifier(**options))
    done = leave_one_out(model, X, y, method="predict_proba")
    np.testing.assert_allclose(
        done.predictions, brute_force(model, X, y, "predict_proba"), rtol=0, atol=1e-9
    )
    # Under a scale of its own for each column, sums of steps seldom agree.
    assert (0 if scaler in ("bare", "only centred") else -1) < len(done.refitted) < len(X)
    model = behind(scaler, KNeighborsRegressor(**options))
    values = np.arange(len(X)) * 1.0
    done = leave_one_out(model, X, values)
    close(done.predictions, brute_force(model, X, values), 1e-10)


def test_ties_among_equals_need_no_fit() -> None:
    X = np.array([[0.0], [1.0], [1.0], [1.0], [5.0], [6.0], [7.0]])
    y = np.array(["a", "a", "a", "a", "b", "b", "b"])
    done = leave_one_out(KNeighborsClassifier(2), X, y, method="predict_proba")
    # Of 5: 6 before 7. Of 6: 5 and 7. Nowhere does it matter who of the tied is taken.
    assert len(done.refitted) == 0
    assert done.predictions[:, 0].tolist() == [1, 1, 1, 1, 0, 0, 0]


def test_equal_rows_outweigh_all_others() -> None:
    X = np.array([[0.0], [0.0], [1.0], [2.0], [4.0]])
    y = np.array([10.0, 20.0, 30.0, 40.0, 50.0])
    done = leave_one_out(KNeighborsRegressor(2, weights="distance"), X, y)
    # 2 lies between 1 and, tied, 0, 0 and 4 at distance 2; 1 has three at distance 1.
    assert done.predictions[:2].tolist() == [20.0, 10.0]
    close(done.predictions, brute_force(KNeighborsRegressor(2, weights="distance"), X, y), 1e-12)


def test_a_class_of_one_sample_gets_no_vote() -> None:
    X, _ = problem()
    y = np.array(["common"] * 14 + ["rare"])
    done = leave_one_out(KNeighborsClassifier(3), X, y, method="predict_proba")
    assert done.exact
    assert done.predictions[14].tolist() == [1.0, 0.0]
    np.testing.assert_array_equal(
        done.predictions, brute_force(KNeighborsClassifier(3), X, y, "predict_proba")
    )


def test_far_from_the_origin_distances_have_few_digits() -> None:
    # Seconds since 1970, of one hour: products of such numbers lose the differences.
    generator = np.random.default_rng(2)
    X = 1.7e9 + generator.integers(0, 3600, (25, 2)).astype(float)
    y = generator.integers(0, 2, 25)
    for algorithm in ("brute", "kd_tree"):
        for scaler in SCALERS:
            model = behind(scaler, KNeighborsClassifier(3, algorithm=algorithm))
            done = leave_one_out(model, X, y)
            np.testing.assert_array_equal(done.predictions, brute_force(model, X, y))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"metric": "cosine"}, "metric 'cosine'"),
        ({"weights": lambda d: d + 1}, "weights by a function"),
        ({"metric_params": {"w": np.array([1.0, 2.0, 3.0])}}, "metric 'minkowski'"),
    ],
)
def test_what_has_no_formula_takes_the_honest_route(options: Any, reason: str) -> None:
    X, y = problem()
    model = KNeighborsClassifier(3, **options)
    done = leave_one_out(model, X, y)
    assert not done.exact
    assert reason in done.path
    np.testing.assert_array_equal(done.predictions, brute_force(model, X, y))


def test_more_neighbours_than_others() -> None:
    X, y = problem(5)
    with pytest.raises(FoldGuardError, match=r"sample 0: .*n_neighbors"):
        leave_one_out(KNeighborsClassifier(5), X, y)


@settings(max_examples=40)
@given(st.data())
def test_any_shape_and_any_ties(data: st.DataObject) -> None:
    n, p = data.draw(st.integers(3, 9)), data.draw(st.integers(1, 3))
    numbers = st.integers(0, 3)
    X = np.array(data.draw(st.lists(numbers, min_size=n * p, max_size=n * p)), dtype=float)
    X = X.reshape(n, p) * data.draw(st.sampled_from([1.0, 0.1, 1e6]))
    y = np.array(data.draw(st.lists(st.sampled_from("abc"), min_size=n, max_size=n)))
    options: dict[str, Any] = {
        "n_neighbors": data.draw(st.integers(1, n - 1)),
        "weights": data.draw(st.sampled_from(["uniform", "distance"])),
        "algorithm": data.draw(st.sampled_from(["brute", "kd_tree"])),
        "p": data.draw(st.sampled_from([1, 2])),
    }
    model = behind(data.draw(st.sampled_from(sorted(SCALERS))), KNeighborsClassifier(**options))
    models = refitted(model, X, y)
    done = leave_one_out(model, X, y, method="predict_proba")
    truth = brute_force(model, X, y, "predict_proba", models=models)
    np.testing.assert_allclose(done.predictions, truth, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(
        leave_one_out(model, X, y).predictions, brute_force(model, X, y, models=models)
    )
