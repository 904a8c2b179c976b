"""Distances of blocks of samples to all others, each under the scale of its own scaler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.family import FloatArray

IntArray = npt.NDArray[np.int64]
_EPS = float(np.finfo(np.float64).eps)
_EPS_SINGLE = float(np.finfo(np.float32).eps)
# Of what goes into a product in single precision: far from where that overflows.
_RANGE = 1e10


class Ruler(Protocol):
    """Measures in its own unit: any that grows with the distance."""

    def rough(self, block: slice, *, single: bool) -> tuple[npt.NDArray[Any], FloatArray]:
        """Return measures of a block to all, up to ``rounding`` and a constant of the row.

        Shapes (n_block, n_samples) and, of the constants, (n_block,). In single precision up to
        ``coarseness``, too, where that is faster.
        """

    def coarseness(self, constant: FloatArray, measures: FloatArray) -> FloatArray:
        """Return how far off rough measures of this size are in single precision, (n_block,)."""

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
    single : ndarray of float32, or None
        The same; None where its numbers are too large or too small for that.
    norms : ndarray of float64, shape (n_samples,)
        Of the rows as an estimator sees them, squared.
    """

    X: FloatArray
    near: FloatArray
    squares: FloatArray
    shares: FloatArray | None
    factors: FloatArray
    single: npt.NDArray[np.float32] | None
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
        single = factors.astype(np.float32) if _moderate(factors, shares) else None
        return cls(X, near, squares, shares, factors, single, norms)

    def rough(self, block: slice, *, single: bool) -> tuple[npt.NDArray[Any], FloatArray]:
        """Return |x_j|^2 - 2 x_i x_j under the scale of i, and |x_i|^2."""
        mine, squares = self.near[block], self.squares[block]
        if self.shares is None:
            left = np.column_stack([-2.0 * mine, np.ones(len(mine))])
            constant = squares.sum(axis=1)
        else:
            shares = self.shares[block]
            left = np.column_stack([-2.0 * shares * mine, shares])
            constant = np.einsum("ij,ij->i", shares, squares)
        if single and self.single is not None:
            return left.astype(np.float32) @ self.single, constant
        return left @ self.factors, constant

    def coarseness(self, constant: FloatArray, measures: FloatArray) -> FloatArray:
        """Bound the error of the product: of a row that is no further, |x_j| <= |x_i| + d."""
        if self.single is None:
            return np.zeros(len(measures))
        length = np.square(2.0 * np.sqrt(constant) + np.sqrt(measures))
        return np.asarray(_EPS_SINGLE * (self.X.shape[1] + 8) * length)

    def sharp(self, block: slice, others: IntArray) -> FloatArray:
        """Return sums of squared differences, which are exactly zero between equal rows."""
        apart = self.X[others]
        apart -= self.X[block][:, None, :]
        if self.shares is None:
            return np.asarray(np.einsum("ijk,ijk->ij", apart, apart))
        np.square(apart, out=apart)
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

    def rough(self, block: slice, *, single: bool) -> tuple[npt.NDArray[Any], FloatArray]:
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

    def coarseness(self, constant: FloatArray, measures: FloatArray) -> FloatArray:
        """Return nought: they are never in single precision."""
        return np.zeros(len(measures))

    def sharp(self, block: slice, others: IntArray) -> FloatArray:
        """Return the distances themselves."""
        return np.take_along_axis(self.rough(block, single=False)[0], others, axis=1)

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


def _moderate(factors: FloatArray, shares: FloatArray | None) -> bool:
    """Whether all numbers, and their products, lie well within single precision."""
    largest = [np.abs(factors).max(initial=0.0)]
    if shares is not None:
        largest += [shares.max(initial=0.0), 1.0 / shares.min(initial=1.0)]
    return bool(max(largest) < _RANGE and largest[0] > 1.0 / _RANGE)
