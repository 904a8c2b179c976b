"""The metrics of one side of one round, by name; an undefined one says why.

Names: ``accuracy``, ``balanced_accuracy``, ``macro_f1``, ``roc_auc``, ``average_precision``,
``log_loss``, ``brier``, and per class ``precision[c]``, ``recall[c]``, ``f1[c]``, ``roc_auc[c]``
(one against the rest), ``average_precision[c]``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fold_guard.crossval.result import Scores

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

HEADLINES = (
    "accuracy",
    "balanced_accuracy",
    "macro_f1",
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier",
)
PER_CLASS = ("precision", "recall", "f1", "roc_auc", "average_precision")
NEED_PROBABILITIES = ("roc_auc", "average_precision", "log_loss", "brier")
_HIGHEST = {"log_loss": float("inf"), "brier": 2.0}

NO_PROBABILITIES = "the estimator has no predict_proba"


def class_metric(name: str, label: str) -> str:
    """Return the name of a per-class metric.

    >>> class_metric("recall", "positive")
    'recall[positive]'
    """
    return f"{name}[{label}]"


def metric_names(classes: Sequence[str]) -> tuple[str, ...]:
    """Return every metric name, in the order of all artefacts.

    >>> metric_names(["a", "b"])[6:10]
    ('brier', 'precision[a]', 'precision[b]', 'recall[a]')
    """
    return HEADLINES + tuple(class_metric(name, label) for name in PER_CLASS for label in classes)


def spoken_metric(name: str) -> str:
    """Return a metric's name as people say it.

    >>> spoken_metric("roc_auc[positive]"), spoken_metric("average_precision")
    ('ROC AUC[positive]', 'average precision')
    """
    base, bracket, label = name.partition("[")
    return base.replace("roc_auc", "ROC AUC").replace("_", " ") + bracket + label


def lower_is_better(name: str) -> bool:
    """Return whether a metric is a loss.

    >>> lower_is_better("log_loss"), lower_is_better("recall[a]")
    (True, False)
    """
    return name in _HIGHEST


def metric_range(name: str) -> tuple[float, float]:
    """Return the lowest and the highest value that a metric can have.

    >>> metric_range("brier")
    (0.0, 2.0)
    """
    return 0.0, _HIGHEST.get(name, 1.0)


def score_side(
    actual: IntArray,
    predicted: IntArray,
    probabilities: FloatArray | None,
    classes: Sequence[str],
) -> Scores:
    """Compute every metric on one set of rows with scikit-learn's functions.

    Precision is undefined for a class that is never predicted; recall, F1, average precision and
    ROC AUC for a class without rows; ROC AUC and average precision for a class that has every row
    (any ranking is perfect then); F1 of a single row, which would be its recall. The means over
    classes (balanced accuracy, macro F1, macro ROC AUC, macro average precision) are undefined
    when a class has no rows: a mean over fewer classes is another quantity, and must not be
    averaged with the others. The Brier score is the
    multi-class one of Brier (1950): the mean over rows of the sum over classes of
    (probability - indicator)^2, from 0 to 2, also with two classes (where it is twice the binary
    score). Log loss clips probabilities as scikit-learn does, so a row of a class that the model
    never saw costs about 36.

    Parameters
    ----------
    actual, predicted : ndarray of int64, shape (n_rows,)
        Positions in ``classes``; at least one row.
    probabilities : ndarray of float64, shape (n_rows, n_classes), or None
        Rows sum to one.
    classes : sequence of str

    Returns
    -------
    Scores
        With every name of :func:`metric_names`.

    Examples
    --------
    >>> import numpy as np
    >>> side = score_side(np.array([0, 1, 1]), np.array([0, 0, 0]), None, ["no", "yes"])
    >>> side.values["recall[yes]"], side.values["precision[yes]"]
    (0.0, None)
    >>> side.undefined["precision[yes]"]
    "class 'yes' is never predicted"
    """
    values: dict[str, float | None] = dict.fromkeys(metric_names(classes))
    undefined: dict[str, str] = {}
    support = np.bincount(actual, minlength=len(classes))
    absent = [
        f"no rows of class {label!r}" for label, n in zip(classes, support, strict=True) if n == 0
    ]

    _hard_metrics(actual, predicted, classes, values)
    for code, label in enumerate(classes):
        if support[code] == 0:
            for name in ("recall", "f1"):
                values[class_metric(name, label)] = None
                undefined[class_metric(name, label)] = f"no rows of class {label!r}"
        elif len(actual) == 1:
            values[class_metric("f1", label)] = None
            undefined[class_metric("f1", label)] = "one row is no set to balance errors on"
        if not (predicted == code).any():
            name = class_metric("precision", label)
            values[name] = None
            undefined[name] = f"class {label!r} is never predicted"

    if probabilities is None:
        for name in values:
            if name.partition("[")[0] in NEED_PROBABILITIES:
                undefined[name] = NO_PROBABILITIES
    else:
        _soft_metrics(actual, probabilities, classes, support, values, undefined)
    if absent:
        for name in ("balanced_accuracy", "macro_f1", "roc_auc", "average_precision"):
            values[name] = None
            undefined.setdefault(name, "; ".join(absent[:5]))
    return Scores(values, {name: undefined[name] for name in values if name in undefined})


def _hard_metrics(
    actual: IntArray,
    predicted: IntArray,
    classes: Sequence[str],
    values: dict[str, float | None],
) -> None:
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    codes = np.arange(len(classes))
    precision, recall, f1, _ = precision_recall_fscore_support(
        actual, predicted, labels=codes, zero_division=0.0
    )
    values["accuracy"] = float(accuracy_score(actual, predicted))
    values["balanced_accuracy"] = float(np.mean(recall))
    values["macro_f1"] = float(np.mean(f1))
    for code, label in enumerate(classes):
        values[class_metric("precision", label)] = float(precision[code])
        values[class_metric("recall", label)] = float(recall[code])
        values[class_metric("f1", label)] = float(f1[code])


def _soft_metrics(
    actual: IntArray,
    probabilities: FloatArray,
    classes: Sequence[str],
    support: npt.NDArray[np.intp],
    values: dict[str, float | None],
    undefined: dict[str, str],
) -> None:
    from sklearn.metrics import (
        average_precision_score,
        brier_score_loss,
        log_loss,
        roc_auc_score,
    )

    codes = np.arange(len(classes))
    values["log_loss"] = float(log_loss(actual, probabilities, labels=codes))
    values["brier"] = float(
        brier_score_loss(actual, probabilities, labels=codes, scale_by_half=False)
    )
    for code, label in enumerate(classes):
        area, precision = class_metric("roc_auc", label), class_metric("average_precision", label)
        mine = actual == code
        if support[code] == 0:
            undefined[area] = undefined[precision] = f"no rows of class {label!r}"
            continue
        if mine.all():
            undefined[area] = undefined[precision] = f"every row is of class {label!r}"
        else:
            values[area] = float(roc_auc_score(mine, probabilities[:, code]))
            values[precision] = float(average_precision_score(mine, probabilities[:, code]))
    for name in ("roc_auc", "average_precision"):
        parts = [values[class_metric(name, label)] for label in classes]
        defined = [part for part in parts if part is not None]
        if len(defined) == len(parts):
            values[name] = float(np.mean(defined))
