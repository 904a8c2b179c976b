"""Every metric by name, and what may be done with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from fold_guard.crossval.result import Task
from fold_guard.errors import UsageError
from fold_guard.suggest import did_you_mean

Needs = Literal["labels", "probabilities", "numbers"]
PooledInterval = Literal["rate", "sums", "none"]

NO_PROBABILITIES = "the estimator has no predict_proba"


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric is; a value of it stands elsewhere.

    Attributes
    ----------
    name : str
        Without a class.
    task : {"classification", "regression"}
    needs : {"labels", "probabilities", "numbers"}
        What the estimator has to predict.
    undefined : str
        When it has no value, in words.
    low, high : float
        The lowest and the highest value that it can have.
    lower_is_better : bool
    per_class : bool
        Whether there is one for each class, ``recall[positive]``.
    why_not_over_rounds : str
        Why no round has a value of its own; empty where rounds have one.
    why_not_pooled : str
        Why predictions of different models may not be scored as one set; empty where they may.
    interval : {"rate", "sums", "none"}
        How the interval of the pooled value is made. A rate has Wilson's where each unit is one
        row; rates of larger units and other functions of sums over rows have a bootstrap by unit.
    why_no_interval : str
        For nothing but "none".
    """

    name: str
    task: Task
    needs: Needs
    undefined: str
    low: float = 0.0
    high: float = 1.0
    lower_is_better: bool = False
    per_class: bool = False
    why_not_over_rounds: str = ""
    why_not_pooled: str = ""
    interval: PooledInterval = "sums"
    why_no_interval: str = ""

    @property
    def over_rounds(self) -> bool:
        """Whether it is computed round by round."""
        return not self.why_not_over_rounds

    @property
    def pooled(self) -> bool:
        """Whether it may be computed on the predictions of all rounds together."""
        return not self.why_not_pooled


_RANKS = (
    "it ranks rows that different models scored: pooled leave-one-out AUC on noise is 0.37, not 0.5"
)
_CORRELATES = (
    "it compares rows that different models predicted: pooled leave-one-out correlation of a "
    "model that always predicts the mean is -1, not 0"
)
_FEW_ROWS = "a round has too few rows: the noise of its bins would be read as miscalibration"
_CALIBRATED = "a bootstrap of absolute values lies above zero even where the forecast is calibrated"
_ANY_PART = "when it is undefined for a class"
_ABSENT = "for a class without rows"
_ONE_SIDED = "for a class without rows, and for one that has every row"
_CONSTANT = "when every target is the same"
_UNBOUNDED = math.inf


def _label(name: str, undefined: str, interval: PooledInterval = "sums") -> Metric:
    return Metric(name, "classification", "labels", undefined, interval=interval)


def _forecast(name: str, undefined: str) -> Metric:
    return Metric(name, "classification", "probabilities", undefined)


def _number(name: str, undefined: str = "never") -> Metric:
    return Metric(name, "regression", "numbers", undefined, high=_UNBOUNDED, lower_is_better=True)


_CALIBRATION_ERROR = replace(
    _forecast("calibration_error", "with too few rows for two bins"),
    lower_is_better=True,
    why_not_over_rounds=_FEW_ROWS,
    interval="none",
    why_no_interval=_CALIBRATED,
)
_ROC_AUC = replace(_forecast("roc_auc", _ONE_SIDED), why_not_pooled=_RANKS)
_AVERAGE_PRECISION = replace(_forecast("average_precision", _ONE_SIDED), why_not_pooled=_RANKS)
_CORRELATION = Metric(
    "pearson",
    "regression",
    "numbers",
    "with fewer than three rows, and when every target or every prediction is the same",
    low=-1.0,
    why_not_pooled=_CORRELATES,
)

_WHOLE = (
    _label("accuracy", "never", "rate"),
    _label("balanced_accuracy", _ANY_PART),
    _label("macro_precision", _ANY_PART),
    _label("macro_f1", _ANY_PART),
    _label("weighted_precision", "when a class with rows is never predicted"),
    _label("weighted_f1", "on a single row"),
    replace(
        _label("matthews_corrcoef", "when all rows, or all predictions, are of one class"), low=-1.0
    ),
    replace(_ROC_AUC, undefined=_ANY_PART),
    replace(_AVERAGE_PRECISION, undefined=_ANY_PART),
    replace(_forecast("log_loss", "never"), high=_UNBOUNDED, lower_is_better=True),
    replace(_forecast("brier", "never"), high=2.0, lower_is_better=True),
    _CALIBRATION_ERROR,
)
_OF_A_CLASS = tuple(
    replace(metric, per_class=True)
    for metric in (
        _label("precision", "for a class that is never predicted", "rate"),
        _label("recall", _ABSENT, "rate"),
        _label("f1", f"{_ABSENT}, and on a single row"),
        _label("specificity", "for a class that has every row", "rate"),
        _ROC_AUC,
        _AVERAGE_PRECISION,
        _CALIBRATION_ERROR,
    )
)
_NUMBERS = (
    _number("mae"),
    _number("mse"),
    _number("rmse"),
    replace(
        _number("median_absolute_error"),
        interval="none",
        why_no_interval="a median is no function of sums over rows",
    ),
    replace(
        _number("max_error"),
        interval="none",
        why_no_interval="the largest error of more rows is larger",
    ),
    replace(_number("r2", _CONSTANT), low=-_UNBOUNDED, high=1.0, lower_is_better=False),
    replace(
        _number("explained_variance", _CONSTANT), low=-_UNBOUNDED, high=1.0, lower_is_better=False
    ),
    _number("mape", "when a target is zero"),
    replace(_CORRELATION, name="spearman"),
    _CORRELATION,
)

