"""Distances of blocks of samples to all others, each under the scale of its own scaler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.family import FloatArray

IntArray = npt.NDArray[np.int64]
_EPS = float(np.finfo(np.float64).eps)


class Ruler(Protocol):
    """Measures in its own unit: any that grows with the distance."""

    def rough(self, block: slice) -> tuple[FloatArray, FloatArray]:
        """Return measures of a block to all, up to ``rounding`` and a constant of the row.

        Shapes (n_block, n_samples) and, of the constants, (n_block,).
        """

    def sharp(self, block: slice, others: IntArray) -> FloatArray:
        """Return measures of a block to a few, shape (n_block, n_others), to the last digits."""

    def rounding(self, block: slice, measures: FloatArray) -> FloatArray:
        """Return by how much an estimator may misjudge these measures, shape (n_block,)."""

    def distances(self, measures: FloatArray) -> FloatArray:
        """Return measures as distances."""


@dataclass(frozen=True, slots=True, eq=False)
class Euclidean:
    """Squared Euclidean distances, sum_f (x_if - x_jf)^2 / s_if^2.

    All of a block are one product of matrices: the scale of row i goes with its own factor, in
    (x_i / s_i^2) . x_j and in (1 / s_i^2) . x_j^2.

    Attributes
    ----------
    X : ndarray of float64, shape (n_samples, n_features)
    near : ndarray of float64, shape (n_samples, n_features)
        X about its mean, which keeps the digits of the products.
    squares : ndarray of float64, shape (n_samples, n_features)
        Of ``near``.
    shares : ndarray of float64, shape (n_samples, n_features), or None
        1 / s_i^2; None: 1.
    factors : ndarray of float64, shape (n_features + 1 or 2 * n_features, n_samples)
        The right side of the product that gives all distances but for a constant of the row.
    norms : ndarray of float64, shape (n_samples,)
        Of the rows as an estimator sees them, squared.
    """

    X: FloatArray
    near: FloatArray
    squares: FloatArray
    shares: FloatArray | None
    factors: FloatArray
    norms: FloatArray

    @classmethod
    def of(cls, X: FloatArray, variances: FloatArray | None, *, centred: bool) -> Euclidean:
        """Prepare for the variances that each sample's scaler finds."""
        near = X - X.mean(axis=0)
        squares = np.square(near)
        shares = None if variances is None else 1.0 / variances
        seen = np.square(near if centred else X)
        norms = seen.sum(axis=1) if shares is None else np.einsum("ij,ij->i", seen, shares)
        right = squares.sum(axis=1) if shares is None else squares
        factors = np.ascontiguousarray(np.column_stack([near, right]).T)
        return cls(X, near, squares, shares, factors, norms)

    def rough(self, block: slice) -> tuple[FloatArray, FloatArray]:
        """Return |x_j|^2 - 2 x_i x_j under the scale of i, and |x_i|^2."""
        mine = self.near[block]
        if self.shares is None:
            left = np.column_stack([-2.0 * mine, np.ones(len(mine))])
            return left @ self.factors, self.squares[block].sum(axis=1)
        shares = self.shares[block]
        left = np.column_stack([-2.0 * shares * mine, shares])
        return left @ self.factors, np.einsum("ij,ij->i", shares, self.squares[block])

    def sharp(self, block: slice, others: IntArray) -> FloatArray:
        """Return sums of squared differences, which are exactly zero between equal rows."""
        apart = np.square(self.X[others] - self.X[block][:, None, :])
        if self.shares is None:
            return np.asarray(apart.sum(axis=2))
        return np.asarray(np.einsum("ijk,ik->ij", apart, self.shares[block]))

    def rounding(self, block: slice, measures: FloatArray) -> FloatArray:
        """Return the error of an inner product of rows of this length."""
        mine = np.sqrt(self.norms[block])
        length = np.square(mine) + np.square(mine + np.sqrt(measures))
        return np.asarray(4.0 * _EPS * (self.X.shape[1] + 8) * length)

    def distances(self, measures: FloatArray) -> FloatArray:
        """Return the roots."""
        return np.sqrt(measures)


@dataclass(frozen=True, slots=True, eq=False)
class Minkowski:
    """Minkowski distances of any order, one row at a time where the scale moves.

    Attributes
    ----------
    X : ndarray of float64, shape (n_samples, n_features)
    order : float
        1: Manhattan; inf: Chebyshev.
    scales : ndarray of float64, shape (n_samples, n_features), or None
    """

    X: FloatArray
    order: float
    scales: FloatArray | None

    def rough(self, block: slice) -> tuple[FloatArray, FloatArray]:
        """Return the distances themselves."""
        measure = self._measure()
        nothing = np.zeros(block.stop - block.start)
        if self.scales is None:
            return measure(self.X[block], self.X), nothing
        each = [
            measure(self.X[[row]] / self.scales[row], self.X / self.scales[row])
            for row in range(block.start, block.stop)
        ]
        return np.concatenate(each), nothing

    def sharp(self, block: slice, others: IntArray) -> FloatArray:
        """Return the distances themselves."""
        return np.take_along_axis(self.rough(block)[0], others, axis=1)

    def rounding(self, block: slice, measures: FloatArray) -> FloatArray:
        """Return the error of a sum of differences of numbers of this size."""
        mine = np.abs(self.X[block])
        if self.scales is not None:
            mine = mine / self.scales[block]
        return np.asarray(4.0 * _EPS * (self.X.shape[1] + 8) * (2 * mine.sum(axis=1) + measures))

    def distances(self, measures: FloatArray) -> FloatArray:
        """Return them as they are."""
        return measures

    def _measure(self) -> Callable[[FloatArray, FloatArray], FloatArray]:
        from scipy.spatial.distance import cdist

        if np.isinf(self.order):
            return lambda a, b: np.asarray(cdist(a, b, "chebyshev"))
        if self.order == 1:
            return lambda a, b: np.asarray(cdist(a, b, "cityblock"))
        return lambda a, b: np.asarray(cdist(a, b, "minkowski", p=self.order))
