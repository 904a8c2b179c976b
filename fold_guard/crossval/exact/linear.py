"""Ordinary least squares: the predicted residual is the residual over one minus the leverage."""

from __future__ import annotations

from typing import Any

import numpy as np

from fold_guard.crossval.exact.deletion import deletion
from fold_guard.crossval.exact.family import FloatArray, HeldOut, NotExact, Problem
from fold_guard.crossval.exact.penalised import least_slack
from fold_guard.crossval.exact.scaling import left_out_variances
from fold_guard.crossval.exact.targets import like, numeric_targets

TOLERANCE = 1e-8
_WORST_CONDITION = 1e7


class LinearRegression:
    """LinearRegression, one target or several, weighted or not, scaled or not.

    Without penalty the predictions do not change with the scale of a column, nor, with an
    intercept, with its mean: a scaler before the model changes nothing. Only a design of full
    rank has this; others are fitted for real.

    References
    ----------
    Allen, D. M. (1974). The relationship between variable selection and data augmentation and a
    method for prediction. Technometrics 16(1), 125-127 (the PRESS statistic).
    """

    name = "ordinary least squares"

    def refuses(self, problem: Problem, method: str) -> str | None:
        """Refuse non-negative coefficients, which no formula gives."""
        if method != "predict":
            return f"no formula for {method}"
        return "coefficients are held non-negative" if problem.model.positive else None

    def held_out(self, problem: Problem, method: str) -> HeldOut:
        """Return offset + r (a - g q z) / (1 - g q), with a the fit and q = d' (D'WD)^-1 d.

        Raises
        ------
        NotExact
            The design is not of full rank, or nearly so.
        """
        model = problem.model
        targets = numeric_targets(problem.y)
        terms = deletion(problem, targets, intercept=bool(model.fit_intercept))
        doubtful = terms.alone.copy()
        if problem.with_std:
            variances, unsure = left_out_variances(problem.X)
            doubtful |= unsure
            seen = terms.rows / np.sqrt(variances.mean(axis=0))
        else:
            seen = terms.rows
        kept = np.any(seen != 0, axis=0)
        rows, seen = terms.rows[:, kept], seen[:, kept]
        root = np.sqrt(terms.weights)[:, None]
        if rows.shape[1] >= len(rows) - 1:
            raise NotExact("more features than samples to fit them")
        size = np.linalg.norm(root * rows, axis=0)
        if not np.all(size > 0):
            raise NotExact("the design is not of full rank")
        rows = rows / size
        left, values, right = np.linalg.svd(root * rows, full_matrices=False)
        if values.size and values[-1] * _WORST_CONDITION < values[0]:
            raise NotExact("the design is not of full rank, or nearly so")
        condition = float(values[0] / values[-1]) if values.size else 1.0
        inverse = right.T / values
        leverage = terms.loss * np.square(rows @ inverse).sum(axis=1)
        fitted = (rows @ inverse) @ (left.T @ (root * terms.targets))
        slack = 1.0 - leverage
        refit = (
            doubtful
            | (slack < least_slack(max(condition, terms.far)))
            | _truncated(root * seen, slack, model)
        )
        if refit.all():
            raise NotExact("the design is not of full rank in the eyes of the solver")
        pulled = fitted - leverage[:, None] * terms.targets
        outputs = terms.offset + pulled * (terms.reach / np.where(refit, 1.0, slack))[:, None]
        how = "residual over one minus leverage"
        return HeldOut(like(problem.y, outputs), refit, leverage, TOLERANCE, True, how)

    def reference(self, model: Any) -> tuple[Any, str]:
        """Return the model itself."""
        return model, ""


def _truncated(design: FloatArray, slack: FloatArray, model: Any) -> Any:
    # The solver drops singular values below a share of the largest. Without sample i the smallest
    # one shrinks by the square root of the slack at most; twice that, as the scale moves, too.
    rounding = np.finfo(np.float64).eps * max(design.shape)
    share = max(float(getattr(model, "tol", 0.0) or 0.0), rounding)
    values = np.linalg.svd(design, compute_uv=False)
    if not values.size:
        return np.zeros(len(design), dtype=bool)
    return values[-1] * np.sqrt(np.maximum(slack, 0.0)) <= 2.0 * share * values[0]


LINEAR_REGRESSION = LinearRegression()
