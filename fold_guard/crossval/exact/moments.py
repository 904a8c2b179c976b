"""Means, variances and scales of the columns with each row left out in turn."""

from __future__ import annotations

import numpy as np

from fold_guard.crossval.exact.family import BoolArray, FloatArray, NotExact, Problem

_CANCELLED = 0.01
"""A sum of squares of which less is left is summed anew, since the digits are gone."""

_CARRIED = 1e-6
"""What is left of a variance where one sample makes nearly all of it."""


def mean_of(X: FloatArray, weight: FloatArray | None = None) -> FloatArray:
    """Average the rows.

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_features)
    weight : ndarray, shape (n_samples,), optional

    Returns
    -------
    ndarray, shape (n_features,)
    """
    return np.asarray(np.average(X, axis=0, weights=weight), dtype=np.float64)


def variances_without(
    X: FloatArray, mean: FloatArray, weight: FloatArray | None = None
) -> FloatArray:
    r"""Variance of every column (divided by the weight, not by one less) without each row.

    With :math:`d_i = x_i - \bar x`, total weight :math:`W` and sum of squares :math:`S`, the sum
    of squares without row :math:`i` is :math:`S - d_i^2 w_i W / (W - w_i)` (Chan, Golub and
    LeVeque, 1983, "Algorithms for computing the sample variance", The American Statistician
    37(3), read backwards). Where one row carries nearly all of :math:`S` the difference would be
    rounding noise: such columns, a few at most, are summed anew without the row.

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_features)
    mean : ndarray, shape (n_features,)
        Their (weighted) mean.
    weight : ndarray, shape (n_samples,), optional
        Not negative.

    Returns
    -------
    ndarray, shape (n_samples, n_features)
        NaN for a row without which there is no weight.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[0.0], [2.0], [7.0]])
    >>> variances_without(X, X.mean(axis=0)).ravel().tolist()
    [6.25, 12.25, 1.0]
    """
    w = np.ones(len(X)) if weight is None else weight
    rest = (w.sum() - w)[:, None]
    rest = np.where(rest > 0, rest, np.nan)
    left = X - mean
    np.square(left, out=left)
    squares = w @ left
    left *= (w * w.sum())[:, None] / rest
    np.subtract(squares, left, out=left)
    for row, column in zip(*np.nonzero(left < _CANCELLED * squares), strict=True):
        others, weights = np.delete(X[:, column], row), np.delete(w, row)
        centred = others - np.average(others, weights=weights)
        left[row, column] = weights @ np.square(centred)
    np.maximum(left, 0.0, out=left)
    left /= rest
    return left


def require_spread(X: FloatArray, most: float = 1e6) -> None:
    """Refuse columns that vary by little, compared with how far from nought they lie.

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_features)
    most : float, default=1e6
        Largest ratio of mean to standard deviation at which a real fit keeps enough digits.

    Raises
    ------
    NotExact
    """
    mean = X.mean(axis=0)
    varying = X.max(axis=0) != X.min(axis=0)
    if np.any(varying & (np.square(X - mean).mean(axis=0) <= np.square(mean / most))):
        raise NotExact("a column varies too little for how far from nought it lies")


def require_like_scales(problem: Problem, most: float) -> None:
    """Refuse columns of which one varies ``most`` times as much as another, and no scaler.

    For solvers that take the columns as they are, and so lose the digits of the smaller ones.

    Raises
    ------
    NotExact
    """
    if problem.with_std:
        return
    spread = problem.X.std(axis=0)
    spread = spread[spread > 0]
    if spread.size and spread.max() > most * spread.min():
        raise NotExact("columns of very different scales, and no scaler")


def carries_a_column(X: FloatArray) -> BoolArray:
    """Return which samples make nearly all variance of a column, shape (n_samples,)."""
    squares = np.square(X - X.mean(axis=0))
    kept = (1.0 - _CARRIED) * (len(X) - 1) / len(X) * squares.sum(axis=0)
    return np.asarray(((squares > kept) & (squares > 0)).any(axis=1))


def _scale(variance: FloatArray, mean: FloatArray, n_samples: int) -> FloatArray:
    """Return what StandardScaler divides by: 1 for a column that it takes for a constant."""
    eps = np.finfo(np.float64).eps
    constant = variance <= n_samples * eps * variance + (n_samples * mean * eps) ** 2
    return np.asarray(np.where(constant, 1.0, np.sqrt(variance)), dtype=np.float64)


def scale_of(X: FloatArray) -> FloatArray:
    """Return the ``scale_`` that a StandardScaler learns from all rows.

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_features)

    Returns
    -------
    ndarray, shape (n_features,)
    """
    return _scale(np.var(X, axis=0), X.mean(axis=0), len(X))


def scales_without(problem: Problem) -> FloatArray | None:
    """Return the ``scale_`` that the StandardScaler of each refit learns.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    ndarray, shape (n_samples, n_features), or None
        None where nothing divides by it.
    """
    if not problem.with_std:
        return None
    X, mean = problem.X, problem.X.mean(axis=0)
    return _scale(variances_without(X, mean), means_without(X, mean), len(X) - 1)


def means_without(X: FloatArray, mean: FloatArray) -> FloatArray:
    """Mean of every column without each row.

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_features)
    mean : ndarray, shape (n_features,)

    Returns
    -------
    ndarray, shape (n_samples, n_features)
    """
    return mean - (X - mean) / (len(X) - 1)
