"""Linear discriminant analysis, shrunk or not, scaled or not."""

from __future__ import annotations

from typing import Any

import numpy as np

from fold_guard.crossval.exact.class_scores import (
    class_codes,
    log_priors,
    no_discriminant,
    scored,
    shares_without,
)
from fold_guard.crossval.exact.covariances import (
    WORST_CONDITION,
    Mixture,
    Positions,
    blocks,
    digits_lost,
    inverses,
)
from fold_guard.crossval.exact.family import BoolArray, FloatArray, HeldOut, NotExact, Problem
from fold_guard.crossval.exact.moments import (
    means_without,
    require_like_scales,
    require_spread,
    scale_of,
    scales_without,
)

_MOST_SCALES = 1e5
"""Ratio of standard deviations beyond which the solver lsqr drops the smaller, or its digits."""
_ROOM = 1.01
"""Nearer than this to a threshold of the solver svd is too near to tell."""


_NOUGHT = float(np.log(np.finfo(np.float64).smallest_normal))
"""What scikit-learn takes for the logarithm of a probability of nought."""


class LinearDiscriminantAnalysis:
    r"""LinearDiscriminantAnalysis: the within-class covariance is taken back by one sample.

    Without sample :math:`i` of class :math:`c`, and with :math:`d = x_i - \mu_c`, the covariance
    of its class is :math:`\frac{n_c}{n_c - 1} S_c - \frac{n_c}{(n_c - 1)^2} d d^T`. Within-class
    covariance is :math:`W = \sum_k \pi_k S_k`, by the shares of the classes (solver svd) or by
    the priors (lsqr, eigen), shrunk by a constant towards its mean variance if asked for. Scores
    are :math:`(\mu_k - o)^T W^{-1} (x - o) - \frac12 (\mu_k - o)^T W^{-1} (\mu_k - o) +
    \log \pi_k`: Hastie, Tibshirani and Friedman (2009), "The Elements of Statistical Learning",
    equation 4.10; the origin o cancels but for the scores of three classes and more.

    The solver svd drops directions by ``tol``: within the classes, where that would come near
    the formula is refused; between them, where the centres of three classes and more are that
    near to a line (a plane, ...), the sample is fitted for real.
    """

    name = "linear discriminant analysis"

    def refuses(self, problem: Problem, method: str) -> str | None:
        """Refuse covariances that are estimated in other ways."""
        reason = no_discriminant(problem, method, problem.model.solver)
        if reason is not None:
            return reason
        n_samples, n_features = problem.X.shape
        n_classes = len(np.unique(problem.y))
        if n_samples - 1 <= n_classes:
            return "no more samples than classes"
        most, wanted = min(n_classes - 1, n_features), problem.model.n_components
        return "more components than there are" if wanted is not None and wanted > most else None

    def held_out(self, problem: Problem, method: str) -> HeldOut:
        """Return labels, probabilities, their logarithms or scores.

        Raises
        ------
        NotExact
            The within-class covariance is singular, or nearly so.
        """
        # Solvers other than svd do not centre.
        centred = problem.with_mean or problem.model.solver == "svd"
        require_spread(problem.X, 1e6 if centred else 1e3)
        if problem.model.solver == "lsqr":
            require_like_scales(problem, _MOST_SCALES)
        classes, codes = class_codes(problem.y)
        within = _Within(problem, codes, len(classes))
        scores = np.empty((len(codes), len(classes)))
        refit: BoolArray = (np.bincount(codes) == 1)[codes]
        for code in range(len(classes)):
            for block in blocks(np.flatnonzero(codes == code), within.X.shape[1]):
                scores[block], doubtful = within.scores(code, block)
                refit[block] |= doubtful
        if refit.all():
            raise NotExact(
                "the within-class covariance is singular or nearly so, or the centres are"
            )
        leverage = within.leverage()
        scores += log_priors(problem.model.priors, codes, len(classes))
        return scored(method, classes, scores, refit, leverage, "covariance taken back", _NOUGHT)

    def reference(self, model: Any) -> tuple[Any, str]:
        """Return the model: its fit is exact."""
        return model, ""


