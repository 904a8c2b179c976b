"""Ridge regression on classes: one target of -1 and 1 a class, weighted by class or not."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.exact.deletion import deletion
from fold_guard.crossval.exact.family import BoolArray, FloatArray, HeldOut, Problem
from fold_guard.crossval.exact.ridge import (
    CLOSED_FORM,
    DOWN_DATED,
    TOLERANCE,
    RidgeLeftOut,
    direct,
    penalties,
)

IntArray = npt.NDArray[np.int64]

# Scores this near to a tie, relative to the largest, fall out by rounding.
_TOO_NEAR = 1e-8


class RidgeClassifier:
    """RidgeClassifier, two classes or more, weighted by class and by sample, scaled or not.

    Weights of ``class_weight="balanced"`` are n / (n_classes * count) and so change with every
    sample that leaves; how, depends on its class alone: there are as many weighted problems as
    classes, each of which answers for the samples of its class.
    """

    name = "ridge classification"

    def refuses(self, problem: Problem, method: str) -> str | None:
        """Refuse several labels, and what is no quadratic problem."""
        if method not in ("predict", "decision_function"):
            return f"no formula for {method}"
        if problem.y.ndim != 1:
            return "several labels"
        if problem.model.positive:
            return "coefficients are held non-negative"
        classes = np.unique(problem.y)
        wanted = problem.model.class_weight
        if isinstance(wanted, Mapping) and not set(wanted) <= set(classes.tolist()):
            return "weights of a class that is not there"
        return "one class only" if len(classes) < 2 else None

    def held_out(self, problem: Problem, method: str) -> HeldOut:
        """Return scores, or the class of the highest one."""
        classes, codes = np.unique(problem.y, return_inverse=True)
        counts = np.bincount(codes)
        signs = np.where(codes[:, None] == np.arange(len(classes)), 1.0, -1.0)
        targets = signs[:, 1:] if len(classes) == 2 else signs
        alphas = penalties(problem.model.alpha, targets.shape[1])
        scores = np.empty_like(targets)
        # A class that is gone takes its target along.
        refit: BoolArray = (counts == 1)[codes]
        leverage = np.zeros(len(codes))
        for samples, weights in _weightings(problem, classes, codes):
            weighted = dataclasses.replace(problem, sample_weight=weights)
            terms = deletion(weighted, targets, intercept=bool(problem.model.fit_intercept))
            left_out = RidgeLeftOut.of(weighted, terms)
            found, unsound = left_out.predictions(alphas)
            scores[samples] = found[samples]
            refit[samples] |= unsound[samples]
            leverage[samples] = left_out.leverage[samples]
        how = DOWN_DATED if problem.with_std else CLOSED_FORM
        if method == "decision_function":
            flat = scores[:, 0] if len(classes) == 2 else scores
            return HeldOut(flat, refit, leverage, TOLERANCE, True, how)
        winner, margin = _winner(scores)
        refit = refit | (margin <= _TOO_NEAR * np.abs(scores).max())
        return HeldOut(classes[winner], refit, leverage, 0.0, False, how)

    def reference(self, model: Any) -> tuple[Any, str]:
        """Return the model with a direct solver."""
        return direct(model)


def _winner(scores: FloatArray) -> tuple[IntArray, FloatArray]:
    if scores.shape[1] == 1:
        return (scores[:, 0] > 0).astype(np.int64), np.abs(scores[:, 0])
    ordered = np.sort(scores, axis=1)
    return scores.argmax(axis=1), ordered[:, -1] - ordered[:, -2]


def _weightings(
    problem: Problem, classes: npt.NDArray[Any], codes: IntArray
) -> Iterator[tuple[IntArray, FloatArray | None]]:
    given, wanted = problem.sample_weight, problem.model.class_weight
    everyone = np.arange(len(codes))
    if not wanted:
        yield everyone, given
        return
    own = np.ones(len(codes)) if given is None else given
    if isinstance(wanted, Mapping):
        by_class = np.array([float(wanted.get(each, 1.0)) for each in classes.tolist()])
        yield everyone, own * by_class[codes]
        return
    counts = np.bincount(codes)
    for code in range(len(classes)):
        left = counts - (np.arange(len(classes)) == code)
        if left[code]:
            balanced = (len(codes) - 1) / (len(classes) * left)
            yield np.flatnonzero(codes == code), own * balanced[codes]


RIDGE_CLASSIFIER = RidgeClassifier()
