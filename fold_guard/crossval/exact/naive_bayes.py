"""Gaussian naive Bayes, weighted or not, scaled or not."""

from __future__ import annotations

from typing import Any

import numpy as np

from fold_guard.crossval.exact.class_scores import (
    CLOSED_FORM,
    METHODS,
    class_codes,
    log_priors,
    no_classes,
    odd_priors,
    scored,
)
from fold_guard.crossval.exact.family import BoolArray, FloatArray, HeldOut, Problem
from fold_guard.crossval.exact.moments import (
    mean_of,
    require_spread,
    scales_without,
    variances_without,
)

_DIGITS = float(np.finfo(np.float64).eps)
_OFF = 0.5 * CLOSED_FORM
_LEAST_WEIGHT = 1e-6
"""scikit-learn skips a class whose weights sum to less than 1e-8."""


class GaussianNB:
    r"""GaussianNB: means, variances and priors are taken back by one sample.

    Without sample :math:`i` of class :math:`c`, of weight :math:`w` in a class of weight
    :math:`W`, the mean of the class moves by :math:`-w (x_i - \mu_c) / (W - w)`, and its
    variance as in `variances_without`. What ``var_smoothing`` adds to all variances is a share
    of the largest variance of a column, over all samples but one, and so changes with each.

    A StandardScaler cancels out of the likelihoods but for that: the share is then added to
    variances of scaled columns, :math:`\epsilon_i s_{ij}^2` in the units of the data.
    """

    name = "Gaussian naive Bayes"

    def refuses(self, problem: Problem, method: str) -> str | None:
        """Refuse what scikit-learn refuses, and classes without weight."""
        if method not in METHODS[:3]:
            return f"no formula for {method}"
        reason = no_classes(problem)
        if reason is not None:
            return reason
        _, codes = class_codes(problem.y)
        weight = problem.sample_weight
        if weight is not None and np.bincount(codes, weights=weight).min() < _LEAST_WEIGHT:
            return "a class without weight"
        return odd_priors(problem.model.priors, int(codes.max()) + 1)

    def held_out(self, problem: Problem, method: str) -> HeldOut:
        """Return labels, probabilities or their logarithms.

        Raises
        ------
        NotExact
            A column varies by little more than rounding.
        """
        require_spread(problem.X)
        classes, codes = class_codes(problem.y)
        X = problem.X
        size = np.abs(X).max(axis=0)
        weight = np.ones(len(X)) if problem.sample_weight is None else problem.sample_weight
        totals = np.bincount(codes, weights=weight)
        rest = totals[codes] - weight
        refit: BoolArray = (np.bincount(codes) == 1)[codes] | (rest < _LEAST_WEIGHT)
        smoothing = _smoothing(problem)
        scores, off = np.empty((2, len(X), len(classes)))
        leverage = np.empty(len(X))
        for code in range(len(classes)):
            members = codes == code
            own = weight[members]
            mean = mean_of(X[members], own)
            variances = mean_of(np.square(X[members] - mean), own) + smoothing
            distances = np.square(X - mean)
            with np.errstate(divide="ignore", invalid="ignore"):
                scores[:, code], off[:, code] = _log_densities(distances, variances, size)
                leverage[members] = scores[members, code]
                variances = variances_without(X[members], mean, own) + smoothing[members]
                distances = distances[members] * np.square(totals[code] / rest[members])[:, None]
                scores[members, code], off[members, code] = _log_densities(
                    distances, variances, size
                )
            leverage[members] -= scores[members, code]
        scores += log_priors(problem.model.priors, codes, len(classes), weight)
        # A class that is out of the question may be off by more.
        with np.errstate(invalid="ignore"):
            behind = np.nan_to_num(scores.max(axis=1, keepdims=True) - scores, nan=0.0)
        refit |= (off > _OFF * np.maximum(behind, 1.0)).any(axis=1)
        return scored(method, classes, scores, refit, leverage, "moments taken back")

    def reference(self, model: Any) -> tuple[Any, str]:
        """Return the model: its fit is exact."""
        return model, ""


def _smoothing(problem: Problem) -> FloatArray:
    """Return what is added to the variances without each sample, shape (n_samples, n_features)."""
    X = problem.X
    variances = variances_without(X, X.mean(axis=0))
    share = float(problem.model.var_smoothing)
    scales = scales_without(problem)
    if scales is None:
        largest = share * variances.max(axis=1, keepdims=True)
        return np.asarray(np.broadcast_to(largest, X.shape))
    units = np.square(scales)
    return np.asarray(share * (variances / units).max(axis=1, keepdims=True) * units)


def _log_densities(
    distances: FloatArray, variances: FloatArray, size: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Log densities up to a constant, and how far off they are by rounding.

    A mean is known to the last digits of numbers of this size. Where that is much in units of the
    variance, as of a column that is nearly constant in a class, so much of it goes into the
    density. NaN where the variance itself is noise: scikit-learn may divide by nought.
    """
    found = -0.5 * (np.log(variances) + distances / variances).sum(axis=1)
    off = (_DIGITS * size * np.sqrt(distances) / variances).sum(axis=1)
    sound = (variances > np.square(1e-13 * size)).all(axis=1)
    return np.asarray(np.where(sound, found, np.nan)), np.asarray(off)


GAUSSIAN_NB = GaussianNB()
