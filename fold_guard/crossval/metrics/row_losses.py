"""Losses row by row, for the metrics that are means of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.metrics.forecasts import brier_losses, log_losses
from fold_guard.crossval.metrics.side import Side

FloatArray = npt.NDArray[np.float64]


def row_losses(side: Side) -> dict[str, FloatArray]:
    """Return the loss of each row under every metric that is a mean over rows.

    Parameters
    ----------
    side : Side

    Returns
    -------
    dict of str to ndarray of float64, shape (n_rows,)
        ``mae`` and ``mse``; or ``accuracy`` (1 for a wrong prediction, so that its mean is one
        minus the accuracy) and, with probabilities, ``log_loss`` and ``brier``.

    Examples
    --------
    >>> side = Side("regression", (), np.array([1.0, 2.0]), np.array([1.0, 4.0]), None)
    >>> {name: losses.tolist() for name, losses in row_losses(side).items()}
    {'mae': [0.0, 2.0], 'mse': [0.0, 4.0]}
    """
    if side.task == "regression":
        errors = side.predicted - side.actual
        return {"mae": np.abs(errors), "mse": errors**2}
    found = {"accuracy": (side.actual != side.predicted).astype(np.float64)}
    if side.probabilities is not None:
        found["log_loss"] = log_losses(side.actual, side.probabilities)
        found["brier"] = brier_losses(side.actual, side.probabilities)
    return found
