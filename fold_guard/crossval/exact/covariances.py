"""Covariances of a class without each of its samples, and their inverses, in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.family import FloatArray

Positions = npt.NDArray[np.intp]

WORST_CONDITION = 1e6
"""Beyond it, inverses have fewer digits than a closed form promises."""
_ROOM = 1 << 20
"""Floats of a block of matrices: 8 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Inverses:
    """Inverses of some covariances.

    Attributes
    ----------
    matrices : ndarray, shape (n, p, p)
    log_determinants : ndarray, shape (n,)
        Of the covariances.
    condition : ndarray, shape (n,)
        Sum of the products of both diagonals: p where the features are not correlated, and at
        least the ratio of largest to smallest eigenvalue of the correlations over p; inf where
        a matrix is not positive definite.
    """

    matrices: FloatArray
    log_determinants: FloatArray
    condition: FloatArray


def inverses(covariances: FloatArray) -> Inverses:
    """Invert positive definite matrices, shape (n, p, p).

    Examples
    --------
    >>> import numpy as np
    >>> found = inverses(np.array([np.diag([1.0, 4.0]), np.zeros((2, 2))]))
    >>> found.condition.tolist(), found.matrices[0].diagonal().tolist()
    ([2.0, inf], [1.0, 0.25])
    """
    sound = np.ones(len(covariances), dtype=bool)
    try:
        factors, found = np.linalg.cholesky(covariances), np.linalg.inv(covariances)
    except np.linalg.LinAlgError:
        sound = np.linalg.eigvalsh(covariances)[:, 0] > 1e-13 * np.trace(
            covariances, axis1=1, axis2=2
        )
        covariances = np.where(sound[:, None, None], covariances, np.eye(covariances.shape[1]))
        factors, found = np.linalg.cholesky(covariances), np.linalg.inv(covariances)
    diagonals = np.diagonal(factors, axis1=1, axis2=2)
    condition = np.einsum("njj,njj->n", found, covariances)
    return Inverses(
        np.asarray(found, dtype=np.float64),
        np.asarray(2.0 * np.log(diagonals).sum(axis=1), dtype=np.float64),
        np.where(sound & (condition > 0), condition, np.inf),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """What is mixed into a covariance S: ``kept * S + towards * t * I``.

    Attributes
    ----------
    kept, towards : float
    by_trace : bool
        Whether t is the mean variance of the features, as in scikit-learn's ``shrinkage``,
        and not 1, as in ``reg_param``.
    """

    kept: float
    towards: float
    by_trace: bool

    def of(self, covariances: FloatArray, units: FloatArray) -> FloatArray:
        """Mix in place, and return the covariances.

        Parameters
        ----------
        covariances : ndarray, shape (n, p, p)
        units : ndarray, shape (n, p)
            Variances of the features that the model takes for 1: the identity it mixes in.
        """
        if not self.towards:
            return covariances
        p = covariances.shape[1]
        diagonal = np.arange(p)
        level = np.ones(len(covariances))
        if self.by_trace:
            level = (covariances[:, diagonal, diagonal] / units).mean(axis=1)
        covariances *= self.kept
        covariances[:, diagonal, diagonal] += self.towards * level[:, None] * units
        return covariances


def blocks(samples: Positions, p: int) -> Iterator[Positions]:
    """Cut samples into runs of which the matrices of shape (p, p) fit into memory."""
    size = max(1, _ROOM // (p * p))
    for begin in range(0, len(samples), size):
        yield samples[begin : begin + size]


def digits_lost(whole: FloatArray, left: FloatArray) -> FloatArray:
    """How much larger variances were before a sample was taken out, shape (n,).

    Parameters
    ----------
    whole : ndarray, shape (p, p)
    left : ndarray, shape (n, p, p)
    """
    variances = np.diagonal(left, axis1=1, axis2=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = (np.diagonal(whole) / variances).max(axis=1)
    return np.asarray(np.where((variances > 0).all(axis=1), lost, np.inf))


def without_each(covariance: FloatArray, away: FloatArray, count: int) -> FloatArray:
    r"""Covariances of a class of ``count`` samples without each of some members.

    :math:`\frac{n}{n - 1} S - \frac{n}{(n - 1)^2} d d^T`, divided by the number of samples.

    Parameters
    ----------
    covariance : ndarray, shape (p, p)
        Of the whole class.
    away : ndarray, shape (n, p)
        Deviations of the members from the mean of the class.
    count : int
        At least 2.

    Returns
    -------
    ndarray, shape (n, p, p)
    """
    scaled = away * (np.sqrt(count) / (count - 1))
    left = scaled[:, :, None] * scaled[:, None, :]
    np.subtract(covariance * (count / (count - 1)), left, out=left)
    return np.asarray(left)
