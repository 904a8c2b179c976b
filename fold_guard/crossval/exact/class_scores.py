"""Classes of a problem, and what a classifier returns from a score for each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax

from fold_guard.crossval.exact.family import BoolArray, FloatArray, HeldOut, Problem

IntArray = npt.NDArray[np.int64]

METHODS = ("predict", "predict_proba", "predict_log_proba", "decision_function")
PROBABILITIES = 1e-6
"""Largest difference of a probability from a real fit that is no fault."""
CLOSED_FORM = 1e-8
"""The same of a logarithm or a score, relative to the largest."""
NEAR_TIE = 1e-6
"""Scores of the two best classes that differ by less are too near to call."""


def no_classes(problem: Problem) -> str | None:
    """Say why the target holds no classes to tell apart; None where it does."""
    y = problem.y
    if y.ndim != 1:
        return "several labels"
    if y.dtype.kind == "f" and np.any(y != np.floor(y)):
        return "targets that are no classes"
    try:
        classes = np.unique(y)
    except TypeError:
        return "classes of several types"
    return "one class only" if len(classes) < 2 else None


def no_discriminant(problem: Problem, method: str, solver: str) -> str | None:
    """Say why a discriminant analysis cannot be done by taking covariances back, or None.

    Parameters
    ----------
    problem : Problem
    method, solver : str
    """
    if method not in METHODS:
        return f"no formula for {method}"
    reason = no_classes(problem)
    if reason is not None:
        return reason
    # Before release 1.8 of scikit-learn the quadratic one has neither.
    if getattr(problem.model, "covariance_estimator", None) is not None:
        return "a covariance estimator of its own"
    shrinkage = getattr(problem.model, "shrinkage", None)
    if isinstance(shrinkage, str):
        return "a shrinkage that is estimated anew from the samples"
    if shrinkage is not None and solver == "svd":
        return "a shrinkage that the solver does not have"
    return odd_priors(problem.model.priors, len(np.unique(problem.y)))


def class_codes(y: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], IntArray]:
    """Return the classes in order, and the position of each sample's own among them."""
    classes, codes = np.unique(y, return_inverse=True)
    return classes, codes.astype(np.int64)


def outputs_of(
    method: str, classes: npt.NDArray[Any], scores: FloatArray
) -> tuple[npt.NDArray[Any], BoolArray]:
    """Return what the method gives, and where it hangs on rounding.

    Parameters
    ----------
    method : str
    classes : ndarray, shape (n_classes,)
    scores : ndarray of float64, shape (n_samples, n_classes)
        Logarithms of the joint densities, up to a constant of each sample.

    Returns
    -------
    outputs : ndarray, shape (n_samples,) or (n_samples, n_classes)
    near_tie : ndarray of bool, shape (n_samples,)
        Where ``predict`` may give another class for another rounding.

    Examples
    --------
    >>> import numpy as np
    >>> labels, near = outputs_of("predict", np.array(["no", "yes"]), np.array([[0.0, 1.0]]))
    >>> labels.tolist(), near.tolist()
    (['yes'], [False])
    """
    far = np.zeros(len(scores), dtype=bool)
    two = scores.shape[1] == 2
    if method == "predict":
        ordered = np.sort(scores, axis=1)
        margin = ordered[:, -1] - ordered[:, -2]
        near = ~(margin > NEAR_TIE * np.maximum(1.0, np.abs(ordered[:, -1])))
        return classes[scores.argmax(axis=1)], near
    if method == "decision_function":
        return (scores[:, 1] - scores[:, 0] if two else scores), far
    if two:
        odds = scores[:, 1] - scores[:, 0]
        shares = np.column_stack([expit(-odds), expit(odds)])
    else:
        shares = softmax(scores, axis=1)
    return shares, far