METRICS = _WHOLE + _OF_A_CLASS + _NUMBERS
"""The registry, in the order of all artefacts."""

_BY_NAME = {(metric.name, metric.per_class): metric for metric in METRICS}

EQUAL = {
    "micro_precision": "accuracy",
    "micro_recall": "accuracy",
    "micro_f1": "accuracy",
    "weighted_recall": "accuracy",
    "macro_recall": "balanced_accuracy",
    "sensitivity": "recall",
    "mcc": "matthews_corrcoef",
}
"""Names that are not in the registry, as each is another name of one that is.

Where every row has one label and one prediction, a wrong prediction is one false positive and one
false negative. So precision, recall and F1 over the counts of all classes together (micro) are all
the share of right predictions, and the recall of classes weighted by their rows is, too.
"""

_SPOKEN = {
    "roc_auc": "ROC AUC",
    "mae": "mean absolute error",
    "mse": "mean squared error",
    "rmse": "root mean squared error",
    "mape": "mean absolute percentage error",
    "r2": "R squared",
    "matthews_corrcoef": "Matthews correlation",
    "pearson": "Pearson correlation",
    "spearman": "Spearman correlation",
}


def class_metric(name: str, label: str) -> str:
    """Return the name of a per-class metric.

    >>> class_metric("recall", "positive")
    'recall[positive]'
    """
    return f"{name}[{label}]"


def metric_names(
    task: Task, classes: Sequence[str] = (), *, over_rounds: bool = False
) -> tuple[str, ...]:
    """Return every metric name of a task, in the order of all artefacts.

    Parameters
    ----------
    task : {"classification", "regression"}
    classes : sequence of str
        Empty for regression.
    over_rounds : bool
        Only those that are computed round by round.

    Examples
    --------
    >>> metric_names("classification", ["a", "b"])[10:15]
    ('brier', 'calibration_error', 'precision[a]', 'precision[b]', 'recall[a]')
    >>> metric_names("regression")[:3]
    ('mae', 'mse', 'rmse')
    """
    return headlines(task, over_rounds=over_rounds) + tuple(
        class_metric(name, label)
        for name in per_class(task, over_rounds=over_rounds)
        for label in classes
    )


def headlines(task: Task, *, over_rounds: bool = False) -> tuple[str, ...]:
    """Return the metrics of a task that are of no single class.

    >>> headlines("classification")[:2]
    ('accuracy', 'balanced_accuracy')
    """
    return _named(task, False, over_rounds)


def per_class(task: Task, *, over_rounds: bool = False) -> tuple[str, ...]:
    """Return the metrics that a task has for each class, without the class.

    >>> per_class("classification")[:4]
    ('precision', 'recall', 'f1', 'specificity')
    """
    return _named(task, True, over_rounds)


def default_headline(task: Task) -> tuple[str, ...]:
    """Return what a report shows first where nobody says what to show.

    >>> default_headline("regression")
    ('mae',)
    """
    return ("macro_f1",) if task == "classification" else ("mae",)


def _named(task: Task, of_class: bool, over_rounds: bool) -> tuple[str, ...]:
    return tuple(
        metric.name
        for metric in METRICS
        if metric.task == task
        and metric.per_class == of_class
        and (metric.over_rounds or not over_rounds)
    )


def metric_of(name: str) -> Metric:
    """Return what the registry knows of a metric.

    Parameters
    ----------
    name : str
        With its class, if it is of one; whether there is such a class is not looked at.

    Raises
    ------
    UsageError
        No such metric, with the nearest name; or a class is missing, or one too many.

    Examples
    --------
    >>> metric_of("recall[positive]").interval, metric_of("roc_auc").pooled
    ('rate', False)
    >>> metric_of("micro_f1")
    Traceback (most recent call last):
    fold_guard.errors.UsageError: there is no metric 'micro_f1'. It equals 'accuracy': name that
    """
    base, bracket, rest = name.partition("[")
    of_class = bool(bracket) and rest.endswith("]")
    found = _BY_NAME.get((base, of_class)) if of_class or not bracket else None
    if found is not None:
        return found
    raise UsageError(f"there is no metric {name!r}", remedy=_remedy(base, of_class))


def _remedy(base: str, of_class: bool) -> str:
    if base in EQUAL:
        return f"It equals {EQUAL[base]!r}: name that"
    if not of_class and (base, True) in _BY_NAME:
        return f"There is one for each class: {class_metric(base, '<class>')}"
    if of_class and (base, False) in _BY_NAME:
        return f"It is of no single class: {base}"
    known = [metric.name for metric in METRICS if metric.per_class == of_class]
    return did_you_mean(base, dict.fromkeys(known))


def spoken_metric(name: str) -> str:
    """Return a metric's name as people say it.

    >>> spoken_metric("roc_auc[positive]"), spoken_metric("average_precision")
    ('ROC AUC[positive]', 'average precision')
    """
    base, bracket, label = name.partition("[")
    return _SPOKEN.get(base, base.replace("_", " ")) + bracket + label


def lower_is_better(name: str) -> bool:
    """Return whether a metric is a loss.

    >>> lower_is_better("log_loss"), lower_is_better("recall[a]")
    (True, False)
    """
    return metric_of(name).lower_is_better


def metric_range(name: str) -> tuple[float, float]:
    """Return the lowest and the highest value that a metric can have.

    >>> metric_range("brier")
    (0.0, 2.0)
    """
    metric = metric_of(name)
    return metric.low, metric.high
