"""Newton's method for one logistic regression: the fit to all samples, or to all but one."""

from __future__ import annotations

import numpy as np

from fold_guard.crossval.exact.family import FloatArray
from fold_guard.crossval.exact.logistic_loss import LogisticLoss

_MOST_STEPS = 100
_FLAT = 1e-6
"""A decrease below which the loss is too coarse to judge a step, and Newton's needs no judge."""
_CONVERGED = 1e-18


def minimise(
    loss: LogisticLoss,
    rows: FloatArray,
    weight: FloatArray,
    penalty: FloatArray,
    start: FloatArray,
) -> FloatArray | None:
    """Minimise the penalised loss by Newton's method with a backtracking line search.

    Parameters
    ----------
    loss : LogisticLoss
    rows : ndarray, shape (n_samples, n_parameters)
    weight : ndarray, shape (n_samples,)
        Nought for a row that is left out.
    penalty : ndarray, shape (n_parameters,)
    start : ndarray, shape (m, n_parameters)

    Returns
    -------
    ndarray, shape (m, n_parameters), or None
        None where it does not converge.
    """
    parameters = start.copy()
    logits = rows @ parameters.T
    value = loss.value(logits, weight) + 0.5 * float((penalty * parameters**2).sum())
    for _ in range(_MOST_STEPS):
        residual = loss.residuals(logits, loss.design.codes) * weight[:, None]
        gradient = residual.T @ rows + penalty * parameters
        hessian = hessian_of(rows, weight, loss.curvatures(logits), penalty)
        try:
            step = np.linalg.solve(hessian, gradient.ravel()).reshape(gradient.shape)
        except np.linalg.LinAlgError:
            return None
        slope = float((gradient * step).sum())
        if not np.isfinite(slope) or slope < 0:
            return None
        along = rows @ step.T
        size = 1.0
        while True:
            moved = parameters - size * step
            there = logits - size * along
            reached = loss.value(there, weight) + 0.5 * float((penalty * moved**2).sum())
            if slope < _FLAT or reached <= value - 1e-4 * size * slope:
                break
            size /= 2
            if size < 1e-10:
                return None
        parameters, logits, value = moved, there, reached
        if slope < _CONVERGED:
            return parameters
    return None


def hessian_of(
    rows: FloatArray, weight: FloatArray, curvature: FloatArray, penalty: FloatArray
) -> FloatArray:
    """Return the second derivative of the penalised loss.

    Parameters
    ----------
    rows : ndarray, shape (n_samples, n_parameters)
    weight : ndarray, shape (n_samples,)
    curvature : ndarray, shape (n_samples, m, m)
    penalty : ndarray, shape (n_parameters,)

    Returns
    -------
    ndarray, shape (m n_parameters, m n_parameters)
    """
    m, q = curvature.shape[1], rows.shape[1]
    hessian = np.empty((m, q, m, q))
    for one in range(m):
        for other in range(one + 1):
            part = rows.T @ (rows * (weight * curvature[:, one, other])[:, None])
            hessian[one, :, other, :] = part
            hessian[other, :, one, :] = part.T
    flat = hessian.reshape(m * q, m * q)
    flat[np.diag_indices(m * q)] += np.tile(penalty, m)
    return flat
