"""Metrics of predicted numbers: functions of sums over rows, and those that are none."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

SUMS = ("rows", "absolute", "squared", "error", "target", "target_squared", "relative", "zeros")
"""What :func:`row_sums` has a column for."""

CONSTANT = 1e-12


def row_sums(actual: FloatArray, predicted: FloatArray) -> FloatArray:
    """Return for each row what :func:`of_sums` takes the sums of.

    Targets are taken from their mean: neither R squared nor explained variance changes with an
    offset, and their sums of squares keep their digits.

    Parameters
    ----------
    actual, predicted : ndarray of float64, shape (n_rows,)

    Returns
    -------
    ndarray of float64, shape (n_rows, len(SUMS))
        ``zeros`` counts targets of zero, whose relative error is left out.
    """
    errors = actual - predicted
    centred = np.zeros(len(actual)) if is_constant(actual) else actual - actual.mean()
    zeros = actual == 0
    relative = np.zeros(len(actual))
    with np.errstate(over="ignore"):
        np.divide(np.abs(errors), np.abs(actual), out=relative, where=~zeros)
        squares = errors**2, centred**2
    columns = (np.ones(len(actual)), np.abs(errors), squares[0], errors, centred, squares[1])
    return np.column_stack([*columns, relative, zeros])


def of_sums(sums: FloatArray) -> dict[str, FloatArray]:
    """Return the metrics that are functions of sums over rows; NaN is undefined.

    Parameters
    ----------
    sums : ndarray of float64, shape (..., len(SUMS))

    Returns
    -------
    dict of str to ndarray of float64, shape (...)
        R squared and explained variance are undefined where the targets do not vary, or by no
        more than rounding.
    """
    rows, absolute, squared, error, target, target_squared, relative, zeros = np.moveaxis(
        sums, -1, 0
    )
    with np.errstate(over="ignore", invalid="ignore"):
        spread = target_squared - target**2 / rows
        spread = np.where(spread > CONSTANT * target_squared, spread, np.nan)
        mse = squared / rows
        # Rounding must not make a variance of nothing negative.
        unexplained = np.maximum(squared - error**2 / rows, 0.0)
        return {
            "mae": absolute / rows,
            "mse": mse,
            "rmse": np.sqrt(mse),
            "r2": 1 - squared / spread,
            "explained_variance": 1 - unexplained / spread,
            "mape": np.where(zeros > 0, np.nan, relative) / rows,
        }


def of_order(actual: FloatArray, predicted: FloatArray) -> dict[str, float]:
    """Return the metrics that no sums give and that may be pooled."""
    errors = np.abs(actual - predicted)
    return {
        "median_absolute_error": float(np.median(errors)),
        "max_error": float(errors.max()),
    }


def correlations(actual: FloatArray, predicted: FloatArray) -> dict[str, float]:
    """Return the correlations of targets and predictions; NaN is undefined.

    Two rows always lie on a line: fewer than three have no correlation.
    """
    from scipy.stats import rankdata

    if len(actual) < 3 or is_constant(actual) or is_constant(predicted):
        return {"spearman": float("nan"), "pearson": float("nan")}
    return {
        "spearman": _pearson(rankdata(actual), rankdata(predicted)),
        "pearson": _pearson(actual, predicted),
    }


def is_constant(values: FloatArray) -> bool:
    """Return whether all values are the same but for rounding.

    >>> import numpy as np
    >>> is_constant(np.array([0.1 + 0.2, 0.3])), is_constant(np.array([0.0, 1e-300]))
    (True, False)
    """
    low, high = float(values.min()), float(values.max())
    return high - low <= 1e-13 * max(abs(low), abs(high))


def _pearson(left: FloatArray, right: FloatArray) -> float:
    x, y = left - left.mean(), right - right.mean()
    # Scaled before they are squared, so that neither tiny nor huge values are lost.
    x, y = x / np.abs(x).max(), y / np.abs(y).max()
    return float(np.clip(x @ y / np.sqrt((x @ x) * (y @ y)), -1.0, 1.0))
