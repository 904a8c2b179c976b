"""Data of known truth, cross-validated by fast fits: what intervals are held against.

Each setting draws data sets anew, fits every round (and every pair of folds left out) at once, and
knows the error of the model that was fitted to all rows (``err_xy``), whose mean over data sets is
the error of the algorithm (Err).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from fold_guard.crossval.intervals.nested import Dealing, pairs

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One data set, cross-validated.

    Attributes
    ----------
    losses : ndarray of float64, shape (n_rows,)
        Of each row, by the model that did not learn from its fold.
    dealing : Dealing or None
        None: leave-one-out.
    err_xy : float
    """

    losses: FloatArray
    folds: npt.NDArray[np.int64]
    units: npt.NDArray[np.int64] | None
    dealing: Dealing | None
    err_xy: float


@dataclass(frozen=True, slots=True)
class Setting:
    """How to draw a run; whether its losses are 0 and 1; the range of its mean loss."""

    name: str
    draw: Callable[[np.random.Generator], Run]
    rate: bool
    limits: tuple[float, float]


def logistic(n: int, k: int = 10, p: int = 20) -> Setting:
    """Bates et al., section 5.1: four of twenty features matter, Bayes error 1/3, 0-1 loss."""
    slopes = np.r_[np.full(4, _slope(1 / 3)), np.zeros(p - 4)]
    fresh = np.random.default_rng(99).normal(size=(4000, p))
    likely = _sigmoid(fresh @ slopes)

    def draw(random: np.random.Generator) -> Run:
        x = random.normal(size=(n, p))
        y = (random.random(n) < _sigmoid(x @ slopes)).astype(float)
        folds = random.permutation(np.arange(n) % k)
        masks = _masks(folds, k)
        weights = _logistic_fits(x, y, masks)
        called = fresh @ weights[-1] > 0
        err_xy = float(np.where(called, 1 - likely, likely).mean())
        return _run(((weights @ x.T > 0) != (y > 0)).astype(float), folds, k, err_xy)

    return Setting(f"logistic regression, {n} rows, {p} features", draw, True, (0, 1))


def least_squares(n: int, k: int = 10, p: int = 20) -> Setting:
    """Linear regression, squared error; noise 1, slopes 0.3."""

    def draw(random: np.random.Generator) -> Run:
        x = random.normal(size=(n, p))
        slopes = np.full(p, 0.3)
        y = x @ slopes + random.normal(size=n)
        folds = random.permutation(np.arange(n) % k)
        weights = _least_squares_fits(x, y, _masks(folds, k))
        err_xy = 1 + float(((weights[-1] - slopes) ** 2).sum())
        return _run((y - weights @ x.T) ** 2, folds, k, err_xy)

    return Setting(f"linear regression, {n} rows, {p} features", draw, False, (0, math.inf))


def grouped(groups: int = 30, rows: int = 8, k: int = 10, p: int = 5) -> Setting:
    """Two classes; features and inclination of a group's rows lie together; least squares rule."""
    slopes = np.full(p, 0.5)
    fresh = np.random.default_rng(99)
    far = fresh.normal(size=(20000, p)) * math.sqrt(1.5)
    lean = fresh.normal(size=20000)
    likely = _sigmoid(far @ slopes + lean)

    def draw(random: np.random.Generator) -> Run:
        units = np.repeat(np.arange(groups), random.integers(2, 2 * rows - 1, groups))
        n = len(units)
        x = random.normal(size=(n, p)) + math.sqrt(0.5) * random.normal(size=(groups, p))[units]
        y = (random.random(n) < _sigmoid(x @ slopes + random.normal(size=groups)[units])) * 2.0 - 1
        folds = random.permutation(np.arange(groups) % k)[units]
        weights = _least_squares_fits(x, y, _masks(folds, k))
        called = far @ weights[-1] > 0
        err_xy = float(np.where(called, 1 - likely, likely).mean())
        return _run(((weights @ x.T > 0) != (y > 0)).astype(float), folds, k, err_xy, units)

    return Setting(f"{groups} groups of {rows} rows in the mean", draw, True, (0, 1))


