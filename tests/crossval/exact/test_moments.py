from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from fold_guard.crossval.exact.family import NotExact, Problem
from fold_guard.crossval.exact.moments import (
    carries_a_column,
    means_without,
    require_spread,
    scale_of,
    scales_without,
    variances_without,
)


def columns(seed: int, n: int) -> Any:
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n, 5)) * [1, 1e-3, 50, 1, 1] + [0, 7, -3, 0, 1e3]
    X[:, 3] = 4.0
    # One sample makes all of its variance; without it the column is constant.
    X[:, 4] = 0.1
    X[n // 2, 4] = 7.0
    return X


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 12))
def test_scales_are_those_of_a_scaler_without_the_sample(seed: int, n: int) -> None:
    X = columns(seed, n)
    scales = scales_without(Problem(None, X, X[:, 0], None, True, True))
    assert scales is not None
    for i in range(n):
        scaler = StandardScaler().fit(np.delete(X, i, axis=0))
        np.testing.assert_allclose(scales[i], scaler.scale_, rtol=1e-9)
        np.testing.assert_allclose(means_without(X, X.mean(axis=0))[i], scaler.mean_, rtol=1e-9)
    np.testing.assert_allclose(scale_of(X), StandardScaler().fit(X).scale_, rtol=1e-12)


def test_no_scales_without_division() -> None:
    X = columns(0, 5)
    assert scales_without(Problem(None, X, X[:, 0], None, True, False)) is None


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 12))
def test_weighted_variances(seed: int, n: int) -> None:
    X = columns(seed, n)
    weight = np.random.default_rng(seed).random(n) * 10
    weight[0] = 0.0
    found = variances_without(X, np.average(X, axis=0, weights=weight), weight)
    for i in range(n):
        others, own = np.delete(X, i, axis=0), np.delete(weight, i)
        centred = others - np.average(others, axis=0, weights=own)
        expected = np.average(centred**2, axis=0, weights=own)
        np.testing.assert_allclose(found[i], expected, rtol=1e-9, atol=1e-22)


def test_nothing_is_left_without_the_only_weight() -> None:
    found = variances_without(np.array([[1.0], [2.0]]), np.array([1.0]), np.array([3.0, 0.0]))
    assert np.isnan(found[0, 0])
    assert found[1, 0] == 0.0


def test_far_from_nought_is_refused() -> None:
    X = np.full((6, 1), 1e8)
    require_spread(X)
    X[0] += 10.0
    with pytest.raises(NotExact, match="varies too little"):
        require_spread(X)
    require_spread(X, most=1e8)


def test_a_sample_that_carries_a_column() -> None:
    X = columns(0, 9)
    assert carries_a_column(X).tolist() == [i == 4 for i in range(9)]
    assert not carries_a_column(X[:, :4]).any()
