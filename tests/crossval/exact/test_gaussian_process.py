from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, Matern, WhiteKernel

from fold_guard.crossval.exact import leave_one_out as module
from tests.crossval.exact.brute import SCALERS, behind, brute_force, close

# All is held against brute force here: no need for a check of its own.
leave_one_out = partial(module.leave_one_out, verify=0)

KERNELS = {
    "default": None,
    "smooth with noise": ConstantKernel(2.0) * RBF(0.7) + WhiteKernel(0.2),
    "rough": Matern(0.5, nu=1.5),
    "linear": DotProduct() + WhiteKernel(1.0),
}


def problem(n: int = 10) -> tuple[Any, Any]:
    generator = np.random.default_rng(4)
    X = generator.normal(size=(n, 2)) * 2 + 1
    return X, X @ generator.normal(size=(2, 2)) + generator.normal(size=(n, 2)) + 40


@pytest.mark.parametrize("scaler", SCALERS)
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("normalize_y", [True, False])
def test_as_n_fits(kernel: str, scaler: str, normalize_y: bool) -> None:
    X, y = problem()
    options: dict[str, Any] = {"optimizer": None, "alpha": 0.1, "normalize_y": normalize_y}
    model = behind(scaler, GaussianProcessRegressor(KERNELS[kernel], **options))
    for targets in (y, y[:, 0], y[:, :1]):
        done = leave_one_out(model, X, targets)
        close(done.predictions, brute_force(model, X, targets), 1e-9)
        shifted = scaler == "only centred" and kernel != "linear"
        assert done.exact is (scaler == "bare" or shifted)


@pytest.mark.parametrize("scaler", ["bare", "only centred", "scaled"])
def test_noise_of_each_sample_goes_with_it(scaler: str) -> None:
    X, y = problem()
    noise = np.random.default_rng(1).random(10) + 0.1
    options: dict[str, Any] = {"kernel": RBF(1.0), "optimizer": None}
    model = behind(scaler, GaussianProcessRegressor(alpha=noise, **options))
    truth = []
    for i in range(10):
        keep = np.arange(10) != i
        one = behind(scaler, GaussianProcessRegressor(alpha=noise[keep], **options))
        truth.append(one.fit(X[keep], y[keep]).predict(X[[i]]))
    done = leave_one_out(model, X, y)
    close(done.predictions, np.concatenate(truth), 1e-9)
    assert done.exact is (scaler != "scaled")


def test_a_kernel_without_free_parameters_is_fixed() -> None:
    X, y = problem()
    fixed = RBF(1.0, "fixed") + WhiteKernel(0.3, "fixed")
    assert leave_one_out(GaussianProcessRegressor(fixed), X, y).exact


def test_a_kernel_that_is_fitted_takes_the_honest_route() -> None:
    X, y = problem(6)
    model = GaussianProcessRegressor(RBF(1.0, (0.5, 2.0)), alpha=0.1)
    done = leave_one_out(model, X, y)
    assert not done.exact
    assert "optimizer=None" in done.path
    np.testing.assert_allclose(done.predictions, brute_force(model, X, y))


def test_a_kernel_matrix_near_singular_takes_the_honest_route() -> None:
    X, y = problem()
    model = GaussianProcessRegressor(RBF(50.0), optimizer=None)
    done = leave_one_out(model, X, y)
    assert not done.exact
    assert "ill-conditioned" in done.path
