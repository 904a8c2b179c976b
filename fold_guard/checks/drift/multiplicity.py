"""P-values of many tests at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def holm(p_values: npt.ArrayLike) -> FloatArray:
    """Adjust p-values by Holm's step-down procedure.

    It bounds the probability of a single false alarm among all tests, whatever they have to do
    with one another (S. Holm, A simple sequentially rejective multiple test procedure,
    Scandinavian Journal of Statistics 6, 1979).

    Parameters
    ----------
    p_values : array_like of float, shape (n_tests,)

    Returns
    -------
    ndarray of float64, shape (n_tests,)

    Examples
    --------
    >>> holm([0.5, 0.01, 0.03]).tolist()
    [0.5, 0.03, 0.06]
    """
    given = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    stepped = np.maximum.accumulate(given[order] * np.arange(len(given), 0, -1))
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted
