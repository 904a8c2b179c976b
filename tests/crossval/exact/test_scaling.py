from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from fold_guard.crossval.exact.family import NotExact
from fold_guard.crossval.exact.scaling import constant_columns, left_out_variances


@given(st.integers(3, 12), st.integers(1, 4), st.integers(0, 1000))
def test_as_the_scaler_finds_them(n: int, p: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n, p)) * 10.0 ** generator.integers(-3, 4, p)
    X += generator.integers(-5, 6, p)
    X[:, 0] = np.round(X[:, 0])
    variances, doubtful = left_out_variances(X)
    for i in np.flatnonzero(~doubtful):
        scaler = StandardScaler().fit(np.delete(X, i, axis=0))
        assert scaler.scale_ is not None
        np.testing.assert_allclose(np.sqrt(variances[i]), scaler.scale_, rtol=1e-9)


def test_constant_columns_are_left_alone() -> None:
    X = np.array([[3.1, 1.0], [3.1, 2.0], [3.1, 4.0]])
    assert constant_columns(X).tolist() == [True, False]
    variances, doubtful = left_out_variances(X)
    assert variances[:, 0].tolist() == [1.0, 1.0, 1.0]
    assert not doubtful.any()


def test_a_sample_without_which_a_column_is_constant_is_doubtful() -> None:
    X = np.zeros((9, 2))
    X[:, 1] = np.arange(9)
    X[4, 0] = 1.0
    assert np.flatnonzero(left_out_variances(X)[1]).tolist() == [4]
    # Nearly so: what is left of the sum of squares is in its last digits.
    X[5, 0] = 1e-5
    assert np.flatnonzero(left_out_variances(X)[1]).tolist() == [4]


def test_a_column_that_varies_by_rounding_alone() -> None:
    X = np.full((20, 1), 1e9)
    X[3] += 2e-7
    with pytest.raises(NotExact, match="rounding"):
        left_out_variances(X)
