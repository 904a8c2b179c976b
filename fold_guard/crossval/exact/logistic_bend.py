"""The second-order change of a binary logistic gradient, as a tensor of third derivatives."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from fold_guard.crossval.exact.family import FloatArray
from fold_guard.crossval.exact.logistic_design import Design, Positions

_TILE = 192


class Bend:
    r"""What a step changes in the gradient beyond the Hessian: :math:`\tfrac12 T[\delta, \delta]`.

    :math:`T_{abc} = \sum_l w_l \sigma''(z_l) a_{la} a_{lb} a_{lc}` costs n q^3 once and q^3 for
    every step, where a pass over the data costs n q for every step: for many rows and few
    columns each pass gains an order of convergence nearly for nothing. Single precision: it
    is only ever used to choose a step, which the next exact gradient judges.

    Parameters
    ----------
    design : Design
        Of two classes, without a lift.
    logits : ndarray, shape (n_samples,)
        At the parameters from which steps are counted.
    """

    def __init__(self, design: Design, logits: FloatArray) -> None:
        share = expit(logits)
        self._third = 0.5 * design.weight * share * expit(-logits) * (1.0 - 2.0 * share)
        self._rows = design.rows
        columns = np.ascontiguousarray(design.rows.T, dtype=np.float32)
        weighted = (design.rows * self._third[:, None]).astype(np.float32)
        q = len(columns)
        self._tensor: npt.NDArray[np.float32] = np.zeros((q * (q + 1) // 2, q), dtype=np.float32)
        for begin in range(0, len(logits), _TILE):
            part = slice(begin, begin + _TILE)
            tile = np.ascontiguousarray(columns[:, part])
            self._tensor += _products(tile) @ weighted[part]
        # In a symmetric form a square stands once, a product of two different ones twice.
        self._tensor *= 2.0
        self._tensor[np.concatenate([[0], np.cumsum(np.arange(q, 1, -1))])] /= 2.0

    @staticmethod
    def pays(design: Design) -> bool:
        """Whether it costs less than the pass over the data that it saves."""
        return bool(design.rows.shape[1] ** 2 <= 2 * len(design.rows))

    def change(self, steps: FloatArray, which: Positions) -> FloatArray:
        """Second-order change of what each problem sums over its rows.

        Parameters
        ----------
        steps : ndarray, shape (n_problems, 1, n_columns)
            From the parameters of the fit to all rows.
        which : ndarray of int, shape (n_problems,)
            The rows that are left out.

        Returns
        -------
        ndarray, shape (n_problems, 1, n_columns)
        """
        moved, own = steps[:, 0, :], self._rows[which]
        changed = np.empty_like(moved)
        for begin in range(0, len(moved), _TILE):
            part = slice(begin, begin + _TILE)
            columns = np.ascontiguousarray(moved[part].T, dtype=np.float32)
            changed[part] = _products(columns).T @ self._tensor
        pulled = self._third[which] * np.einsum("bq,bq->b", moved, own) ** 2
        changed -= pulled[:, None] * own
        return changed[:, None, :]


def _products(columns: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Products of all pairs of rows, each pair once: shape (q (q + 1) / 2, n)."""
    q = len(columns)
    products = np.empty((q * (q + 1) // 2, columns.shape[1]), dtype=np.float32)
    begin = 0
    for row in range(q):
        end = begin + q - row
        np.multiply(columns[row:], columns[row], out=products[begin:end])
        begin = end
    return products
