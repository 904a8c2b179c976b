"""Quadratic discriminant analysis, regularised or not, scaled or not."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.class_scores import (
    class_codes,
    log_priors,
    no_discriminant,
    scored,
)
from fold_guard.crossval.exact.covariances import (
    WORST_CONDITION,
    Mixture,
    blocks,
    digits_lost,
    inverses,
    without_each,
)
from fold_guard.crossval.exact.family import BoolArray, FloatArray, HeldOut, NotExact, Problem
from fold_guard.crossval.exact.moments import (
    require_like_scales,
    require_spread,
    scale_of,
    scales_without,
)

_MARGIN = 1.0 + 1e-6
_MOST_SCALES = 1e12
"""Ratio of standard deviations beyond which a real fit has less digits than are promised."""


class QuadraticDiscriminantAnalysis:
    r"""QuadraticDiscriminantAnalysis: the covariance of one class is taken back by one sample.

    With :math:`d = x_i - \mu_c`, class :math:`c` has without sample :math:`i` the covariance
    :math:`\frac{n_c}{n_c - 1} S_c - \frac{n_c}{(n_c - 1)^2} d d^T` and the mean
    :math:`\mu_c - d / (n_c - 1)`. The other classes stay as they are; but regularised
    (``reg_param``, ``shrinkage``) behind a StandardScaler, which is learned anew, they all move.
    Likelihoods as in Hastie, Tibshirani and Friedman (2009), "The Elements of Statistical
    Learning", equation 4.12.
    """

    name = "quadratic discriminant analysis"

    def refuses(self, problem: Problem, method: str) -> str | None:
        """Refuse covariances that are estimated in other ways."""
        reason = no_discriminant(problem, method, _solver(problem.model))
        if reason is not None:
            return reason
        fewest = np.bincount(class_codes(problem.y)[1]).min()
        return "a class of one sample" if fewest < 2 else None

    def held_out(self, problem: Problem, method: str) -> HeldOut:
        """Return labels, probabilities, their logarithms or log posteriors.

        Raises
        ------
        NotExact
            The covariance of a class is singular, or nearly so.
        """
        require_spread(problem.X)
        require_like_scales(problem, _MOST_SCALES)
        classes, codes = class_codes(problem.y)
        model, scale = problem.model, scale_of(problem.X)
        scales = scales_without(problem)
        # In units of the data's own scales; `units` are the variances that the model calls 1.
        units = np.ones_like(problem.X) if scales is None else np.square(scales)
        units = units / np.square(scale)
        X = (problem.X - problem.X.mean(axis=0)) / scale
        mixture = _mixture(model)
        moving = problem.with_std and mixture.towards > 0
        scores = np.empty((len(X), len(classes)))
        refit: BoolArray = np.zeros(len(X), dtype=bool)
        leverage = np.empty(len(X))
        for code in range(len(classes)):
            members = np.flatnonzero(codes == code)
            others = np.flatnonzero(codes != code)
            mean = X[members].mean(axis=0)
            away = X - mean
            covariance = away[members].T @ away[members] / len(members)
            if not moving:
                shared = mixture.of(covariance[None].copy(), units[:1])
                widest = units.max(axis=0)[None]
                found = _log_densities(shared, away[others], widest, float(model.tol))
                if found[1].any():
                    raise NotExact("the covariance of a class is singular, or nearly so")
                scores[others, code] = found[0]
            else:
                for block in blocks(others, X.shape[1]):
                    each = np.repeat(covariance[None], len(block), axis=0)
                    scores[block, code], doubtful = _log_densities(
                        mixture.of(each, units[block]), away[block], units[block], float(model.tol)
                    )
                    refit[block] |= doubtful
            for block in blocks(members, X.shape[1]):
                left = without_each(covariance, away[block], len(members))
                lost = digits_lost(covariance, left)
                distance = away[block] * (len(members) / (len(members) - 1))
                scores[block, code], doubtful = _log_densities(
                    mixture.of(left, units[block]), distance, units[block], float(model.tol), lost
                )
                refit[block] |= doubtful
            leverage[members] = -scores[members, code]
        scores += 0.5 * np.log(units).sum(axis=1, keepdims=True)
        scores += log_priors(model.priors, codes, len(classes))
        return scored(method, classes, scores, refit, leverage, "covariances taken back")

    def reference(self, model: Any) -> tuple[Any, str]:
        """Return the model: its fit is exact."""
        return model, ""


def _solver(model: Any) -> str:
    # Releases before 1.8 have no other solver than the singular value decomposition.
    return str(getattr(model, "solver", "svd"))


def _mixture(model: Any) -> Mixture:
    if _solver(model) == "svd":
        share = float(model.reg_param)
        return Mixture(1.0 - share, share, by_trace=False)
    share = float(model.shrinkage or 0.0)
    return Mixture(1.0 - share, share, by_trace=True)


def _log_densities(
    covariances: FloatArray,
    away: FloatArray,
    units: FloatArray,
    tol: float,
    lost: FloatArray | float = 1.0,
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Log densities up to a constant, and which covariances are singular, or nearly so.

    One covariance for all distances, or one for each; ``lost`` as of `digits_lost`.
    """
    found = inverses(covariances)
    doubtful = ~(found.condition * lost <= WORST_CONDITION)
    # scikit-learn refuses eigenvalues up to `tol`, in the units of the model.
    smallest = 1.0 / np.einsum("njj,nj->n", found.matrices, units)
    unsure = np.flatnonzero(~doubtful & (smallest <= tol * _MARGIN))
    if len(unsure):
        root = np.sqrt(units[unsure])
        whole = covariances[unsure] / (root[:, :, None] * root[:, None, :])
        doubtful[unsure] = np.linalg.eigvalsh(whole)[:, 0] <= tol * _MARGIN
    if len(covariances) == 1:
        distances = np.einsum("np,np->n", away @ found.matrices[0], away)
    else:
        distances = np.einsum("np,npq,nq->n", away, found.matrices, away, optimize=True)
    return -0.5 * (distances + found.log_determinants), doubtful


QUADRATIC_DISCRIMINANT_ANALYSIS = QuadraticDiscriminantAnalysis()
