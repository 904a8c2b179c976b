"""k-nearest neighbours: leave a sample out of its own neighbourhood."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.family import FloatArray, HeldOut, Problem
from fold_guard.crossval.exact.nearest import Nearest, nearest
from fold_guard.crossval.exact.rulers import Euclidean, Minkowski, Ruler
from fold_guard.crossval.exact.scaling import left_out_variances
from fold_guard.crossval.exact.targets import like, numeric_targets

IntArray = npt.NDArray[np.int64]

_ORDERS = {
    "euclidean": 2.0,
    "l2": 2.0,
    "manhattan": 1.0,
    "cityblock": 1.0,
    "l1": 1.0,
    "chebyshev": np.inf,
}
_HOW = "distances to all others, each sample under the scale of its own scaler"
_HOW_PLAIN = "distances to all others"


class KNeighborsRegressor:
    """KNeighborsRegressor with a Minkowski distance, uniform or by distance.

    Without sample i the distances among the others do not change, and those from i change with
    the scale alone, which is that of the other n - 1: O(n p) a sample. Where a tie at the k-th
    distance leaves the choice to the estimator, and the tied differ in target, it is fitted for
    real.

    References
    ----------
    Fix, E. & Hodges, J. L. (1951). Discriminatory analysis: nonparametric discrimination. USAF
    School of Aviation Medicine, report 4.
    """

    name = "k-nearest neighbours (regression)"

    def refuses(self, problem: Problem, method: str) -> str | None:
        """Refuse other metrics and weights."""
        return f"no formula for {method}" if method != "predict" else _refuses(problem)

    def held_out(self, problem: Problem, method: str) -> HeldOut:
        """Return the mean target of the neighbours."""
        targets = numeric_targets(problem.y)
        kinds = np.unique(targets, axis=0, return_inverse=True)[1].reshape(-1)
        found, refit = _neighbours(problem, kinds.astype(np.int64))
        weights = _weights(found, problem.model)
        outputs = np.einsum("ij,ijk->ik", weights, targets[found.positions])
        outputs /= weights.sum(axis=1, keepdims=True)
        return HeldOut(
            like(problem.y, outputs), refit, _popularity(found), 1e-8, True, _how(problem)
        )

    def reference(self, model: Any) -> tuple[Any, str]:
        """Return the model itself."""
        return model, ""


class KNeighborsClassifier:
    """KNeighborsClassifier with a Minkowski distance, uniform or by distance.

    As the regressor, with votes for means; a class that has lost its only sample gets no vote.
    """

    name = "k-nearest neighbours (classification)"

    def refuses(self, problem: Problem, method: str) -> str | None:
        """Refuse other metrics and weights, and several labels."""
        if method not in ("predict", "predict_proba"):
            return f"no formula for {method}"
        return "several labels" if problem.y.ndim != 1 else _refuses(problem)

    def held_out(self, problem: Problem, method: str) -> HeldOut:
        """Return the share of the votes, or the class that has most."""
        classes, codes = np.unique(problem.y, return_inverse=True)
        found, refit = _neighbours(problem, codes.astype(np.int64))
        weights = _weights(found, problem.model)
        n = len(codes)
        ballots = codes[found.positions] + len(classes) * np.arange(n)[:, None]
        votes = np.bincount(
            ballots.ravel(), weights=weights.ravel(), minlength=n * len(classes)
        ).reshape(n, len(classes))
        shares = votes / votes.sum(axis=1, keepdims=True)
        popularity = _popularity(found)
        if method == "predict_proba":
            return HeldOut(shares, refit, popularity, 1e-6, False, _how(problem))
        if problem.model.weights == "distance":
            # Sums of weights that agree but for rounding may fall out either way.
            first, second = np.sort(shares, axis=1)[:, :-3:-1].T if len(classes) > 1 else (1.0, 0.0)
            refit = refit | (np.asarray(first - second) < 1e-9)
        return HeldOut(classes[shares.argmax(axis=1)], refit, popularity, 0.0, False, _how(problem))

    def reference(self, model: Any) -> tuple[Any, str]:
        """Return the model itself."""
        return model, ""


def _refuses(problem: Problem) -> str | None:
    model = problem.model
    if _order(model) is None:
        return f"metric {model.metric!r}"
    if model.weights not in ("uniform", "distance", None):
        return "weights by a function of the user"
    if model.n_neighbors > len(problem.X) - 1:
        return "fewer samples than neighbours"
    return None


def _order(model: Any) -> float | None:
    if model.metric_params or not isinstance(model.metric, str):
        return None
    if model.metric == "minkowski":
        return float(model.p) if model.p is not None and model.p >= 1 else None
    return _ORDERS.get(model.metric)


def _neighbours(problem: Problem, kinds: IntArray) -> tuple[Nearest, npt.NDArray[np.bool_]]:
    variances, doubtful = None, np.zeros(len(kinds), dtype=bool)
    if problem.with_std:
        variances, doubtful = left_out_variances(problem.X)
    order = _order(problem.model)
    assert order is not None
    ruler: Ruler
    if order == 2:
        ruler = Euclidean.of(problem.X, variances, centred=problem.with_mean)
    else:
        ruler = Minkowski(problem.X, order, None if variances is None else np.sqrt(variances))
    found = nearest(ruler, int(problem.model.n_neighbors), kinds)
    refit = doubtful | found.open
    return found, refit | found.coarse if problem.model.weights == "distance" else refit


def _weights(found: Nearest, model: Any) -> FloatArray:
    if model.weights != "distance":
        return np.ones_like(found.distances)
    # Equal rows outweigh all others.
    equal = found.distances == 0
    with np.errstate(divide="ignore"):
        weights = 1.0 / found.distances
    return np.where(equal.any(axis=1, keepdims=True), equal, weights)


def _popularity(found: Nearest) -> FloatArray:
    n = len(found.positions)
    return np.bincount(found.positions.ravel(), minlength=n).astype(np.float64)


def _how(problem: Problem) -> str:
    return _HOW if problem.with_std else _HOW_PLAIN


K_NEIGHBORS_CLASSIFIER = KNeighborsClassifier()
K_NEIGHBORS_REGRESSOR = KNeighborsRegressor()
