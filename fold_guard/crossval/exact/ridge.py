"""Ridge regression: predicted residuals in closed form, or by down-dates when the scale moves."""

from __future__ import annotations

from typing import Any

import numpy as np

from fold_guard.crossval.exact.deletion import Deletion, deletion
from fold_guard.crossval.exact.family import BoolArray, FloatArray, HeldOut, NotExact, Problem
from fold_guard.crossval.exact.penalised import (
    Downdate,
    TallDowndate,
    WideDowndate,
    least_slack,
    spd_inverse,
)
from fold_guard.crossval.exact.scaling import left_out_variances
from fold_guard.crossval.exact.targets import flat, numeric_targets

TOLERANCE = 1e-8
DIRECT_SOLVERS = ("auto", "svd", "cholesky")
CLOSED_FORM = "residual over one minus leverage"
DOWN_DATED = "down-dated systems, each with the penalty of its own scaler, by conjugate gradients"


class Ridge:
    """Ridge, one target or several (a penalty each), weighted or not, scaled or not.

    Behind a StandardScaler the coefficients of the scaled columns are penalised, so that the
    unscaled ones carry alpha times the variance of their column among the n - 1 others: a
    diagonal of its own for every sample. Without a scaler it is the same for all, and the closed
    form holds.

    References
    ----------
    Allen (1974), Technometrics 16(1). Golub, G. H., Heath, M. & Wahba, G. (1979). Generalized
    cross-validation as a method for choosing a good ridge parameter. Technometrics 21(2).
    """

    name = "ridge regression"

    def refuses(self, problem: Problem, method: str) -> str | None:
        """Refuse what is no quadratic problem."""
        if method != "predict":
            return f"no formula for {method}"
        return "coefficients are held non-negative" if problem.model.positive else None

    def held_out(self, problem: Problem, method: str) -> HeldOut:
        """Return what each sample is predicted by the others."""
        model = problem.model
        targets = numeric_targets(problem.y)
        terms = deletion(problem, targets, intercept=bool(model.fit_intercept))
        left_out = RidgeLeftOut.of(problem, terms)
        outputs, refit = left_out.predictions(penalties(model.alpha, targets.shape[1]))
        return HeldOut(flat(outputs), refit, left_out.leverage, TOLERANCE, True, left_out.how)

    def reference(self, model: Any) -> tuple[Any, str]:
        """Return the model with a direct solver."""
        return direct(model)


def direct(model: Any) -> tuple[Any, str]:
    """Return a ridge model with its iterative solver replaced by a direct one, and say so."""
    if model.solver in DIRECT_SOLVERS:
        return model, ""
    from sklearn.base import clone

    return (
        clone(model).set_params(solver="cholesky"),
        f"solver='{model.solver}' stops early: solved exactly, as solver='cholesky' does",
    )


def penalties(alpha: Any, n_targets: int) -> FloatArray:
    """Return one penalty a target.

    Raises
    ------
    NotExact
        Their number is not that of the targets; the model says what it thinks of that.
    """
    values = np.atleast_1d(np.asarray(alpha, dtype=np.float64))
    if values.ndim != 1 or len(values) not in (1, n_targets):
        raise NotExact("as many penalties as targets are needed")
    return np.broadcast_to(values, (n_targets,))


