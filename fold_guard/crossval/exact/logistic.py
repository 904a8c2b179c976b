"""Logistic regression with an L2 penalty, two classes or more, scaled or not."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.class_scores import (
    METHODS,
    PROBABILITIES,
    class_codes,
    no_classes,
    outputs_of,
    rounded_logs,
)
from fold_guard.crossval.exact.family import BoolArray, FloatArray, HeldOut, NotExact, Problem
from fold_guard.crossval.exact.logistic_design import IntArray, make_design
from fold_guard.crossval.exact.logistic_loss import BinaryLoss, MultinomialLoss
from fold_guard.crossval.exact.logistic_newton import leave_each_out
from fold_guard.crossval.exact.moments import carries_a_column, require_spread

CONVERGED = 1e-10
_MOST_PARAMETERS = 4000
_LARGEST = 1e6
_FLAT = 1e-3
# A start near the optimum is stopped by the first step that is short enough; from far away the
# last one overshoots the test, most of the time, by as much as a stricter one asks for.
_STRICTER: Mapping[str, Any] = MappingProxyType({"tol": CONVERGED / 100, "max_iter": 100})
_FROM_THE_LAST: Mapping[str, Any] = MappingProxyType(
    {"tol": CONVERGED / 100, "max_iter": 30, "warm_start": True}
)


class LogisticRegression:
    r"""LogisticRegression, penalised by L2: Newton steps from the fit to all samples.

    The optimum without sample :math:`i` is reached from that of all samples by steps with the
    Hessian from which the sample is taken out (Sherman, Morrison and Woodbury), for all samples
    at once; the first is the one-step approximation of Pregibon (1981), "Logistic regression
    diagnostics", The Annals of Statistics 9(4), which alone can be off by .1 in a probability.
    Further steps take the exact gradient at each sample's own parameters and go on until a bound
    on the error of the logit is below 1e-7. Samples that change the fit too much for that get a
    Newton iteration of their own.

    All solvers but liblinear minimise one function, and stop short of its minimum: ``lbfgs`` at
    a gradient of 1e-4, which leaves probabilities off by more than 1e-6: by .002 on iris, .004
    on breast cancer, scaled. What is computed here is the minimum; `early_stopping_gap` measures
    how far the given estimator stays away from it.
    """

    name = "logistic regression"

    def refuses(self, problem: Problem, method: str) -> str | None:
        """Refuse other penalties than L2, none, and a penalised intercept."""
        if method not in METHODS:
            return f"no formula for {method}"
        return no_classes(problem) or _unfit_model(problem) or _unfit_weights(problem)

    def held_out(self, problem: Problem, method: str) -> HeldOut:
        """Return labels, probabilities, their logarithms or logits.

        Raises
        ------
        NotExact
            Newton's method finds no optimum of the fit to all samples.
        """
        _require_scale(problem)
        classes, codes = class_codes(problem.y)
        possible = _possible(problem, codes, len(classes))
        design = make_design(
            problem, codes, _class_weight(problem.model, classes, codes), possible=possible
        )
        loss = (BinaryLoss if len(classes) == 2 else MultinomialLoss)(design)
        left_out = leave_each_out(design, loss)
        if left_out is None:
            raise NotExact("no optimum of the fit to all samples was found")
        scores = np.empty((len(codes), len(classes)))
        scores[design.order] = loss.class_logits(left_out.logits)
        # Separable and hardly penalised: a real solver stops where the loss is flat. Of rows
        # that change the fit much, the deviation says nothing.
        blur = design.weight.sum() * CONVERGED
        steep = bool((left_out.deviation**2 * blur).max() <= _FLAT / 100)
        loose = (left_out.deviation**2 * blur > _FLAT) | (left_out.alone & (blur > _FLAT / 10))
        refit, leverage = np.empty(len(codes), dtype=bool), np.empty(len(codes))
        refit[design.order] = ~left_out.converged | loose
        refit |= carries_a_column(problem.X)
        leverage[design.order] = np.abs(left_out.logits - left_out.full).max(axis=1)
        how = f"Newton steps from the full fit, {left_out.passes} passes at most"
        if left_out.alone.any():
            how += f", {left_out.alone.sum()} of the samples by iterations of their own"
        outputs, near = outputs_of(method, classes, scores)
        tolerance = PROBABILITIES
        if method == "predict_log_proba":
            outputs, near = rounded_logs(scores, -np.inf)
        if method == "predict":
            tolerance = 0.0
        elif method != "predict_proba":
            finite = np.abs(outputs[np.isfinite(outputs)])
            tolerance *= max(1.0, float(finite.max(initial=0.0)))
        refit |= near | ~possible
        tried_first = _FROM_THE_LAST if steep else _STRICTER
        return HeldOut(outputs, refit, leverage, tolerance, False, how, tried_first)

    def reference(self, model: Any) -> tuple[Any, str]:
        """Return the same model solved to convergence."""
        from sklearn.base import clone

        reference = clone(model).set_params(
            solver="newton-cholesky", tol=CONVERGED, max_iter=1000, warm_start=False
        )
        return reference, (
            f"the optimum itself, of which {model.solver} stops short "
            f"(tol={model.tol:g}, max_iter={model.max_iter})"
        )


def early_stopping_gap(
    model: Any, X: Any, y: Any, sample_weight: FloatArray | None = None
) -> float:
    """Measure how far the solver of a logistic regression stops away from the optimum.

    Parameters
    ----------
    model : sklearn.linear_model.LogisticRegression
        Not changed.
    X : array-like, shape (n_samples, n_features)
    y : array-like, shape (n_samples,)
    sample_weight : ndarray, shape (n_samples,), optional

    Returns
    -------
    float
        The largest difference of a probability of the training samples.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> gap = early_stopping_gap(LogisticRegression(), *load_iris(return_X_y=True))
    >>> 1e-6 < gap < 1e-2
    True
    """
    from sklearn.base import clone

    given = clone(model).fit(X, y, sample_weight=sample_weight)
    converged = LOGISTIC_REGRESSION.reference(model)[0].fit(X, y, sample_weight=sample_weight)
    return float(np.abs(given.predict_proba(X) - converged.predict_proba(X)).max())


def _unfit_model(problem: Problem) -> str | None:
    model = problem.model
    # Up to 1.7 the penalty has its name in `penalty`, later in `l1_ratio`.
    penalty = model.penalty
    if penalty not in ("l2", "deprecated") or (penalty == "deprecated" and model.l1_ratio):
        return "a penalty other than L2, or none: its optimum is not smooth, or need not exist"
    if not np.isfinite(model.C):
        return "no penalty: separable classes have no optimum"
    if model.dual or getattr(model, "multi_class", "auto") == "ovr":
        return "the dual or the one-versus-rest problem"
    if model.solver == "liblinear":
        if model.fit_intercept:
            return "liblinear penalises the intercept"
        if model.class_weight is not None or len(np.unique(problem.y)) > 2:
            return "liblinear weighs classes in its own way"
    n_outputs = len(np.unique(problem.y)) - 1
    columns = problem.X.shape[1] if problem.with_std else min(problem.X.shape)
    if n_outputs * columns > _MOST_PARAMETERS:
        return f"more than {_MOST_PARAMETERS} parameters: no room for a Hessian"
    return None


def _unfit_weights(problem: Problem) -> str | None:
    model, weight = problem.model, problem.sample_weight
    classes, codes = class_codes(problem.y)
    if weight is not None:
        if np.bincount(codes, weights=weight).min() <= 0:
            return "a class without weight"
        if model.class_weight == "balanced" and not _balances_weights():
            return "this scikit-learn balances classes by number, not by weight"
    if isinstance(model.class_weight, Mapping):
        by_class = _class_weight(model, classes, codes)
        if by_class is not None and by_class.min() <= 0:
            return "a class without weight"
    return None


def _balances_weights() -> bool:
    from sklearn.utils import compute_class_weight

    return "sample_weight" in inspect.signature(compute_class_weight).parameters


def _class_weight(model: Any, classes: npt.NDArray[Any], codes: IntArray) -> FloatArray | None:
    """Return the weight of each class; None stands for "balanced"."""
    if model.class_weight == "balanced":
        return None
    from sklearn.utils import compute_class_weight

    found = compute_class_weight(model.class_weight, classes=classes, y=classes[codes])
    return np.asarray(found, dtype=np.float64)


def _require_scale(problem: Problem) -> None:
    """Refuse columns with which scikit-learn's own Newton iteration loses its digits."""
    require_spread(problem.X, 1e6 if problem.with_mean else 1e4)
    if not problem.with_std and np.square(problem.X).mean(axis=0).max() > _LARGEST**2:
        raise NotExact("columns of very large numbers, and no scaler")


def _possible(problem: Problem, codes: IntArray, n_classes: int) -> BoolArray:
    """Whether every class still has a sample, and weight, without each sample."""
    others = np.bincount(codes, minlength=n_classes)[codes] > 1
    weight = problem.sample_weight
    if weight is None:
        return np.asarray(others)
    total = np.bincount(codes, weights=weight, minlength=n_classes)[codes]
    return np.asarray(others & (total - weight > 1e-9 * total))


LOGISTIC_REGRESSION = LogisticRegression()
