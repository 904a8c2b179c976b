"""Newton's method for logistic regression with each sample left out, all samples at once."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.family import BoolArray, FloatArray
from fold_guard.crossval.exact.logistic_bend import Bend
from fold_guard.crossval.exact.logistic_design import Design, Positions
from fold_guard.crossval.exact.logistic_fit import hessian_of, minimise
from fold_guard.crossval.exact.logistic_loss import BLOCK, LogisticLoss

CLOSE = 1e-7
"""A logit of a left-out sample may be off by this much."""
_SLOW = 0.5
"""A sample whose steps shrink less than this from one to the next goes to Newton alone."""
_PASSES = 30
_SAFETY = 4.0
_NOISE = 1e-12
_SINGLE = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """Fits without each row, as far as the row itself is concerned.

    Attributes
    ----------
    logits : ndarray, shape (n_samples, m)
        Of each row, by the fit without it.
    full : ndarray, shape (n_samples, m)
        Of each row, by the fit to all.
    converged : ndarray of bool, shape (n_samples,)
    deviation : ndarray, shape (n_samples,)
        What a gradient of length one, by the inverse Hessian, moves the logit.
    passes : int
        How often gradients at the samples' own parameters were computed.
    alone : ndarray of bool, shape (n_samples,)
        Rows that needed a Newton iteration of their own.
    """

    logits: FloatArray
    full: FloatArray
    converged: BoolArray
    deviation: FloatArray
    passes: int
    alone: BoolArray


class _Base:
    """The fit to all rows, and its Hessian with each row taken out.

    With H the Hessian of all rows, a row leaves by a change of rank m, so that (Sherman,
    Morrison and Woodbury) one inverse serves all samples:
    (H - M x rr')^-1 v = u + H^-1 (C (r'u) x r), u = H^-1 v, C = (I - M G)^-1 M, G = r' H^-1 r.
    """

    def __init__(self, design: Design, loss: LogisticLoss, parameters: FloatArray) -> None:
        self.parameters = parameters
        self.own = design.own_rows()
        self.logits = self.own @ parameters.T
        self.residuals = loss.residuals(self.logits, design.codes)
        pulls = design.weight[:, None] * self.residuals
        self.class_gradients = np.array(
            [
                pulls[first:last].T @ design.rows[first:last]
                for first, last in itertools.pairwise(design.starts)
            ]
        )
        curvature = loss.curvatures(design.rows[:, : design.width] @ parameters.T)
        hessian = hessian_of(
            design.rows[:, : design.width], design.weight, curvature, design.penalty
        )
        self.inverse = np.linalg.inv(hessian)
        n, m, q = len(self.own), loss.m, design.width
        reach = np.empty((n, m, m))
        for output in range(m):
            rows = self.own @ self.inverse[output * q : (output + 1) * q]
            reach[:, output] = np.einsum("nmq,nq->nm", rows.reshape(n, m, q), self.own)
        taken = design.weight[:, None, None] * loss.curvatures(self.logits)
        kept = np.linalg.inv(np.eye(m) - taken @ reach)
        self.change = kept @ taken
        self.radius = np.sqrt(np.abs(np.trace(reach @ kept, axis1=1, axis2=2)))
        # For one output only: the longest row, by the norm of each row's own Hessian.
        self._longest = np.sqrt(np.abs(kept[:, 0, 0]) * reach[:, 0, 0].max())
        self._penalties_differ = 0.0
        if design.penalties is not None:
            ratios = design.penalties[:, design.penalty > 0] / design.penalty[design.penalty > 0]
            self._penalties_differ = float(np.abs(ratios - 1.0).max(initial=0.0))

    def solve(self, gradient: FloatArray, which: Positions) -> FloatArray:
        """Apply the inverse of each row's Hessian, shape (n_problems, m, n_parameters)."""
        flat = (len(gradient), -1)
        own = self.own[which]
        found = (gradient.reshape(flat) @ self.inverse).reshape(gradient.shape)
        pull = np.einsum("bmq,bq->bm", found, own)
        pull = np.einsum("bmk,bk->bm", self.change[which], pull)
        found += ((pull[:, :, None] * own[:, None, :]).reshape(flat) @ self.inverse).reshape(
            gradient.shape
        )
        return found

    def size(self, step: FloatArray, gradient: FloatArray, which: Positions) -> FloatArray:
        """Bound what each step changes in the logit of its own row: Cauchy and Schwarz."""
        length = np.sqrt(np.abs(np.einsum("bmq,bmq->b", step, gradient)))
        return np.asarray(length * self.radius[which])

    def remainder(self, first: FloatArray, second: FloatArray, which: Positions) -> FloatArray:
        r"""Bound the error of each row's logit after a step of second order; never an estimate.

        No derivative of the logistic function is larger than its first, and that grows by no
        more than :math:`e^{|t|}` over a change t. With t the largest change of any logit, at
        most the longest row times the length of the step, the gradient is off by a relative
        :math:`t^2 e^{2t} / 6`, and the Hessian with which the second part was solved by
        :math:`t e^t` and by the change of the penalty.

        Parameters
        ----------
        first, second : ndarray, shape (n_problems,)
            Sizes of the Newton step and of its correction.
        which : ndarray of int, shape (n_problems,)
        """
        with np.errstate(over="ignore", invalid="ignore"):
            change = self._longest[which] * (first + second) / self.radius[which]
            bent = (first + second) * change**2 * np.exp(2.0 * change) / 6.0
            stale = change * np.exp(change) + self._penalties_differ + _SINGLE
            return np.asarray(bent + stale * second)


