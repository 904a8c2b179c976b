"""Leave one sample out of a kernel system: its residual over the diagonal of the inverse."""

from __future__ import annotations

from fold_guard.crossval.exact.family import FloatArray


def left_out_residuals(inverse: FloatArray, targets: FloatArray) -> FloatArray:
    """Return y_i - f_-i(x_i) = [K^-1 y]_i / [K^-1]_ii for every sample.

    Parameters
    ----------
    inverse : ndarray of float64, shape (n_samples, n_samples)
        Of the kernel matrix with penalty or noise on its diagonal.
    targets : ndarray of float64, shape (n_samples, n_targets)

    Returns
    -------
    ndarray of float64, shape (n_samples, n_targets)

    References
    ----------
    Rasmussen, C. E. & Williams, C. K. I. (2006). Gaussian Processes for Machine Learning, MIT
    Press, equation 5.12. Sundararajan, S. & Keerthi, S. S. (2001). Predictive approaches for
    choosing hyperparameters in Gaussian processes. Neural Computation 13(5).

    Examples
    --------
    Of two samples, one predicts the other: f_-0 = 0.5 * 3 / 2.

    >>> import numpy as np
    >>> kernel = np.array([[2.0, 0.5], [0.5, 2.0]])
    >>> left_out_residuals(np.linalg.inv(kernel), np.array([[1.0], [3.0]])).round(9)
    array([[0.25],
           [2.75]])
    """
    return (inverse @ targets) / inverse.diagonal()[:, None]
