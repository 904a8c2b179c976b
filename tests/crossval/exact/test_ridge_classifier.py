from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from fold_guard.crossval.exact import leave_one_out as module
from fold_guard.errors import FoldGuardError
from tests.crossval.exact.brute import (
    SCALERS,
    behind,
    brute_force,
    close,
    paired,
    refitted,
    weightings,
)

# All is held against brute force here: no need for a check of its own.
leave_one_out = partial(module.leave_one_out, verify=0)

CLASSES = {
    "two, text": np.array(["yes", "no"]),
    "two, numbers": np.array([7, 3]),
    "three": np.array(["a", "b", "c"]),
}


def problem(classes: Any, n: int = 15) -> tuple[Any, Any]:
    generator = np.random.default_rng(3)
    codes = np.arange(n) % len(classes)
    # Unbalanced, so that balancing changes something.
    codes[: n // 3] = 0
    X = generator.normal(size=(n, 3)) * [1, 20, 0.1] + codes[:, None]
    return X, classes[codes]


@pytest.mark.parametrize(
    ("scaler", "name", "class_weight", "intercept"),
    paired(SCALERS, CLASSES, [None, "balanced", "own"], [True, False]),
)
@pytest.mark.parametrize(("weighting", "weights"), weightings(15))
def test_as_n_fits(
    name: str, scaler: str, class_weight: Any, intercept: bool, weighting: str, weights: Any
) -> None:
    X, y = problem(CLASSES[name])
    if class_weight == "own":
        class_weight = {y[0]: 3.0}
    options = {"class_weight": class_weight, "fit_intercept": intercept}
    model = behind(scaler, RidgeClassifier(alpha=0.5, **options))
    models = refitted(model, X, y, weights)
    truth = brute_force(model, X, y, "decision_function", models=models)
    scores = leave_one_out(model, X, y, method="decision_function", sample_weight=weights)
    close(scores.predictions, truth, 1e-9)
    done = leave_one_out(model, X, y, sample_weight=weights)
    np.testing.assert_array_equal(done.predictions, brute_force(model, X, y, models=models))
    assert done.predictions.dtype == y.dtype
    assert done.exact or (not intercept and "centres" in done.path)


def test_balanced_weights_are_those_of_the_others() -> None:
    # With the weights of all samples kept, the answers would be others.
    X, y = problem(CLASSES["three"])
    model = RidgeClassifier(class_weight="balanced")
    done = leave_one_out(model, X, y, method="decision_function")
    share = len(y) / (3 * np.bincount(np.unique(y, return_inverse=True)[1]))
    kept = leave_one_out(
        RidgeClassifier(class_weight=dict(zip("abc", share, strict=True))),
        X,
        y,
        method="decision_function",
    )
    assert done.exact
    assert kept.exact
    assert np.abs(done.predictions - kept.predictions).max() > 1e-3


def test_a_class_of_one_sample() -> None:
    X, y = problem(CLASSES["three"])
    y[5] = "d"
    for scaler in SCALERS:
        model = behind(scaler, RidgeClassifier(class_weight="balanced"))
        done = leave_one_out(model, X, y)
        np.testing.assert_array_equal(done.predictions, brute_force(model, X, y))
        assert done.exact
        assert 5 in done.refitted
        scores = leave_one_out(model, X, y, method="decision_function")
        # As scikit-learn fills in what the fit without sample 5 does not know.
        assert scores.predictions[5, 3] == np.finfo(np.float64).min


def test_two_of_three_classes_left_have_no_three_scores() -> None:
    X, y = problem(CLASSES["two, text"])
    y[5] = "other"
    with pytest.raises(FoldGuardError, match="sample 5: it is the only sample of its class"):
        leave_one_out(RidgeClassifier(), X, y, method="decision_function")


def test_scores_that_tie_are_decided_by_the_model() -> None:
    X = np.array([[-1.0], [1.0], [-1.0], [1.0], [0.0], [0.0]])
    y = np.array(["a", "b", "a", "b", "a", "b"])
    done = leave_one_out(RidgeClassifier(fit_intercept=False), X, y)
    assert done.exact
    assert {4, 5} <= set(done.refitted.tolist())
    np.testing.assert_array_equal(
        done.predictions, brute_force(RidgeClassifier(fit_intercept=False), X, y)
    )


def test_several_labels_take_the_honest_route() -> None:
    X, _ = problem(CLASSES["three"])
    y = np.random.default_rng(0).integers(0, 2, (15, 2))
    done = leave_one_out(RidgeClassifier(), X, y)
    assert not done.exact
    assert "several labels" in done.path
    np.testing.assert_array_equal(done.predictions, brute_force(RidgeClassifier(), X, y))


def test_weights_of_a_class_that_is_not_there_are_left_to_the_model() -> None:
    X, y = problem(CLASSES["three"])
    model = RidgeClassifier(class_weight={"a": 2.0, "z": 1.0})
    with pytest.raises(FoldGuardError, match=r"sample 0: .*class_weight"):
        leave_one_out(model, X, y)
