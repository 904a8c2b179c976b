"""Logistic regression with each sample left out, as one design matrix and what differs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.family import BoolArray, FloatArray, Problem
from fold_guard.crossval.exact.moments import scale_of, scales_without

IntArray = npt.NDArray[np.int64]
Positions = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    r"""The n problems in the coordinates of one; rows sorted by class.

    Left-out sample :math:`i` minimises over :math:`\theta` of shape (m, q), m = 1 for two
    classes,

    .. math:: \sum_{l \ne i} f_{i, y_l} w_l \, \ell(y_l, a_{il} \theta^T)
              + \tfrac12 \sum_j \lambda_{ij} \|\theta_{\cdot j}\|^2

    A StandardScaler that is learned anew from the other n - 1 rows is the same problem on the
    columns as all n rows scale them, since an intercept without a penalty takes up the shift,
    and a coefficient times the ratio of the scales gives the same logits:
    :math:`\lambda_{ij} = (s_{ij} / s_j)^2`. Without an intercept, the shift of a scaler that
    centres is :math:`\theta \cdot (x_i - \bar x) / ((n - 1) s)`, the same for all rows: ``lift``.

    Attributes
    ----------
    rows : ndarray, shape (n_samples, n_columns)
        The scaled features; then a column of ones where there is an intercept or a lift.
    order : ndarray of int64, shape (n_samples,)
        Which sample each row is.
    codes : ndarray of int64, shape (n_samples,)
        Class of each row, in order.
    starts : ndarray of int64, shape (n_classes + 1,)
        Where each class begins among the rows.
    weight : ndarray, shape (n_samples,)
        C times sample weight times class weight, of each row.
    factors : ndarray, shape (n_samples, n_classes), or None
        What leaving out a row does to the weight of each class (``class_weight="balanced"``).
    penalty : ndarray, shape (n_parameters,)
        Of the fit to all rows.
    penalties : ndarray, shape (n_samples, n_parameters), or None
        Of the fit without each row; None where it is the same.
    lift : ndarray, shape (n_samples, n_parameters), or None
    """

    rows: FloatArray
    order: IntArray
    codes: IntArray
    starts: IntArray
    weight: FloatArray
    factors: FloatArray | None
    penalty: FloatArray
    penalties: FloatArray | None
    lift: FloatArray | None

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.starts) - 1

    @property
    def width(self) -> int:
        """Number of parameters of one output."""
        return len(self.penalty)

    def lifted(self, parameters: FloatArray, which: Positions) -> FloatArray:
        """Coefficients of the columns of ``rows``.

        Parameters
        ----------
        parameters : ndarray, shape (n_problems, m, n_parameters)
        which : ndarray of int, shape (n_problems,)
            Positions of the rows that are left out.

        Returns
        -------
        ndarray, shape (n_problems, m, n_columns)
        """
        if self.lift is None:
            return parameters
        shift = np.einsum("bmq,bq->bm", parameters, self.lift[which])
        return np.concatenate([parameters, shift[:, :, None]], axis=2)

    def lowered(self, gradient: FloatArray, which: Positions) -> FloatArray:
        """Gradient of the parameters from that of the columns; the transpose of `lifted`."""
        if self.lift is None:
            return gradient
        width = self.width
        return np.asarray(
            gradient[:, :, :width] + gradient[:, :, width:] * self.lift[which][:, None, :]
        )

    def own_rows(self) -> FloatArray:
        """Return each row as the problem without it sees it, shape (n_samples, n_parameters)."""
        if self.lift is None:
            return self.rows
        return self.rows[:, : self.width] + self.lift

    def alone(self, which: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return rows, weights and penalty of the problem without row ``which``."""
        weight = self.weight.copy()
        if self.factors is not None:
            weight *= self.factors[which, self.codes]
        weight[which] = 0.0
        rows = self.rows
        if self.lift is not None:
            rows = rows[:, : self.width] + self.lift[which]
        penalty = self.penalty if self.penalties is None else self.penalties[which]
        return rows, weight, penalty


def make_design(
    problem: Problem, codes: IntArray, class_weight: FloatArray | None, *, possible: BoolArray
) -> Design:
    """Lay out the problems.

    Parameters
    ----------
    problem : Problem
        Its model has ``C`` and ``fit_intercept``.
    codes : ndarray of int64, shape (n_samples,)
        Class of each sample.
    class_weight : ndarray, shape (n_classes,), or None
        None stands for "balanced".
    possible : ndarray of bool, shape (n_samples,)
        Samples without which every class still has weight.
    """
    X, model = problem.X, problem.model
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    starts = np.searchsorted(codes, np.arange(codes[-1] + 2)).astype(np.int64)
    weight = np.ones(len(X)) if problem.sample_weight is None else problem.sample_weight[order]
    factors = None
    if class_weight is None:
        class_weight, factors = _balanced(weight, codes, possible[order])
    scales = scales_without(problem)
    centred = problem.with_mean or model.fit_intercept
    features = X[order] - (X.mean(axis=0) if centred else 0.0)
    penalties = None
    if scales is None and X.shape[1] > len(X):
        # The optimum lies in the span of the rows: fewer parameters, the same penalty.
        _, _, directions = np.linalg.svd(features, full_matrices=False)
        features = features @ directions.T
        penalty = np.ones(features.shape[1])
    else:
        scale = scale_of(X)
        features /= scale
        penalty = 1.0 / scale**2
        if scales is not None:
            penalties = (scales[order] / scale) ** 2
            penalty = np.ones(len(scale))
    lift = None
    if model.fit_intercept:
        penalty = np.append(penalty, 0.0)
        if penalties is not None:
            penalties = np.column_stack([penalties, np.zeros(len(X))])
    elif problem.with_mean:
        lift = features / (len(X) - 1)
    if centred:
        features = np.column_stack([features, np.ones(len(X))])
    return Design(
        rows=np.ascontiguousarray(features),
        order=order,
        codes=codes,
        starts=starts,
        weight=model.C * weight * class_weight[codes],
        factors=factors,
        penalty=penalty,
        penalties=penalties,
        lift=lift,
    )


def _balanced(
    weight: FloatArray, codes: IntArray, possible: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Return balanced class weights of all rows, and their change when each row leaves."""
    counts = np.bincount(codes, weights=weight)
    total = counts.sum()
    rest = np.where(possible, counts[codes] - weight, counts[codes])
    factors = np.tile(((total - weight) / total)[:, None], (1, len(counts)))
    factors[np.arange(len(codes)), codes] *= counts[codes] / rest
    return total / (len(counts) * counts), factors
