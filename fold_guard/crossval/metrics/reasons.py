"""Why a metric has no value: said of the rows, so that a reader can tell what is missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.metrics.counts import ClassCounts
from fold_guard.crossval.metrics.registry import NO_PROBABILITIES, metric_of
from fold_guard.crossval.metrics.regression import is_constant

FloatArray = npt.NDArray[np.float64]

MOST_PARTS = 5
"""So many classes are named that make a mean over classes undefined."""

_PART_OF = {
    "balanced_accuracy": "recall",
    "macro_precision": "precision",
    "macro_f1": "f1",
    "weighted_precision": "precision",
    "weighted_f1": "f1",
    "roc_auc": "roc_auc",
    "average_precision": "average_precision",
}


def why_class(
    name: str, code: int, counts: ClassCounts, classes: Sequence[str], *, forecasts: bool
) -> str:
    """Return why a metric of one class is undefined, or empty if it is defined.

    Parameters
    ----------
    name : str
        Without the class.
    code : int
    counts : ClassCounts
        Of the rows, arrays of shape (n_classes,).
    classes : sequence of str
    forecasts : bool
        Whether there are probabilities.
    """
    if metric_of(f"{name}[{classes[code]}]").needs == "probabilities" and not forecasts:
        return NO_PROBABILITIES
    support, rows = counts.support[code], counts.support.sum()
    if name == "precision":
        return "" if counts.predicted[code] else f"class {classes[code]!r} is never predicted"
    if support == 0 and name != "specificity":
        return f"no rows of class {classes[code]!r}"
    if support == rows and name in ("specificity", "roc_auc", "average_precision"):
        return f"every row is of class {classes[code]!r}"
    return "one row is no set to balance errors on" if name == "f1" and rows == 1 else ""


def why_whole(name: str, counts: ClassCounts, classes: Sequence[str], *, forecasts: bool) -> str:
    """Return why a metric of all classes together is undefined, or empty if it is defined.

    Parameters are those of :func:`why_class`.
    """
    if metric_of(name).needs == "probabilities" and not forecasts:
        return NO_PROBABILITIES
    if name == "matthews_corrcoef":
        return _why_one_class(counts, classes)
    part = _PART_OF.get(name)
    if part is None:
        return ""
    weighted = name.startswith("weighted")
    reasons = [
        why_class(part, code, counts, classes, forecasts=forecasts)
        for code in range(len(classes))
        if not weighted or counts.support[code] > 0
    ]
    known = list(dict.fromkeys(reason for reason in reasons if reason))
    more = [f"and {len(known) - MOST_PARTS} more"] if len(known) > MOST_PARTS else []
    return "; ".join(known[:MOST_PARTS] + more)


def _why_one_class(counts: ClassCounts, classes: Sequence[str]) -> str:
    rows = counts.support.sum()
    for what, numbers in (("row", counts.support), ("prediction", counts.predicted)):
        if numbers.max() == rows:
            return f"every {what} is of class {classes[int(numbers.argmax())]!r}"
    return ""


def why_numbers(name: str, actual: FloatArray, predicted: FloatArray) -> str:
    """Return why a regression metric is undefined, or empty if it is defined."""
    if name == "mape":
        zeros = int((actual == 0).sum())
        if zeros:
            return "a target is zero" if zeros == 1 else f"{zeros:,} targets are zero"
    correlates = name in ("spearman", "pearson")
    if correlates and len(actual) < 3:
        return "fewer than three rows always correlate perfectly, or not at all"
    if correlates or name in ("r2", "explained_variance"):
        if len(actual) == 1:
            return "one row does not vary"
        if is_constant(actual):
            return "every target is the same"
        if correlates and is_constant(predicted):
            return "every prediction is the same"
    return "its sums are too large for a number"
