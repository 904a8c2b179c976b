from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge

from fold_guard.crossval.exact import leave_one_out as module
from tests.crossval.exact.brute import SCALERS, behind, brute_force, close, weightings

# All is held against brute force here: no need for a check of its own.
leave_one_out = partial(module.leave_one_out, verify=0)


def problem(n: int = 12) -> tuple[Any, Any]:
    generator = np.random.default_rng(8)
    X = generator.normal(size=(n, 3)) + 1.0
    return X, np.sin(X[:, :2]) + generator.normal(size=(n, 2)) / 10


def overlap(a: Any, b: Any) -> float:
    return float(np.minimum(np.abs(a), np.abs(b)).sum())


KERNELS = {
    "linear": {"kernel": "linear"},
    "rbf": {"kernel": "rbf", "gamma": 0.3},
    "laplacian": {"kernel": "laplacian"},
    "polynomial": {"kernel": "poly", "degree": 2, "coef0": 0.5},
    "own": {"kernel": overlap},
}


@pytest.mark.parametrize("scaler", SCALERS)
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(("weighting", "weights"), weightings(12))
def test_as_n_fits(kernel: str, scaler: str, weighting: str, weights: Any) -> None:
    X, y = problem()
    for alpha in (0.5, np.array([0.1, 3.0])):
        model = behind(scaler, KernelRidge(alpha=alpha, **KERNELS[kernel]))
        done = leave_one_out(model, X, y, sample_weight=weights)
        close(done.predictions, brute_force(model, X, y, weights=weights), 1e-9)
        # A shift of the data is nothing to a kernel of differences.
        formula = scaler == "bare" or (scaler == "only centred" and kernel in ("rbf", "laplacian"))
        assert done.exact is formula
        assert formula or "saves little over n fits" in done.path


def test_shapes_of_targets() -> None:
    X, y = problem()
    for targets in (y[:, 0], y[:, :1]):
        done = leave_one_out(KernelRidge(), X, targets)
        assert done.predictions.shape == brute_force(KernelRidge(), X, targets).shape


def test_a_kernel_without_penalty_is_refused_when_singular() -> None:
    X, y = problem()
    # Rank 3 of 12.
    model = KernelRidge(alpha=1e-12, kernel="linear")
    done = leave_one_out(model, X, y)
    assert not done.exact
    assert "ill-conditioned" in done.path or "singular" in done.path


def test_a_precomputed_kernel_takes_the_honest_route() -> None:
    X, y = problem()
    kernel = X @ X.T
    done = leave_one_out(KernelRidge(kernel="precomputed"), kernel, y)
    assert not done.exact
    close(done.predictions, brute_force(KernelRidge(kernel="linear"), X, y), 1e-9)