class RidgeLeftOut:
    """Predictions of penalised least squares without each sample.

    Parameters
    ----------
    terms : Deletion
    variances : ndarray of float64, shape (n_samples, n_features), or None
        Of the scaler that each sample would meet; None without one.
    doubtful : ndarray of bool, shape (n_samples,)
    """

    def __init__(self, terms: Deletion, variances: FloatArray | None, doubtful: BoolArray) -> None:
        self.terms = terms
        self.variances = variances
        self.doubtful = doubtful
        self.leverage = np.zeros(len(terms.rows))
        self.how = CLOSED_FORM if variances is None else DOWN_DATED

    @classmethod
    def of(cls, problem: Problem, terms: Deletion) -> RidgeLeftOut:
        """Prepare for the scaler that stands before the model."""
        if not problem.with_std:
            return cls(terms, None, terms.alone)
        variances, doubtful = left_out_variances(problem.X)
        return cls(terms, variances, terms.alone | doubtful)

    def predictions(self, alphas: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Return predictions, shape (n_samples, n_targets), and whom to refit for real.

        Raises
        ------
        NotExact
            The system is ill-conditioned.
        """
        terms = self.terms
        pulled = np.empty_like(terms.targets)
        refit = self.doubtful.copy()
        for alpha in np.unique(alphas):
            which = np.flatnonzero(alphas == alpha)
            if self.variances is not None:
                found, sound = self._moving(float(alpha), which)
            elif terms.rows.shape[1] <= len(terms.rows):
                found, sound = self._primal(float(alpha), which)
            else:
                found, sound = self._dual(float(alpha), which)
            pulled[:, which] = found
            refit |= ~sound
        return terms.offset + terms.reach[:, None] * pulled, refit

    def _moving(self, alpha: float, which: Any) -> tuple[FloatArray, BoolArray]:
        assert self.variances is not None
        terms = self.terms
        weighted = terms.rows * terms.weights[:, None]
        moved = alpha * self.variances
        system: Downdate
        if terms.rows.shape[1] > len(terms.rows):
            system = WideDowndate.of(
                terms.rows * np.sqrt(terms.weights)[:, None], moved.mean(axis=0)
            )
        else:
            system = TallDowndate.of(weighted.T @ terms.rows, moved.mean(axis=0))
        _, slack = system.slack(terms.rows, terms.loss)
        self.leverage = np.maximum(self.leverage, 1.0 - slack)
        found = np.empty((len(terms.rows), len(which)))
        sound = np.ones(len(terms.rows), dtype=bool)
        for column, target in enumerate(which):
            lost = (terms.loss * terms.targets[:, target])[:, None] * terms.rows
            right = weighted.T @ terms.targets[:, target] - lost
            solutions, converged = system.solve(terms.rows, terms.loss, moved, right)
            found[:, column] = np.einsum("ij,ij->i", terms.rows, solutions)
            sound &= converged
        return found, sound

    def _primal(self, alpha: float, which: Any) -> tuple[FloatArray, BoolArray]:
        terms = self.terms
        weighted = terms.rows * terms.weights[:, None]
        gram = weighted.T @ terms.rows
        inverse, condition = spd_inverse(gram + alpha * np.eye(len(gram)))
        solved = terms.rows @ inverse
        fitted = solved @ (weighted.T @ terms.targets[:, which])
        pull = np.einsum("ij,ij->i", terms.rows, solved)
        return self._closed(pull, fitted, which, least_slack(condition))

    def _dual(self, alpha: float, which: Any) -> tuple[FloatArray, BoolArray]:
        # With N = (W^1/2 D D' W^1/2 + alpha)^-1, Woodbury gives w_i q_i = 1 - alpha N_ii.
        terms = self.terms
        if alpha == 0:
            raise NotExact("no penalty, and more features than samples")
        root = np.sqrt(terms.weights)[:, None]
        kernel = terms.rows @ terms.rows.T
        inverse, _ = spd_inverse(root * kernel * root.T + alpha * np.eye(len(kernel)))
        fitted = kernel @ (root * (inverse @ (root * terms.targets[:, which])))
        share = (1.0 - alpha * np.diagonal(inverse)) / np.where(terms.weights > 0, terms.weights, 1)
        # The slack is alpha N_ii but for the mean: small, and yet known to its last digits.
        return self._closed(share, fitted, which, least_slack(1.0))

    def _closed(
        self, pull: FloatArray, fitted: FloatArray, which: Any, least: float
    ) -> tuple[FloatArray, BoolArray]:
        leverage = self.terms.loss * pull
        self.leverage = np.maximum(self.leverage, leverage)
        slack = 1.0 - leverage
        sound = slack >= max(least, least_slack(self.terms.far))
        left = fitted - leverage[:, None] * self.terms.targets[:, which]
        return left / np.where(sound, slack, 1.0)[:, None], sound


RIDGE = Ridge()