def scored(
    method: str,
    classes: npt.NDArray[Any],
    scores: FloatArray,
    refit: BoolArray,
    leverage: FloatArray,
    how: str,
    nought: float | None = None,
) -> HeldOut:
    """Return what a closed form found, with the tolerance of the method.

    Parameters
    ----------
    method : str
    classes, scores : ndarray
        As of `outputs_of`; scores that are not finite or minus infinity are refitted, and those
        of samples so far from all classes that nothing is left of the difference.
    refit, leverage, how
        As of `HeldOut`.
    nought : float, optional
        As of `rounded_logs`, for a model that takes logarithms of probabilities.
    """
    broken = ~(np.isfinite(scores) | (scores == -np.inf)).all(axis=1)
    broken |= (scores == -np.inf).all(axis=1)
    refit = refit | broken | _cancelled(scores)
    scores = np.where(refit[:, None], 0.0, scores)
    outputs, near = outputs_of(method, classes, scores)
    if method == "predict_log_proba":
        outputs, near = (_logs(scores), near) if nought is None else rounded_logs(scores, nought)
    tolerance = {"predict": 0.0, "predict_proba": PROBABILITIES}.get(method, CLOSED_FORM)
    relative = method in ("predict_log_proba", "decision_function")
    return HeldOut(outputs, refit | near, leverage, tolerance, relative, how)


def _cancelled(scores: FloatArray) -> BoolArray:
    """Where the two best scores are so large that their difference is known to few digits."""
    with np.errstate(invalid="ignore"):
        ordered = np.sort(scores, axis=1)
        gap = np.maximum(ordered[:, -1] - ordered[:, -2], 1.0)
        rounding = 8.0 * np.finfo(np.float64).eps * np.abs(ordered[:, -1])
        return np.asarray(rounding > 0.1 * CLOSED_FORM * gap)


def rounded_logs(scores: FloatArray, nought: float) -> tuple[FloatArray, BoolArray]:
    """Logarithms as of scikit-learn's linear classifiers, which take them of probabilities.

    That loses digits: of two classes, the first has one less the probability of the second.

    Parameters
    ----------
    scores : ndarray, shape (n_samples, n_classes)
    nought : float
        What stands for the logarithm of a probability of nought.

    Returns
    -------
    logs : ndarray, shape (n_samples, n_classes)
    near : ndarray of bool, shape (n_samples,)
        Where the digits are gone: another rounding gives another number.
    """
    if scores.shape[1] == 2:
        odds = scores[:, 1] - scores[:, 0]
        second = expit(odds)
        shares = np.column_stack([1.0 - second, second])
        near = np.asarray(((odds > 18.0) & (odds < 38.0)) | (odds < -680.0))
    else:
        shares = softmax(scores, axis=1)
        near = np.asarray((shares < 1e-290).any(axis=1))
    with np.errstate(divide="ignore"):
        return np.where(shares > 0, np.log(shares), nought), near


def _logs(scores: FloatArray) -> FloatArray:
    """Logarithms of the probabilities, without taking a logarithm of nought."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def odd_priors(priors: Any, n_classes: int) -> str | None:
    """Say what is wrong with priors that were given; None where nothing is."""
    if priors is None:
        return None
    found = np.asarray(priors, dtype=np.float64)
    if found.shape != (n_classes,) or not (found >= 0).all() or abs(found.sum() - 1.0) > 1e-9:
        return "priors that are no probabilities of the classes"
    return None


def log_priors(
    priors: Any, codes: IntArray, n_classes: int, weight: FloatArray | None = None
) -> FloatArray:
    """Return logarithms of the class priors without each sample.

    Parameters
    ----------
    priors : array-like, shape (n_classes,), or None
        None: the shares of the classes among the other samples.
    codes : ndarray of int64, shape (n_samples,)
    n_classes : int
    weight : ndarray, shape (n_samples,), optional

    Returns
    -------
    ndarray, shape (n_samples, n_classes) or (n_classes,)
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        if priors is not None:
            return np.log(np.asarray(priors, dtype=np.float64))
        return np.log(shares_without(codes, n_classes, weight))


def shares_without(codes: IntArray, n_classes: int, weight: FloatArray | None = None) -> FloatArray:
    """Return the shares of the classes without each sample, shape (n_samples, n_classes)."""
    own = np.ones(len(codes)) if weight is None else weight
    counts = np.asarray(np.bincount(codes, weights=own, minlength=n_classes), dtype=np.float64)
    left = np.tile(counts, (len(codes), 1))
    left[np.arange(len(codes)), codes] -= own
    return np.asarray(left / left.sum(axis=1, keepdims=True))