def leave_each_out(design: Design, loss: LogisticLoss) -> LeftOut | None:
    """Fit without each row, by quasi-Newton steps from the fit to all; None where that fails."""
    n = len(design.rows)
    full = minimise(
        loss,
        design.rows[:, : design.width],
        design.weight,
        design.penalty,
        np.zeros((loss.m, design.width)),
    )
    if full is None:
        return None
    try:
        base = _Base(design, loss, full)
    except np.linalg.LinAlgError:
        return None
    loss.anchor(base.logits)
    bend = None
    if loss.m == 1 and design.lift is None and Bend.pays(design):
        bend = Bend(design, base.logits[:, 0])
    logits = np.empty((n, loss.m))
    state = np.zeros(n, dtype=np.int8)
    passes = 0
    for begin in range(0, n, BLOCK):
        which = np.arange(begin, min(begin + BLOCK, n))
        passes = max(passes, _block(design, loss, base, which, bend, logits, state))
    alone = state == 0
    for row in np.flatnonzero(alone):
        rows, weight, penalty = design.alone(int(row))
        found = minimise(loss, rows, weight, penalty, full)
        if found is not None:
            logits[row] = rows[row] @ found.T
            state[row] = 1
        else:
            logits[row] = base.logits[row]
    return LeftOut(logits, base.logits, state == 1, base.radius, passes, alone)


def _block(
    design: Design,
    loss: LogisticLoss,
    base: _Base,
    which: Positions,
    bend: Bend | None,
    logits: FloatArray,
    state: npt.NDArray[np.int8],
) -> int:
    """Iterate for some rows; write their logits, and 1 into ``state`` where they converged."""
    parameters = np.broadcast_to(base.parameters, (len(which), *base.parameters.shape)).copy()
    gradient = _first_gradient(design, loss, base, parameters, which)
    step = base.solve(gradient, which)
    before = base.size(step, gradient, which)
    rate = np.zeros(len(which))
    sure, hopeless = np.zeros((2, len(which)), dtype=bool)
    if bend is not None:
        bent = bend.change(-step, which)
        if design.penalties is not None:
            bent -= (design.penalties[which] - design.penalty)[:, None, :] * step
        more = base.solve(bent, which)
        step += more
        second = base.size(more, bent, which)
        rate = second / np.maximum(before, _NOISE)
        if design.factors is None:
            sure = base.remainder(before, second, which) <= CLOSE
    parameters -= step
    for passed in range(_PASSES):
        if sure.any():
            logits[which[sure]] = np.einsum("bmq,bq->bm", parameters[sure], base.own[which[sure]])
            state[which[sure]] = 1
        go_on = ~(sure | hopeless)
        if not go_on.any():
            return passed
        which, parameters, before, rate = (
            which[go_on],
            parameters[go_on],
            before[go_on],
            rate[go_on],
        )
        gradient = _gradient(design, loss, base, parameters, which)
        step = base.solve(gradient, which)
        parameters -= step
        size = base.size(step, gradient, which)
        ratio = size / np.maximum(before, _NOISE)
        rate = np.maximum(rate, ratio)
        before = size
        sure = _SAFETY * size * np.minimum(rate, 1.0) <= CLOSE
        hopeless = ~np.isfinite(size) | (ratio > _SLOW) & ~sure
    return _PASSES


def _first_gradient(
    design: Design, loss: LogisticLoss, base: _Base, parameters: FloatArray, which: Positions
) -> FloatArray:
    """Gradient of each problem at the parameters of the fit to all rows."""
    if design.lift is not None:
        return _gradient(design, loss, base, parameters, which)
    own, codes = base.own[which], design.codes[which]
    weight = design.weight[which]
    if design.factors is None:
        gradient = np.tile(base.class_gradients.sum(axis=0), (len(which), 1, 1))
    else:
        factors = design.factors[which]
        weight = weight * factors[np.arange(len(which)), codes]
        gradient = np.einsum("bk,kmq->bmq", factors, base.class_gradients)
    gradient -= (weight[:, None] * base.residuals[which])[:, :, None] * own[:, None, :]
    penalty = design.penalty if design.penalties is None else design.penalties[which][:, None, :]
    gradient += penalty * parameters
    return gradient


def _gradient(
    design: Design, loss: LogisticLoss, base: _Base, parameters: FloatArray, which: Positions
) -> FloatArray:
    """Exact gradient of each problem at its own parameters."""
    factors = None if design.factors is None else design.factors[which]
    gradient = design.lowered(loss.sums(design.lifted(parameters, which), factors), which)
    own, codes = base.own[which], design.codes[which]
    residual = loss.residuals(np.einsum("bmq,bq->bm", parameters, own), codes)
    weight = design.weight[which]
    if factors is not None:
        weight = weight * factors[np.arange(len(which)), codes]
    gradient = gradient - (weight[:, None] * residual)[:, :, None] * own[:, None, :]
    penalty = design.penalty if design.penalties is None else design.penalties[which][:, None, :]
    gradient += penalty * parameters
    return gradient
