"""What a StandardScaler learns when one sample is left out, for every sample at once."""

from __future__ import annotations

import numpy as np

from fold_guard.crossval.exact.family import BoolArray, FloatArray, NotExact
from fold_guard.crossval.exact.moments import variances_without

# A variance that falls by more than this has lost too many digits in the subtraction.
_LEAST_KEPT = 1e-6


def constant_columns(X: FloatArray) -> BoolArray:
    """Return which columns hold one value only, shape (n_features,)."""
    return np.asarray(X.max(axis=0) == X.min(axis=0))


def left_out_variances(X: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Return the variances that a StandardScaler finds without each sample.

    Those of `variances_without`, and where they are in doubt. Weights play no part: a scaler in a
    Pipeline is fitted without.

    Parameters
    ----------
    X : ndarray of float64, shape (n_samples, n_features)

    Returns
    -------
    variances : ndarray of float64, shape (n_samples, n_features)
        Constant columns get 1, as the scaler leaves them alone.
    doubtful : ndarray of bool, shape (n_samples,)
        Samples without which a column is constant, or so nearly that digits are lost.

    Raises
    ------
    NotExact
        A column varies by no more than rounding: whether the scaler takes it for a constant
        may differ from fit to fit.

    Examples
    --------
    >>> variances, doubtful = left_out_variances(np.array([[1.0], [2.0], [6.0]]))
    >>> variances.ravel().tolist(), doubtful.tolist()
    ([4.0, 6.25, 0.25], [False, False, False])
    """
    n = len(X)
    mean = X.mean(axis=0)
    sums = np.square(X - mean).sum(axis=0)
    constant = constant_columns(X)
    rounding = np.finfo(np.float64).eps * n
    # scikit-learn takes a column below n eps var + (n eps mean)^2 for constant.
    if np.any(~constant & (sums / n <= 1e6 * np.square(rounding * mean))):
        raise NotExact("a column varies by little more than rounding")
    least = _LEAST_KEPT * sums / (n - 1)
    left = variances_without(X, mean)
    doubtful = np.any((left < least) & ~constant, axis=1)
    return np.where(constant, 1.0, np.maximum(left, least)), doubtful
