"""The two logistic losses: gradients for many parameters at once, in blocks that fit the cache."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax

from fold_guard.crossval.exact.family import FloatArray
from fold_guard.crossval.exact.logistic_design import Design, IntArray

BLOCK = 256
"""How many parameter vectors go through the data together."""
_CACHED = 1 << 17
"""Floats of a block of logits: 1 MB, which stays in the second-level cache."""


class LogisticLoss(ABC):
    """A loss over the rows of a design, in m free outputs.

    Attributes
    ----------
    m : int
        Free outputs: 1 for two classes, one less than the classes for more.
    """

    m: int

    def __init__(self, design: Design) -> None:
        self.design = design
        indicator = np.arange(design.n_classes) == design.codes[:, None]
        self.class_sums: FloatArray = (indicator * design.weight[:, None]).T @ design.rows

    @abstractmethod
    def sums(self, coefficients: FloatArray, factors: FloatArray | None) -> FloatArray:
        """Gradient of the summed loss of all rows for every parameter vector.

        Parameters
        ----------
        coefficients : ndarray, shape (n_problems, m, n_columns)
        factors : ndarray, shape (n_problems, n_classes), or None

        Returns
        -------
        ndarray, shape (n_problems, m, n_columns)
        """

    @abstractmethod
    def residuals(self, logits: FloatArray, codes: IntArray) -> FloatArray:
        """Differentiate the loss by the m outputs, shape (n_samples, m)."""

    @abstractmethod
    def curvatures(self, logits: FloatArray) -> FloatArray:
        """Differentiate it twice, shape (n_samples, m, m)."""

    @abstractmethod
    def value(self, logits: FloatArray, weight: FloatArray) -> float:
        """Sum the loss over the rows."""

    @abstractmethod
    def class_logits(self, logits: FloatArray) -> FloatArray:
        """Return logits of all classes from those of the m outputs."""

    def anchor(self, logits: FloatArray) -> None:  # noqa: B027 - most losses need none
        """Remember logits near which all others are going to be, against overflow."""


class BinaryLoss(LogisticLoss):
    r"""Two classes, :math:`\log(1 + e^z) - y z`.

    The derivative is :math:`\frac12 \tanh(z / 2) + \frac12 - y`: one pass of tanh over the
    logits, and never an overflow.
    """

    m = 1

    def __init__(self, design: Design) -> None:
        super().__init__(design)
        self._weighted = design.rows * (0.5 * design.weight)[:, None]
        self._constant = 0.5 * self.class_sums * np.array([1.0, -1.0])[:, None]

    def sums(self, coefficients: FloatArray, factors: FloatArray | None) -> FloatArray:
        """Sum gradients as a product, tanh or softmax in place, and a product back."""
        rows, weighted = self.design.rows, self._weighted
        halves = 0.5 * coefficients[:, 0, :].T
        found = np.ones((len(coefficients), 2)) if factors is None else factors
        gradient = self._constant.T @ found.T
        tile = max(1, _CACHED // len(coefficients))
        room = np.empty((min(tile, len(rows)), len(coefficients)))
        for begin in range(0, len(rows), tile):
            part = slice(begin, min(begin + tile, len(rows)))
            logits = room[: part.stop - part.start]
            np.matmul(rows[part], halves, out=logits)
            np.tanh(logits, out=logits)
            if factors is not None:
                _by_class(logits, self.design.starts, begin, factors)
            gradient += weighted[part].T @ logits
        return np.ascontiguousarray(gradient.T)[:, None, :]

    def residuals(self, logits: FloatArray, codes: IntArray) -> FloatArray:
        """Return probabilities less the class."""
        return np.asarray(expit(logits) - codes[:, None])

    def curvatures(self, logits: FloatArray) -> FloatArray:
        """Return the covariance of the outputs under the probabilities."""
        return np.asarray((expit(logits) * expit(-logits))[:, :, None])

    def value(self, logits: FloatArray, weight: FloatArray) -> float:
        """Sum the loss over the rows."""
        signed = np.where(self.design.codes == 1, logits[:, 0], -logits[:, 0])
        return -float(weight @ log_expit(signed))

    def class_logits(self, logits: FloatArray) -> FloatArray:
        """Return nought for the first class."""
        return np.column_stack([np.zeros(len(logits)), logits])


class MultinomialLoss(LogisticLoss):
    r"""Three or more classes, the softmax loss in K - 1 free outputs.

    The optimum of the penalised loss over K coefficient vectors has :math:`\sum_k w_k = 0`, and
    so is :math:`W = U V` with the columns of :math:`U` orthonormal and at right angles to the
    ones; :math:`\|W\| = \|V\|` keeps the penalty, and the Hessian in V is not singular.
    """

    def __init__(self, design: Design) -> None:
        super().__init__(design)
        n_classes = design.n_classes
        self.m = n_classes - 1
        square = np.eye(n_classes)
        square[:, 0] = 1.0
        self.contrasts: FloatArray = np.linalg.qr(square)[0][:, 1:]
        self._weighted = design.rows * design.weight[:, None]
        self._rows = np.column_stack([design.rows, np.zeros(len(design.rows))])

    def anchor(self, logits: FloatArray) -> None:
        """Keep the largest logit of each row as what is taken off before exp."""
        self._rows[:, -1] = -(logits @ self.contrasts.T).max(axis=1)

    def sums(self, coefficients: FloatArray, factors: FloatArray | None) -> FloatArray:
        """Sum gradients as a product, tanh or softmax in place, and a product back."""
        n_problems, n_classes = len(coefficients), self.design.n_classes
        rows, weighted = self._rows, self._weighted
        by_class = np.ones((n_classes, rows.shape[1], n_problems))
        by_class[:, :-1, :] = np.einsum("km,bmq->kqb", self.contrasts, coefficients, optimize=True)
        found = np.ones((n_problems, n_classes)) if factors is None else factors
        gradient = -np.einsum("bk,kq->kbq", found, self.class_sums)
        tile = max(1, _CACHED // (n_problems * n_classes))
        room = np.empty((n_classes, min(tile, len(rows)), n_problems))
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for begin in range(0, len(rows), tile):
                part = slice(begin, min(begin + tile, len(rows)))
                logits = room[:, : part.stop - part.start]
                np.matmul(rows[part], by_class, out=logits)
                np.exp(logits, out=logits)
                total = logits.sum(axis=0)
                np.reciprocal(total, out=total)
                if factors is not None:
                    _by_class(total, self.design.starts, begin, factors)
                logits *= total
                gradient += np.matmul(logits.transpose(0, 2, 1), weighted[part])
        return np.asarray(np.einsum("km,kbq->bmq", self.contrasts, gradient, optimize=True))

    def residuals(self, logits: FloatArray, codes: IntArray) -> FloatArray:
        """Return probabilities less the class."""
        shares = softmax(logits @ self.contrasts.T, axis=1)
        shares[np.arange(len(codes)), codes] -= 1.0
        return np.asarray(shares @ self.contrasts)

    def curvatures(self, logits: FloatArray) -> FloatArray:
        """Return the covariance of the outputs under the probabilities."""
        shares = softmax(logits @ self.contrasts.T, axis=1)
        mean = shares @ self.contrasts
        squares = np.einsum("kr,ks->krs", self.contrasts, self.contrasts).reshape(
            len(mean.T) + 1, -1
        )
        second = (shares @ squares).reshape(len(logits), self.m, self.m)
        return np.asarray(second - mean[:, :, None] * mean[:, None, :])

    def value(self, logits: FloatArray, weight: FloatArray) -> float:
        """Sum the loss over the rows."""
        logs = log_softmax(logits @ self.contrasts.T, axis=1)
        return -float(weight @ logs[np.arange(len(logs)), self.design.codes])

    def class_logits(self, logits: FloatArray) -> FloatArray:
        """Return logits that sum to nought, as scikit-learn's do."""
        return np.asarray(logits @ self.contrasts.T)


def _by_class(logits: FloatArray, starts: IntArray, begin: int, factors: FloatArray) -> None:
    """Multiply the rows of each class by its factor, in place; ``begin`` is the first row."""
    for code in range(len(starts) - 1):
        first = max(0, int(starts[code]) - begin)
        last = max(0, int(starts[code + 1]) - begin)
        logits[first:last] *= factors[:, code]
