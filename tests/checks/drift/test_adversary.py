from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from fold_guard.checks.drift.adversary import auc_of, fold_scores, null_error


def scores(X: np.ndarray, folds: np.ndarray, units: np.ndarray | None = None) -> dict[int, float]:
    units = np.arange(len(X)) if units is None else units
    plain = np.zeros(X.shape[1], dtype=bool)
    found = fold_scores(X, plain, folds, units, np.unique(folds).tolist(), max_iter=5)
    return {fold: each.auc for fold, each in found.items()}


@pytest.mark.parametrize("decimals", [0, 1, 8])
def test_auc_against_scikit_learn_and_scipy(decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    score, own = rng.normal(size=200).round(decimals), rng.random(200) < 0.3
    assert auc_of(score, own) == pytest.approx(roc_auc_score(own, score))
    pairs = mannwhitneyu(score[own], score[~own]).statistic / (own.sum() * (~own).sum())
    assert auc_of(score, own) == pytest.approx(pairs)


def test_the_standard_error_is_that_of_auc_of_nothing() -> None:
    rng = np.random.default_rng(0)
    own = np.arange(60) < 20
    aucs = [auc_of(rng.normal(size=60), own) for _ in range(2000)]
    assert null_error(rng.normal(size=60), own, None) == pytest.approx(np.std(aucs), rel=0.06)
    # Four equal rows of a unit say as much as one.
    units = np.repeat(np.arange(60), 4)
    aucs = [auc_of(rng.normal(size=60)[units], own[units]) for _ in range(500)]
    error = null_error(rng.normal(size=60)[units], own[units], units)
    assert error == pytest.approx(np.std(aucs), rel=0.12)


def test_units_are_held_out_whole() -> None:
    rng = np.random.default_rng(1)
    units = np.repeat(np.arange(60), 5)
    folds = rng.permutation(np.arange(60) % 2)[units]
    X = rng.permutation(60).astype(float)[units, None]
    assert abs(scores(X, folds, units)[0] - 0.5) < 0.2
    # Row by row, it would know the patient again.
    assert scores(X, folds)[0] > 0.75


def test_the_feature_that_tells_the_fold_costs_most_when_it_is_permuted() -> None:
    rng = np.random.default_rng(2)
    X, folds = rng.normal(size=(300, 4)), rng.integers(0, 3, 300)
    X[folds == 1, 2] += 3
    none = np.zeros(4, dtype=bool)
    found = fold_scores(X, none, folds, np.arange(300), [0, 1, 2], max_iter=5)
    assert found[1].auc > 0.9
    assert int(found[1].importance.argmax()) == 2
    assert found[1].importance[2] > 0.2
    assert np.abs(found[1].importance[[0, 1, 3]]).max() < 0.1
    assert found[1].p_value < 1e-6


def test_false_alarms_on_patients_dealt_at_random_are_rare() -> None:
    found = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        units = np.repeat(np.arange(80), rng.integers(1, 8, 80))
        folds = rng.permutation(np.arange(80) % 2)[units]
        X = np.column_stack([rng.normal(size=80)[units], rng.normal(size=len(units))])
        none = np.zeros(2, dtype=bool)
        found.append(fold_scores(X, none, folds, units, [0], max_iter=3)[0].p_value)
    assert min(found) > 0.005
    assert sum(each < 0.05 for each in found) <= 2


def test_a_class_that_no_inner_fold_can_hold_out_has_no_score() -> None:
    units = np.repeat(np.arange(30), 2)
    folds = (units == 0).astype(np.int64)
    X = np.arange(60.0)[:, None]
    none = np.zeros(1, dtype=bool)
    # All of fold 1 is one unit: where it is held out, no model has seen it.
    assert list(fold_scores(X, none, folds, units, [0, 1], max_iter=2)) in ([], [0])


def test_the_number_of_threads_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    X, folds = rng.normal(size=(2000, 5)), rng.integers(0, 3, 2000)
    X[:, 4] = rng.integers(0, 9, 2000)
    kinds = np.array([False] * 4 + [True])
    outs = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found = fold_scores(X, kinds, folds, np.arange(2000), [0, 1, 2], max_iter=5)
        outs.append([(each.auc, each.importance.tobytes()) for each in found.values()])
    assert outs[0] == outs[1]
    assert len(outs[0]) == 3
