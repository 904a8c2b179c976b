from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as reference

from fold_guard.crossval.metrics.registry import (
    EQUAL,
    METRICS,
    class_metric,
    default_headline,
    headlines,
    lower_is_better,
    metric_names,
    metric_of,
    metric_range,
    per_class,
    spoken_metric,
)
from fold_guard.crossval.metrics.side import score_side
from fold_guard.errors import UsageError
from tests.crossval.metrics.made import CLASSES, random_classes, random_numbers


def test_names_are_headlines_then_one_a_class() -> None:
    names = metric_names("classification", CLASSES)
    assert len(names) == len(set(names)) == 12 + 7 * 3
    assert names[:12] == headlines("classification")
    assert names[12:15] == ("precision[invalid]", "precision[negative]", "precision[positive]")
    assert metric_names("regression") == headlines("regression")
    assert per_class("regression") == ()


def test_what_rounds_cannot_have_is_left_out_on_demand() -> None:
    every = metric_names("classification", CLASSES)
    of_rounds = metric_names("classification", CLASSES, over_rounds=True)
    left_out = [name for name in every if name not in of_rounds]
    assert left_out == [
        "calibration_error",
        *(class_metric("calibration_error", label) for label in CLASSES),
    ]


def test_each_metric_says_all_that_depends_on_it() -> None:
    for metric in METRICS:
        assert metric.undefined
        assert metric.over_rounds or metric.pooled
        assert (metric.interval == "none") == bool(metric.why_no_interval)
        assert metric.low < metric.high
        assert (metric.needs == "numbers") == (metric.task == "regression")
        # A rate lies between 0 and 1, or Wilson's interval would be none.
        assert metric.interval != "rate" or metric_range(
            metric.name + "[c]" * metric.per_class
        ) == (
            0.0,
            1.0,
        )


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "roc_auc[positive]"])
def test_rankings_are_not_pooled_and_say_why(name: str) -> None:
    assert not metric_of(name).pooled
    assert "0.37, not 0.5" in metric_of(name).why_not_pooled


@pytest.mark.parametrize("name", ["pearson", "spearman"])
def test_correlations_are_not_pooled_and_say_why(name: str) -> None:
    assert "-1" in metric_of(name).why_not_pooled


def test_whether_more_is_better_agrees_with_scikit_learn() -> None:
    # Its scorers turn losses around, and say so by a prefix.
    scorers = reference.get_scorer_names()
    names = {
        "log_loss": "neg_log_loss",
        "brier": "neg_brier_score",
        "mae": "neg_mean_absolute_error",
        "mse": "neg_mean_squared_error",
        "rmse": "neg_root_mean_squared_error",
        "median_absolute_error": "neg_median_absolute_error",
        "max_error": "neg_max_error",
        "mape": "neg_mean_absolute_percentage_error",
    }
    assert set(names.values()) <= set(scorers)
    for name in ("accuracy", "balanced_accuracy", "r2", "explained_variance", "roc_auc"):
        assert name in scorers
        assert not lower_is_better(name)
    for name in names:
        assert lower_is_better(name)
    assert lower_is_better("calibration_error[x]")
    assert not lower_is_better("matthews_corrcoef")


def test_values_lie_in_the_range() -> None:
    for side in (random_classes(), random_numbers()):
        for name, value in score_side(side).values.items():
            low, high = metric_range(name)
            assert value is not None
            assert low <= value <= high
    assert metric_range("brier") == (0.0, 2.0)
    assert metric_range("r2") == (-math.inf, 1.0)
    assert metric_range("matthews_corrcoef") == (-1.0, 1.0)


def test_names_that_equal_another_are_told_which() -> None:
    side = random_classes()
    values = score_side(side).values
    for name in EQUAL:
        label = "[positive]" if name == "sensitivity" else ""
        with pytest.raises(UsageError, match=f"equals {EQUAL[name]!r}"):
            metric_of(name + label)
    # That they are equal is not a matter of taste.
    for average, names in (("micro", ("precision", "recall", "f1")), ("weighted", ("recall",))):
        for name in names:
            score = getattr(reference, f"{name}_score")
            expected = score(side.actual, side.predicted, average=average)
            assert values[EQUAL[f"{average}_{name}"]] == pytest.approx(expected)
    macro = reference.recall_score(side.actual, side.predicted, average="macro")
    assert values[EQUAL["macro_recall"]] == pytest.approx(macro)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("recal[positive]", "Did you mean 'recall'?"),
        ("recall", r"one for each class: recall\[<class>\]"),
        ("accuracy[positive]", "of no single class: accuracy"),
        ("recall[positive", r"recall\[<class>\]"),
        ("acuracy", "Did you mean 'accuracy'?"),
        ("", "Known: accuracy"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(name: str, remedy: str) -> None:
    with pytest.raises(UsageError, match=remedy):
        metric_of(name)


def test_a_class_may_have_brackets_in_its_name() -> None:
    assert metric_of("recall[a[0]]").name == "recall"
    assert spoken_metric("roc_auc[roc_auc]") == "ROC AUC[roc_auc]"


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_default_headline_can_be_reported_whatever_the_design(task: str) -> None:
    for name in default_headline(task):  # type: ignore[arg-type]
        assert name in headlines(task)  # type: ignore[arg-type]
        assert metric_of(name).pooled
        assert metric_of(name).over_rounds


def test_undefined_and_needs_hold_for_the_values() -> None:
    side = random_classes()
    hard = score_side(type(side)(side.task, side.classes, side.actual, side.predicted))
    lacking = {name for name, value in hard.values.items() if value is None}
    assert lacking == {name for name in hard.values if metric_of(name).needs == "probabilities"}
    never = [metric.name for metric in METRICS if metric.undefined == "never"]
    one = score_side(side.take(np.array([0])))
    for name in set(never) & set(one.values):
        assert one.values[name] is not None


def test_an_empty_text_is_a_class_like_others() -> None:
    assert metric_of(class_metric("recall", "")) is metric_of("recall[yes]")
