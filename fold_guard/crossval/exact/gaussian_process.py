"""Gaussian process regression whose kernel is not fitted."""

from __future__ import annotations

from typing import Any

import numpy as np

from fold_guard.crossval.exact.family import HeldOut, NotExact, Problem
from fold_guard.crossval.exact.kernel_deletion import left_out_residuals
from fold_guard.crossval.exact.kernel_ridge import SCALED_KERNEL
from fold_guard.crossval.exact.penalised import spd_inverse
from fold_guard.crossval.exact.targets import flat, numeric_targets


class GaussianProcessRegressor:
    """GaussianProcessRegressor with ``optimizer=None`` or a kernel without free parameters.

    With ``normalize_y`` every fit takes the mean of its own n - 1 targets off and puts it back;
    the division by their deviation cancels. With m_i that mean and M the inverse,
    f_-i = y_i - ([M y]_i - m_i [M 1]_i) / M_ii. Noise that differs by sample (``alpha`` an array)
    goes with its sample, also in real fits.

    References
    ----------
    Rasmussen & Williams (2006), Gaussian Processes for Machine Learning, 5.4.2.
    """

    name = "Gaussian process regression"

    def refuses(self, problem: Problem, method: str) -> str | None:
        """Refuse a kernel that every fit would fit anew, and a scale that changes it."""
        model = problem.model
        if method != "predict":
            return f"no formula for {method}"
        if model.optimizer is not None and (model.kernel is None or model.kernel.n_dims > 0):
            return "its kernel is fitted (optimizer=None keeps it as it is)"
        if problem.with_std or (problem.with_mean and not _stationary(model.kernel)):
            return SCALED_KERNEL
        return None

    def held_out(self, problem: Problem, method: str) -> HeldOut:
        """Return y minus the predicted residuals; raises NotExact for an unsound kernel matrix."""
        model, n = problem.model, len(problem.X)
        targets = numeric_targets(problem.y)
        if model.n_targets is not None and model.n_targets != targets.shape[1]:
            raise NotExact("another number of targets was announced")
        kernel = np.array(_kernel(model.kernel)(problem.X), dtype=np.float64)
        noise = np.asarray(model.alpha, dtype=np.float64)
        if noise.ndim > 1 or noise.size not in (1, n):
            raise NotExact("as many noise terms as samples are needed")
        if kernel.shape != (n, n):
            raise NotExact("a compound of kernels")
        kernel[np.diag_indices(n)] += noise
        if not np.isfinite(kernel).all() or not np.allclose(kernel, kernel.T):
            raise NotExact("the kernel matrix is not finite or not symmetric")
        inverse, _ = spd_inverse(kernel)
        residuals = left_out_residuals(inverse, targets)
        if model.normalize_y:
            means = (targets.sum(axis=0) - targets) / (n - 1)
            residuals -= means * left_out_residuals(inverse, np.ones((n, 1)))
        outputs = targets - residuals
        refit = np.zeros(n, dtype=bool)
        leverage = 1.0 - 1.0 / (kernel.diagonal() * inverse.diagonal())
        how = "residual over the diagonal of the inverse"
        return HeldOut(flat(outputs), refit, leverage, 1e-8, True, how)

    def reference(self, model: Any) -> tuple[Any, str]:
        """Return the model itself."""
        return model, ""


def _kernel(kernel: Any) -> Any:
    if kernel is not None:
        return kernel
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel

    return ConstantKernel() * RBF()


def _stationary(kernel: Any) -> bool:
    return kernel is None or bool(kernel.is_stationary())


GAUSSIAN_PROCESS_REGRESSOR = GaussianProcessRegressor()
