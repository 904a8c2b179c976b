"""Metrics that follow from how many rows of each class were predicted as which.

Of the confusion matrix they need three numbers a class: its rows, how often it was predicted, and
how often rightly. Sums of these numbers, over rounds or over drawn units, give the metric of the
rows together, so every function takes arrays of many such sums at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ClassCounts:
    """Rows by class.

    Attributes
    ----------
    support, predicted, hits : ndarray of float64, shape (..., n_classes)
        Rows of a class, predictions of it, and rows of it that are predicted as it.
    """

    support: FloatArray
    predicted: FloatArray
    hits: FloatArray


def class_counts(actual: IntArray, predicted: IntArray, n_classes: int) -> ClassCounts:
    """Count the rows of one set.

    >>> import numpy as np
    >>> counts = class_counts(np.array([0, 1, 1]), np.array([0, 0, 1]), 2)
    >>> counts.support, counts.predicted, counts.hits
    (array([1., 2.]), array([2., 1.]), array([1., 1.]))
    """

    def count(codes: IntArray) -> FloatArray:
        return np.bincount(codes, minlength=n_classes).astype(np.float64)

    return ClassCounts(count(actual), count(predicted), count(actual[actual == predicted]))


def of_classes(counts: ClassCounts, rows: FloatArray | None = None) -> dict[str, FloatArray]:
    """Return precision, recall, F1 and specificity of each class; NaN is undefined.

    F1 is undefined for a class without rows, though its formula gives 0 when it was predicted: the
    score of a class that cannot be found is not to pull down a mean over classes. On a single row
    it is undefined too, as it would be that row's recall.

    Parameters
    ----------
    counts : ClassCounts
        Of all classes, or of some.
    rows : ndarray of float64, shape (..., 1), optional
        Rows of all classes, where the counts are of some only.

    Returns
    -------
    dict of str to ndarray of float64, shape (..., n_classes)
    """
    rows = counts.support.sum(axis=-1, keepdims=True) if rows is None else rows
    others = rows - counts.support
    quiet = others - counts.predicted + counts.hits
    counted = np.where(counts.support > 0, counts.support + counts.predicted, 0.0)
    return {
        "precision": _ratio(counts.hits, counts.predicted),
        "recall": _ratio(counts.hits, counts.support),
        "f1": _ratio(2 * counts.hits, np.where(rows > 1, counted, 0.0)),
        "specificity": _ratio(quiet, others),
    }


def over_classes(counts: ClassCounts, parts: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """Return the metrics of all classes together; NaN is undefined.

    A mean over classes (balanced, macro) is undefined when one of its parts is: a mean over fewer
    classes is another quantity, and must not be averaged with the others. A weighted mean does
    without the parts of classes that have no rows.

    The correlation coefficient of Matthews is the one for several classes, of Gorodkin (2004).

    Parameters
    ----------
    counts : ClassCounts
    parts : dict
        What :func:`of_classes` returns for these counts.

    Returns
    -------
    dict of str to ndarray of float64, shape (...)
    """
    rows = counts.support.sum(axis=-1)
    right = counts.hits.sum(axis=-1)
    left_over = rows**2 - np.sum(counts.predicted**2, axis=-1)
    mixed = rows**2 - np.sum(counts.support**2, axis=-1)
    together = right * rows - np.sum(counts.support * counts.predicted, axis=-1)
    return {
        "accuracy": _ratio(right, rows),
        "balanced_accuracy": np.mean(parts["recall"], axis=-1),
        "macro_precision": np.mean(parts["precision"], axis=-1),
        "macro_f1": np.mean(parts["f1"], axis=-1),
        "weighted_precision": _weighted(parts["precision"], counts.support, rows),
        "weighted_f1": _weighted(parts["f1"], counts.support, rows),
        # Two roots, as the product of two squares of a million rows is past exact integers.
        "matthews_corrcoef": _ratio(together, _root(left_over) * _root(mixed)),
    }


def _root(squares: FloatArray) -> FloatArray:
    # Weighted counts miss zero by rounding.
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)), dtype=np.float64)


def _weighted(part: FloatArray, support: FloatArray, rows: FloatArray) -> FloatArray:
    weighted = np.where(support > 0, part, 0.0) * support
    return _ratio(weighted.sum(axis=-1), rows)


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    found = np.full(np.broadcast(part, whole).shape, np.nan)
    np.divide(part, whole, out=found, where=whole > 0)
    return found
