from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn import metrics as reference

from fold_guard.crossval.metrics import NO_PROBABILITIES, metric_names, metric_range, score_side

CLASSES = ("invalid", "negative", "positive")


def random_side(seed: int = 0, rows: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    actual = rng.integers(0, 3, rows)
    weights = rng.random((rows, 3)) + 0.5 * np.eye(3)[actual]
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    return actual, probabilities.argmax(axis=1), probabilities


def test_every_name_is_there_and_agrees_with_its_definition() -> None:
    actual, predicted, p = random_side()
    side = score_side(actual, predicted, p, CLASSES)
    values = side.values
    assert tuple(values) == metric_names(CLASSES)
    assert side.undefined == {}
    hit = np.eye(3)[actual]
    assert values["accuracy"] == pytest.approx((actual == predicted).mean())
    assert values["brier"] == pytest.approx(((p - hit) ** 2).sum(axis=1).mean())
    assert values["log_loss"] == pytest.approx(-np.log(p[np.arange(200), actual]).mean())
    recalls, f1s = [], []
    for code, label in enumerate(CLASSES):
        tp = ((actual == code) & (predicted == code)).sum()
        recall, precision = tp / (actual == code).sum(), tp / (predicted == code).sum()
        recalls.append(recall)
        f1s.append(2 * precision * recall / (precision + recall))
        assert values[f"recall[{label}]"] == pytest.approx(recall)
        assert values[f"precision[{label}]"] == pytest.approx(precision)
        assert values[f"f1[{label}]"] == pytest.approx(f1s[-1])
        mine, other = p[actual == code, code], p[actual != code, code]
        wins = (mine[:, None] > other).mean() + (mine[:, None] == other).mean() / 2
        assert values[f"roc_auc[{label}]"] == pytest.approx(wins)
    assert values["balanced_accuracy"] == pytest.approx(np.mean(recalls))
    assert values["macro_f1"] == pytest.approx(np.mean(f1s))
    assert values["roc_auc"] == pytest.approx(
        reference.roc_auc_score(actual, p, multi_class="ovr", average="macro")
    )
    assert values["average_precision"] == pytest.approx(
        reference.average_precision_score(hit, p, average="macro")
    )


def test_two_classes_have_the_same_brier_definition() -> None:
    actual, p = np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4]])
    side = score_side(actual, p.argmax(axis=1), p, ("no", "yes"))
    assert side.values["brier"] == pytest.approx(2 * np.mean([0.1**2, 0.3**2, 0.6**2]))


def test_an_absent_class_is_undefined_and_never_zero() -> None:
    actual, predicted, p = random_side()
    keep = actual != 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        side = score_side(actual[keep], predicted[keep], p[keep], CLASSES)
    absent = {name for name, value in side.values.items() if value is None}
    assert absent == {
        "recall[invalid]",
        "f1[invalid]",
        "roc_auc[invalid]",
        "average_precision[invalid]",
        "balanced_accuracy",
        "macro_f1",
        "roc_auc",
        "average_precision",
    }
    assert set(side.undefined) == absent
    assert set(side.undefined.values()) == {"no rows of class 'invalid'"}


def test_a_class_never_predicted_has_no_precision_but_recall_and_f1_of_zero() -> None:
    side = score_side(np.array([0, 1, 2]), np.array([0, 1, 1]), None, CLASSES)
    assert side.values["precision[positive]"] is None
    assert side.undefined["precision[positive]"] == "class 'positive' is never predicted"
    assert side.values["recall[positive]"] == 0.0
    assert side.values["f1[positive]"] == 0.0


def test_one_class_only() -> None:
    p = np.full((4, 3), 1 / 3)
    side = score_side(np.ones(4, dtype=np.int64), np.ones(4, dtype=np.int64), p, CLASSES)
    assert side.undefined["roc_auc[negative]"] == "every row is of class 'negative'"
    # Every ranking of one class is perfect: an average precision of 1 would say nothing.
    assert side.undefined["average_precision[negative]"] == "every row is of class 'negative'"
    assert side.values["recall[negative]"] == 1.0
    assert side.values["f1[negative]"] == 1.0
    assert side.values["log_loss"] == pytest.approx(np.log(3))


def test_a_single_row_has_no_f1() -> None:
    side = score_side(np.array([1]), np.array([1]), np.full((1, 3), 1 / 3), CLASSES)
    assert side.undefined["f1[negative]"] == "one row is no set to balance errors on"
    assert side.undefined["f1[positive]"] == "no rows of class 'positive'"
    assert (side.values["recall[negative]"], side.values["precision[negative]"]) == (1.0, 1.0)


def test_without_probabilities() -> None:
    actual, predicted, _ = random_side()
    side = score_side(actual, predicted, None, CLASSES)
    lacking = {name for name, value in side.values.items() if value is None}
    assert {name.partition("[")[0] for name in lacking} == {
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier",
    }
    assert {side.undefined[name] for name in lacking} == {NO_PROBABILITIES}


def test_ranges() -> None:
    assert metric_range("recall[x]") == (0.0, 1.0)
    assert metric_range("log_loss") == (0.0, float("inf"))
