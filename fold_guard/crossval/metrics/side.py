"""The metrics of one set of rows, by name; an undefined one says why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.metrics.counts import ClassCounts, class_counts, of_classes, over_classes
from fold_guard.crossval.metrics.forecasts import brier_losses, log_losses, ranking
from fold_guard.crossval.metrics.reasons import why_class, why_numbers, why_whole
from fold_guard.crossval.metrics.registry import class_metric, metric_names
from fold_guard.crossval.metrics.regression import correlations, of_order, of_sums, row_sums
from fold_guard.crossval.result import Scores, Task

FloatArray = npt.NDArray[np.float64]

_RANKED = ("roc_auc", "average_precision")


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Predictions of some rows, and what came.

    Attributes
    ----------
    task : {"classification", "regression"}
    classes : tuple of str
        Empty for regression.
    actual, predicted : ndarray, shape (n_rows,)
        int64 positions in ``classes``, or finite float64 values for regression; at least one row.
    probabilities : ndarray of float64, shape (n_rows, n_classes), or None
        Rows sum to one. None where the estimator gives none.
    """

    task: Task
    classes: tuple[str, ...]
    actual: npt.NDArray[Any]
    predicted: npt.NDArray[Any]
    probabilities: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.actual)

    def take(self, picked: Any) -> Side:
        """Return some of the rows: a mask, positions, or a slice."""
        forecast = None if self.probabilities is None else self.probabilities[picked]
        return Side(self.task, self.classes, self.actual[picked], self.predicted[picked], forecast)


def score_side(side: Side) -> Scores:
    """Compute every metric that one set of rows can have.

    Precision is undefined for a class that is never predicted; recall, F1, average precision and
    ROC AUC for a class without rows; ROC AUC and average precision (any ranking is perfect then)
    and specificity for a class that has every row; F1 of a single row, which would be its recall.
    The means over classes (balanced accuracy, the macro ones, ROC AUC, average precision) are
    undefined when one of their parts is: a mean over fewer classes is another quantity, and must
    not be averaged with the others. The Matthews correlation is undefined when all rows, or all
    predictions, are of one class. Log loss and the Brier score are those of
    :mod:`fold_guard.crossval.metrics.forecasts`.

    R squared and explained variance are undefined where the targets do not vary, correlations
    also where the predictions do not or there are fewer than three rows, and the percentage error
    where a target is zero.

    Parameters
    ----------
    side : Side

    Returns
    -------
    Scores
        With every name of ``metric_names(task, classes, over_rounds=True)``.

    Examples
    --------
    >>> import numpy as np
    >>> side = Side("classification", ("no", "yes"), np.array([0, 1, 1]), np.array([0, 0, 0]))
    >>> scores = score_side(side)
    >>> scores.values["recall[yes]"], scores.values["precision[yes]"]
    (0.0, None)
    >>> scores.undefined["precision[yes]"]
    "class 'yes' is never predicted"
    """
    if not len(side):
        raise ValueError("no rows to score")
    found = _numbers(side) if side.task == "regression" else _classes(side)
    values, undefined = {}, {}
    for name in metric_names(side.task, side.classes, over_rounds=True):
        value, reason = found[name]
        values[name] = value
        if value is None:
            undefined[name] = reason
    return Scores(values, undefined)


_Found = Mapping[str, tuple[float | None, str]]


def _numbers(side: Side) -> _Found:
    values = of_sums(row_sums(side.actual, side.predicted).sum(axis=0))
    given = {name: float(value) for name, value in values.items()}
    given |= of_order(side.actual, side.predicted) | correlations(side.actual, side.predicted)
    return {
        name: (value, "")
        if np.isfinite(value)
        else (None, why_numbers(name, side.actual, side.predicted))
        for name, value in given.items()
    }


def _classes(side: Side) -> _Found:
    counts = class_counts(side.actual, side.predicted, len(side.classes))
    parts = of_classes(counts)
    whole = {name: float(value) for name, value in over_classes(counts, parts).items()}
    forecast = side.probabilities
    ranked = _ranked(side, counts)
    parts |= ranked
    whole |= {name: float(np.mean(values)) for name, values in ranked.items()}
    for name, losses in (("log_loss", log_losses), ("brier", brier_losses)):
        whole[name] = np.nan if forecast is None else float(losses(side.actual, forecast).mean())

    known, classes = forecast is not None, side.classes
    found: dict[str, tuple[float | None, str]] = {}
    for name, value in whole.items():
        if np.isfinite(value):
            found[name] = value, ""
        else:
            found[name] = None, why_whole(name, counts, classes, forecasts=known)
    for name, values in parts.items():
        for code, value in enumerate(values.tolist()):
            if np.isfinite(value):
                found[class_metric(name, classes[code])] = value, ""
            else:
                reason = why_class(name, code, counts, classes, forecasts=known)
                found[class_metric(name, classes[code])] = None, reason
    return found


def _ranked(side: Side, counts: ClassCounts) -> dict[str, FloatArray]:
    found = np.full((len(_RANKED), len(side.classes)), np.nan)
    if side.probabilities is not None:
        for code in np.flatnonzero((counts.support > 0) & (counts.support < len(side))):
            found[:, code] = ranking(side.actual == code, side.probabilities[:, code])
    return dict(zip(_RANKED, found, strict=True))
