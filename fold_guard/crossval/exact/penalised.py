"""Solve penalised least squares without each sample, whose penalty is that of its own scaler."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.family import BoolArray, FloatArray, NotExact

_LEAST_SLACK = 1e-6
# Of an error that a formula may have: a tenth of the tolerance.
_ALLOWED = 1e-9
_WORST_CONDITION = 1e7
# Of the error in the norm of the system, relative; five or six steps reach it.
_PRECISION = 1e-13
_MOST_STEPS = 60


def least_slack(condition: float) -> float:
    """Return the least 1 - leverage of a sample for which a closed form has digits enough.

    A leverage is known to about eps times the condition of the system, in practice to a tenth of
    that; divided by the slack, this is the relative error of a predicted residual.

    Examples
    --------
    >>> least_slack(10.0), round(least_slack(1e5), 4)
    (1e-06, 0.0022)
    """
    return max(_LEAST_SLACK, 0.1 * float(np.finfo(np.float64).eps) * condition / _ALLOWED)


def spd_inverse(matrix: FloatArray) -> tuple[FloatArray, float]:
    """Invert a symmetric positive definite matrix, brought to a unit diagonal first.

    Cholesky factors lose no digits to columns of different scale (van der Sluis, 1969), so the
    condition that counts, and comes back, is the one after scaling.

    Raises
    ------
    NotExact
        Not positive definite, or so ill-conditioned that two ways to solve it need not agree.
    """
    from scipy.linalg import lapack

    diagonal = np.diagonal(matrix)
    if not np.all(diagonal > 0):
        raise NotExact("the system is singular")
    scale = 1.0 / np.sqrt(diagonal)
    unit = matrix * scale * scale[:, None]
    factor, failed = lapack.dpotrf(unit, lower=1)
    if failed:
        raise NotExact("the system is singular")
    inverse, _ = lapack.dpotri(factor, lower=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    condition = np.abs(unit).sum(axis=0).max() * np.abs(inverse).sum(axis=0).max()
    if not condition < _WORST_CONDITION:
        raise NotExact(f"the system is ill-conditioned ({condition:.1g})")
    return inverse * scale * scale[:, None], float(condition)


class Downdate(ABC):
    """The system A of the full fit, D' W D + penalty, ready to lose one sample at a time.

    The penalty is a diagonal near those of all samples.

    Attributes
    ----------
    condition : float
        Of what was factored.
    """

    condition: float

    @abstractmethod
    def gram(self, values: FloatArray) -> FloatArray:
        """Multiply rows of values by D' W D."""

    @abstractmethod
    def inverse(self, values: FloatArray) -> FloatArray:
        """Multiply rows of values by the inverse of A."""

    def slack(self, rows: FloatArray, loss: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return A^-1 d_i and 1 - g_i d_i' A^-1 d_i of every row."""
        solved = self.inverse(rows)
        return solved, 1.0 - loss * np.einsum("ij,ij->i", rows, solved)

    def solve(
        self, rows: FloatArray, loss: FloatArray, penalties: FloatArray, right: FloatArray
    ) -> tuple[FloatArray, BoolArray]:
        """Solve (gram - g_i d_i d_i' + diag(penalties_i)) v_i = right_i for every row i.

        Conjugate gradients for all rows at once. Each is preconditioned by the full system less
        its own row (Sherman-Morrison), which is off by the change of its scale alone, a term of
        order 1 / n_samples: every step gains several digits, at the price of one ``gram`` and one
        ``inverse`` of all rows.

        Parameters
        ----------
        rows : ndarray of float64, shape (n_rows, n_features)
        loss : ndarray of float64, shape (n_rows,)
        penalties, right : ndarray of float64, shape (n_rows, n_features)

        Returns
        -------
        solutions : ndarray of float64, shape (n_rows, n_features)
        converged : ndarray of bool, shape (n_rows,)

        References
        ----------
        Golub, G. H. & Van Loan, C. F. (2013). Matrix Computations, 4th ed., 2.1.4 and 11.5.
        """
        solved, slack = self.slack(rows, loss)
        sound = slack >= least_slack(self.condition)
        pull = loss / np.where(sound, slack, 1.0)

        def nearly(residual: FloatArray) -> FloatArray:
            share = pull * np.einsum("ij,ij->i", solved, residual)
            return np.asarray(self.inverse(residual) + share[:, None] * solved)

        def system(values: FloatArray) -> FloatArray:
            share = loss * np.einsum("ij,ij->i", rows, values)
            return np.asarray(self.gram(values) - share[:, None] * rows + penalties * values)

        solution = nearly(right)
        residual = right - system(solution)
        step = toward = nearly(residual)
        error = np.einsum("ij,ij->i", residual, toward)
        size = np.abs(np.einsum("ij,ij->i", right, solution))
        for _ in range(_MOST_STEPS):
            done = ~sound | (np.abs(error) <= _PRECISION**2 * size)
            if done.all():
                break
            moved = system(step)
            length = _ratio(error, np.einsum("ij,ij->i", step, moved), done)
            solution = solution + length[:, None] * step
            residual = residual - length[:, None] * moved
            toward = nearly(residual)
            following = np.einsum("ij,ij->i", residual, toward)
            step = toward + _ratio(following, error, done)[:, None] * step
            error = following
        return solution, np.asarray(sound & (np.abs(error) <= _PRECISION**2 * size))


@dataclass(frozen=True, slots=True, eq=False)
class TallDowndate(Downdate):
    """No more features than samples: matrices of (n_features, n_features)."""

    product: FloatArray
    inverted: FloatArray
    condition: float

    @classmethod
    def of(cls, product: FloatArray, penalty: FloatArray) -> TallDowndate:
        """Factor D' W D + penalty; raises NotExact as ``spd_inverse`` does."""
        return cls(product, *spd_inverse(product + np.diag(penalty)))

    def gram(self, values: FloatArray) -> FloatArray:
        """Multiply by D' W D, kept as it is."""
        return values @ self.product

    def inverse(self, values: FloatArray) -> FloatArray:
        """Multiply by the inverse, kept as it is."""
        return values @ self.inverted


@dataclass(frozen=True, slots=True, eq=False)
class WideDowndate(Downdate):
    """More features than samples: matrices of (n_samples, n_samples) and D itself.

    With E = W^1/2 D and P the penalty, A^-1 = P^-1 - P^-1 E' (1 + E P^-1 E')^-1 E P^-1 (Woodbury,
    1950).
    """

    rooted: FloatArray
    penalty: FloatArray
    core: FloatArray
    condition: float

    @classmethod
    def of(cls, rooted: FloatArray, penalty: FloatArray) -> WideDowndate:
        """Factor 1 + E P^-1 E'; raises NotExact as ``spd_inverse`` does.

        Parameters
        ----------
        rooted : ndarray of float64, shape (n_samples, n_features)
            E.
        penalty : ndarray of float64, shape (n_features,)
            The diagonal of P.
        """
        if not np.all(penalty > 0):
            raise NotExact("no penalty, and more features than samples")
        kernel = (rooted / penalty) @ rooted.T
        return cls(rooted, penalty, *spd_inverse(kernel + np.eye(len(kernel))))

    def gram(self, values: FloatArray) -> FloatArray:
        """Multiply by E' E from the left."""
        return (values @ self.rooted.T) @ self.rooted

    def inverse(self, values: FloatArray) -> FloatArray:
        """Multiply by Woodbury's formula."""
        divided = values / self.penalty
        within = (divided @ self.rooted.T) @ self.core
        return np.asarray(divided - (within @ self.rooted) / self.penalty)


def _ratio(above: FloatArray, below: FloatArray, done: BoolArray) -> npt.NDArray[np.float64]:
    # Rows that are done stay where they are.
    return np.where(done | (below == 0), 0.0, above / np.where(below == 0, 1.0, below))