def left_out(n: int = 100, p: int = 20) -> Setting:
    """Leave-one-out: ridge regression of two classes of Bayes error 1/3, in closed form."""
    slopes = np.r_[np.full(4, _slope(1 / 3)), np.zeros(p - 4)]
    fresh = np.random.default_rng(99).normal(size=(4000, p))
    likely = _sigmoid(fresh @ slopes)

    def draw(random: np.random.Generator) -> Run:
        x = random.normal(size=(n, p))
        y = (random.random(n) < _sigmoid(x @ slopes)) * 2.0 - 1
        inverse = np.linalg.inv(x.T @ x + np.eye(p))
        weights = inverse @ (x.T @ y)
        leverage = np.einsum("ij,jk,ik->i", x, inverse, x)
        predicted = y - (y - x @ weights) / (1 - leverage)
        err_xy = float(np.where(fresh @ weights > 0, 1 - likely, likely).mean())
        return Run(((predicted > 0) != (y > 0)).astype(float), np.arange(n), None, None, err_xy)

    return Setting(f"leave-one-out, ridge rule, {n} rows, {p} features", draw, True, (0, 1))


def _run(
    losses: FloatArray,
    folds: npt.NDArray[np.int64],
    k: int,
    err_xy: float,
    units: npt.NDArray[np.int64] | None = None,
) -> Run:
    """Pick each row's losses from those of every fit: k single folds, all pairs, none left out."""
    rows = np.arange(len(folds))
    inner = np.full((len(folds), k), np.nan)
    for at, (i, j) in enumerate(pairs(k), k):
        inner[folds == i, j] = losses[at, folds == i]
        inner[folds == j, i] = losses[at, folds == j]
    outer = losses[folds, rows]
    return Run(outer, folds, units, Dealing(folds, outer, inner, units), err_xy)


def _masks(folds: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.bool_]:
    single = [folds != i for i in range(k)]
    double = [(folds != i) & (folds != j) for i, j in pairs(k)]
    return np.array([*single, *double, np.ones(len(folds), dtype=bool)])


def _least_squares_fits(x: FloatArray, y: FloatArray, masks: npt.NDArray[np.bool_]) -> FloatArray:
    outer = (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    kept = masks.astype(float)
    crossed = (kept @ outer).reshape(len(masks), x.shape[1], x.shape[1])
    return np.linalg.solve(crossed, ((kept * y) @ x)[..., None])[..., 0]


def _logistic_fits(x: FloatArray, y: FloatArray, masks: npt.NDArray[np.bool_]) -> FloatArray:
    """Newton's method on all fits at once, from the fit to all rows; a trace of ridge penalty."""
    everything = _newton(x, y, np.ones((1, len(x))), np.zeros((1, x.shape[1])))
    start = np.repeat(everything, len(masks), axis=0)
    return _newton(x, y, masks.astype(float), start)


def _newton(x: FloatArray, y: FloatArray, kept: FloatArray, weights: FloatArray) -> FloatArray:
    p, penalty = x.shape[1], 1e-2
    outer = (x[:, :, None] * x[:, None, :]).reshape(len(x), -1)
    for _ in range(50):
        mean = _sigmoid(weights @ x.T)
        slope = (kept * (y - mean)) @ x - penalty * weights
        bend = ((kept * mean * (1 - mean)) @ outer).reshape(-1, p, p) + penalty * np.eye(p)
        step = np.linalg.solve(bend, slope[..., None])[..., 0]
        size = np.abs(step).max(axis=1, keepdims=True)
        weights = weights + step * np.minimum(1, 2 / np.maximum(size, 1e-300))
        if size.max() < 1e-4:
            break
    return weights


def _sigmoid(value: FloatArray) -> FloatArray:
    return 0.5 * (1 + np.tanh(value / 2))


def _slope(bayes_error: float) -> float:
    """Return the slope of four features that leaves this Bayes error."""
    grid = np.linspace(-8, 8, 4001)
    density = np.exp(-(grid**2) / 2) / math.sqrt(2 * math.pi) * (grid[1] - grid[0])

    def excess(slope: float) -> float:
        one = _sigmoid(2 * slope * grid)
        return float((np.minimum(one, 1 - one) * density).sum()) - bayes_error

    return float(brentq(excess, 0.01, 10))
