"""Kernel ridge regression, the kernel of all samples factored once."""

from __future__ import annotations

from typing import Any

import numpy as np

from fold_guard.crossval.exact.family import HeldOut, NotExact, Problem
from fold_guard.crossval.exact.kernel_deletion import left_out_residuals
from fold_guard.crossval.exact.penalised import spd_inverse
from fold_guard.crossval.exact.ridge import penalties
from fold_guard.crossval.exact.targets import like, numeric_targets

SCALED_KERNEL = (
    "the scaler before it moves the whole kernel matrix with every sample, and to build n of them "
    "saves little over n fits"
)


class KernelRidge:
    """KernelRidge of any kernel but a precomputed one, one target or several, weighted or not.

    A weight w scales row and column of the kernel by its root; a weight of zero takes the sample
    out of the fit, so that it is predicted by the full fit.
    """

    name = "kernel ridge regression"

    def refuses(self, problem: Problem, method: str) -> str | None:
        """Refuse a kernel that is given instead of computed, and a scale that changes it."""
        if method != "predict":
            return f"no formula for {method}"
        if problem.model.kernel == "precomputed":
            return "a precomputed kernel"
        return SCALED_KERNEL if problem.with_std or _shifts(problem) else None

    def held_out(self, problem: Problem, method: str) -> HeldOut:
        """Return y minus the predicted residuals; raises NotExact where K + alpha is singular."""
        targets = numeric_targets(problem.y)
        kernel = np.array(problem.model._get_kernel(problem.X), dtype=np.float64)
        weights = problem.sample_weight
        root = np.sqrt(weights if weights is not None else np.ones(len(kernel)))[:, None]
        weighted = root * kernel * root.T
        alphas = penalties(problem.model.alpha, targets.shape[1])
        outputs = np.empty_like(targets)
        leverage = np.zeros(len(kernel))
        for alpha in np.unique(alphas):
            which = np.flatnonzero(alphas == alpha)
            inverse, _ = spd_inverse(weighted + alpha * np.eye(len(kernel)))
            if not np.isfinite(inverse).all():
                raise NotExact("the kernel is not finite")
            scaled = root * targets[:, which]
            within = kernel @ (root * (inverse @ scaled))
            residuals = left_out_residuals(inverse, scaled) / np.where(root > 0, root, 1.0)
            outputs[:, which] = np.where(root > 0, targets[:, which] - residuals, within)
            leverage = np.maximum(leverage, 1.0 - alpha * inverse.diagonal())
        refit = np.zeros(len(kernel), dtype=bool)
        how = "residual over the diagonal of the inverse"
        return HeldOut(like(problem.y, outputs), refit, leverage, 1e-8, True, how)

    def reference(self, model: Any) -> tuple[Any, str]:
        """Return the model itself."""
        return model, ""


def _shifts(problem: Problem) -> bool:
    # Kernels of differences do not mind where the centre is.
    return problem.with_mean and problem.model.kernel not in ("rbf", "laplacian")


KERNEL_RIDGE = KernelRidge()
