from __future__ import annotations

import numpy as np
import pytest

from fold_guard.checks.training.paired_gap import errors, mean_auc, paired_gap, recalls


def test_the_weighted_area_is_that_of_scikit_learn() -> None:
    from sklearn.metrics import roc_auc_score

    draw = np.random.default_rng(0)
    positive, units = draw.random(80) < 0.3, draw.integers(9, size=80)
    # Coarse scores: ties are the point.
    scores = np.stack([draw.integers(5, size=80), draw.normal(size=80)], axis=1).astype(float)
    rounds = np.stack([np.arange(80) % 2, np.arange(80) % 3], axis=1)
    weights = draw.integers(1, 4, size=(3, 9)).astype(float)
    found = mean_auc(units, positive, scores, rounds)(weights)
    for at, weight in enumerate(weights):
        for design in (0, 1):
            truth = []
            for each in np.unique(rounds[:, design]):
                inside = rounds[:, design] == each
                truth.append(
                    roc_auc_score(
                        positive[inside],
                        scores[inside, design],
                        sample_weight=weight[units[inside]],
                    )
                )
            assert found[at, design] == pytest.approx(np.mean(truth))


def test_recalls_and_errors_under_weights_are_those_of_repeated_rows() -> None:
    from sklearn.metrics import r2_score, recall_score, root_mean_squared_error

    draw = np.random.default_rng(1)
    units, actual = draw.integers(6, size=50), draw.integers(3, size=50)
    said = draw.integers(3, size=(50, 2)).astype(float)
    weight = np.array([2.0, 0.0, 1.0, 3.0, 1.0, 1.0])
    rows = np.repeat(np.arange(50), weight[units].astype(int))
    found = recalls(units, actual, said, 3)(weight[None])[0]
    numbers, guesses = draw.normal(size=50), draw.normal(size=(50, 2))
    r2 = errors(units, numbers, guesses, root=False)(weight[None])[0]
    rmse = errors(units, numbers, guesses, root=True)(weight[None])[0]
    for design in (0, 1):
        truth = recall_score(actual[rows], said[rows, design], average=None)
        assert found[design] == pytest.approx(truth)
        assert r2[design] == pytest.approx(r2_score(numbers[rows], guesses[rows, design]))
        assert -rmse[design] == pytest.approx(
            root_mean_squared_error(numbers[rows], guesses[rows, design])
        )


def test_an_undefined_score_has_no_gap() -> None:
    actual = np.zeros(4)
    assert (
        paired_gap(
            lambda by: errors(by, actual, np.zeros((4, 2)), root=False),
            np.arange(4),
            np.zeros(4, dtype=np.int64),
            resamples=10,
            confidence=0.95,
            seed=0,
        )
        is None
    )


def test_models_that_differ_widen_the_interval() -> None:
    hits = np.stack([np.repeat([1.0, 0.0], 50), np.full(100, 0.5)], axis=1)

    def low(models: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
        found = paired_gap(
            lambda by: lambda w: (w[:, by] @ hits) / w[:, by].sum(axis=1, keepdims=True),
            np.arange(100),
            models,
            resamples=200,
            confidence=0.95,
            seed=0,
        )
        assert found is not None
        return found.low

    # One model is right everywhere, the other nowhere: two models say little about others.
    assert low(np.repeat([0, 1], 50)) < -0.6 < low(np.arange(100) % 2) < 0
