from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as reference

from fold_guard.crossval.metrics.regression import (
    SUMS,
    correlations,
    is_constant,
    of_order,
    of_sums,
    row_sums,
)
from tests.crossval.metrics.made import random_numbers


def test_many_sums_at_once_are_each_as_if_alone() -> None:
    sides = [random_numbers(seed, rows=20) for seed in range(5)]
    sums = np.stack([row_sums(side.actual, side.predicted).sum(axis=0) for side in sides])
    assert sums.shape == (5, len(SUMS))
    together = of_sums(sums)
    for place, side in enumerate(sides):
        expected = reference.r2_score(side.actual, side.predicted)
        assert together["r2"][place] == pytest.approx(expected)
        for name, value in of_sums(sums[place]).items():
            assert together[name][place] == pytest.approx(float(value))


def test_weighted_sums_are_scikit_learns_weighted_metrics() -> None:
    side = random_numbers(rows=100)
    y, p = side.actual, side.predicted
    weights = np.random.default_rng(1).random(100)
    found = of_sums(weights @ row_sums(y, p))
    for name, function in (
        ("mae", reference.mean_absolute_error),
        ("rmse", reference.root_mean_squared_error),
        ("r2", reference.r2_score),
        ("explained_variance", reference.explained_variance_score),
        ("mape", reference.mean_absolute_percentage_error),
    ):
        assert float(found[name]) == pytest.approx(function(y, p, sample_weight=weights)), name


@given(
    st.lists(
        st.tuples(*[st.sampled_from([0.0, 0.1, 0.3, -2.0, 1e6])] * 2), min_size=3, max_size=12
    ).filter(lambda pairs: all(len(set(column)) > 1 for column in zip(*pairs, strict=True)))
)
def test_correlations_with_ties_are_scipys(pairs: list[tuple[float, float]]) -> None:
    y, p = (np.array(column) for column in zip(*pairs, strict=True))
    found = correlations(y, p)
    assert found["spearman"] == pytest.approx(stats.spearmanr(y, p).statistic, abs=1e-9)
    assert found["pearson"] == pytest.approx(stats.pearsonr(y, p).statistic, abs=1e-9)


def test_tiny_and_huge_numbers_correlate_as_others_do() -> None:
    y = np.array([1.0, 2.0, 4.0, 3.0])
    expected = correlations(y, y[::-1])
    for scale in (1e-200, 1e200):
        assert correlations(y * scale, y[::-1] * scale) == pytest.approx(expected)


def test_errors_by_order() -> None:
    found = of_order(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.5, 2.0, 0.0, 4.25]))
    assert found == {"median_absolute_error": 0.375, "max_error": 3.0}


@pytest.mark.parametrize(
    ("values", "constant"),
    [([0.1 + 0.2, 0.3], True), ([1e9, 1e9 + 1], False), ([0.0, 0.0], True), ([0.0, 5e-324], False)],
)
def test_constant_but_for_rounding(values: list[float], constant: bool) -> None:
    assert is_constant(np.array(values)) is constant
