"""What least squares, plain or penalised, loses with one sample: the terms of the down-date.

Around a centre c, with rows d_i = x_i - c, weights w_i and targets z_i, a fit solves
(D' W D + penalty) v = D' W z. Without sample i the weighted mean moves, too; both changes together
are one rank-one term:

    (D' W D - g_i d_i d_i' + penalty) v_i = D' W z - g_i d_i z_i
    prediction_i = offset_i + r_i d_i' v_i

with g_i = w_i W / (W - w_i), r_i = W / (W - w_i), offset_i the mean of the other targets when an
intercept is fitted (c = the weighted mean, W = the sum of weights), and g_i = w_i, r_i = 1,
offset_i = 0 when none is (c = 0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fold_guard.crossval.exact.family import BoolArray, FloatArray, NotExact, Problem
from fold_guard.crossval.exact.scaling import constant_columns

FURTHEST = 1e7


@dataclass(frozen=True, slots=True, eq=False)
class Deletion:
    """Terms of the down-date of every sample.

    Attributes
    ----------
    rows : ndarray of float64, shape (n_samples, n_features)
        d; columns that are constant about a fitted centre are exactly zero.
    targets : ndarray of float64, shape (n_samples, n_targets)
        z.
    weights : ndarray of float64, shape (n_samples,)
    loss : ndarray of float64, shape (n_samples,)
        g.
    reach : ndarray of float64, shape (n_samples,)
        r.
    offset : ndarray of float64, shape (n_samples, n_targets)
    alone : ndarray of bool, shape (n_samples,)
        Samples that hold all the weight.
    far : float
        The largest distance of a fitted centre from nought, in units of the column's spread:
        times eps, the relative error of the rows.
    """

    rows: FloatArray
    targets: FloatArray
    weights: FloatArray
    loss: FloatArray
    reach: FloatArray
    offset: FloatArray
    alone: BoolArray
    far: float = 1.0


def deletion(problem: Problem, targets: FloatArray, *, intercept: bool) -> Deletion:
    """Work out the terms for a linear model.

    Parameters
    ----------
    problem : Problem
    targets : ndarray of float64, shape (n_samples, n_targets)
    intercept : bool
        Whether the model fits one, unpenalised.

    Raises
    ------
    NotExact
        A weighted fit without an intercept behind a scaler that centres on the unweighted mean;
        a column whose mean is more than 1e7 times its spread: fits, too, differ by rounding then.
    """
    X, n = problem.X, len(problem.X)
    weights = problem.sample_weight if problem.sample_weight is not None else np.ones(n)
    if not intercept and not problem.with_mean:
        nothing = np.zeros_like(targets)
        return Deletion(X, targets, weights, weights, np.ones(n), nothing, np.zeros(n, dtype=bool))
    if not intercept and problem.sample_weight is not None:
        raise NotExact("weights without an intercept, behind a scaler that centres unweighted")
    total = weights.sum()
    if not total > 0:
        raise NotExact("all weights are zero")
    others = total - weights
    alone = others <= 1e-9 * total
    others = np.where(alone, total, others)
    centre = (weights @ X) / total
    rows = X - centre
    rows[:, constant_columns(X)] = 0.0
    spread = np.sqrt(np.square(rows).mean(axis=0))
    far = float((np.abs(centre)[spread > 0] / spread[spread > 0]).max(initial=1.0))
    if far > FURTHEST:
        raise NotExact("a column lies so far from zero that its centre is known to few digits")
    mean = (weights @ targets) / total
    centred = targets - mean
    # Without an intercept the scaler centres the rows all the same, and nothing is added back.
    offset = mean - centred * (weights / others)[:, None] if intercept else np.zeros_like(targets)
    reach = total / others
    return Deletion(rows, centred, weights, weights * reach, reach, offset, alone, far)