class _Within:
    """Means and covariances of all classes, in units of the data's own scales.

    Attributes
    ----------
    X : ndarray, shape (n_samples, p)
        Centred; without columns of one value where the solver leaves them alone.
    """

    def __init__(self, problem: Problem, codes: Any, n_classes: int) -> None:
        self._model = problem.model
        scale, scales = scale_of(problem.X), scales_without(problem)
        units = np.ones_like(problem.X) if scales is None else np.square(scales)
        mean = problem.X.mean(axis=0)
        centred = (problem.X - mean) / scale
        shift = np.zeros_like(centred)
        if problem.with_mean:
            shift = (means_without(problem.X, mean) - mean) / scale
        elif self._model.solver != "svd":
            shift -= mean / scale
        shrinkage = float(self._model.shrinkage or 0.0)
        kept = np.ones(len(scale), dtype=bool)
        if self._model.solver != "eigen" and not shrinkage:
            kept = np.ptp(problem.X, axis=0) > 0
        if not kept.any():
            raise NotExact("all columns hold one value only")
        self.X: FloatArray = centred[:, kept]
        self._units = (units / np.square(scale))[:, kept]
        self._origins = shift[:, kept]
        self._codes, self._counts = codes, np.bincount(codes)
        self._mixture = Mixture(1.0 - shrinkage, shrinkage, by_trace=True)
        self._means = np.array([self.X[codes == code].mean(axis=0) for code in range(n_classes)])
        self._away = self.X - self._means[codes]
        self._covariances = np.array(
            [
                self._away[codes == code].T @ self._away[codes == code] / count
                for code, count in enumerate(self._counts)
            ]
        )
        self._shares = shares_without(codes, n_classes)
        given = self._model.priors
        self._priors = (
            self._shares
            if given is None
            else np.tile(np.asarray(given, dtype=np.float64), (len(codes), 1))
        )

    def leverage(self) -> FloatArray:
        """Squared length of each sample from the mean of its class."""
        return np.asarray(np.square(self._away).sum(axis=1))

    def scores(self, code: int, block: Positions) -> tuple[FloatArray, BoolArray]:
        """Scores without priors of samples of one class, and where they are in doubt."""
        count = self._counts[code]
        if count == 1:
            return np.zeros((len(block), len(self._means))), np.ones(len(block), dtype=bool)
        svd = self._model.solver == "svd"
        weights = (self._shares if svd else self._priors)[block[0]].copy()
        away = self._away[block] * np.sqrt(weights[code] * count) / (count - 1)
        weights[code] *= count / (count - 1)
        base = np.einsum("k,kpq->pq", weights, self._covariances)
        left = away[:, :, None] * away[:, None, :]
        np.subtract(base, left, out=left)
        lost = digits_lost(base, left)
        found = inverses(self._mixture.of(left, self._units[block]))
        doubtful = ~(found.condition * lost <= WORST_CONDITION)
        means = np.repeat(self._means[None], len(block), axis=0)
        means[:, code] -= self._away[block] / (count - 1)
        whitened = means @ found.matrices
        scores = np.einsum("nkp,np->nk", whitened, self.X[block])
        lengths = np.einsum("nkp,nkp->nk", whitened, means)
        scores -= 0.5 * lengths
        origins = self._origins[block]
        if svd:
            centre = np.einsum("nk,nkp->np", self._priors[block], means)
            doubtful |= ~(found.condition * self._model.tol**2 < 1.0 / _ROOM)
            doubtful |= self._between(means - centre[:, None, :], found.matrices, block)
            origins = centre
        # Scores about another origin differ by a number that is the same for all classes.
        pulled = np.einsum("npq,nq->np", found.matrices, -origins)
        scores += np.einsum("np,np->n", pulled, self.X[block] - 0.5 * origins)[:, None]
        return scores, doubtful

    def _between(self, centres: FloatArray, inverse: FloatArray, block: Positions) -> BoolArray:
        """Whether the solver svd may drop a direction between the class centres."""
        rank = min(len(self._means) - 1, self.X.shape[1])
        if rank < 2:
            return np.zeros(len(block), dtype=bool)
        weighted = centres * np.sqrt(self._priors[block])[:, :, None]
        squares = np.linalg.eigvalsh(weighted @ inverse @ weighted.transpose(0, 2, 1))
        least = np.maximum(squares[:, -rank], 0.0)
        return np.asarray(~(least > (_ROOM * self._model.tol) ** 2 * squares[:, -1]))


LINEAR_DISCRIMINANT_ANALYSIS = LinearDiscriminantAnalysis()
