from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from fold_guard.crossval.metrics.registry import NO_PROBABILITIES, metric_names
from fold_guard.crossval.metrics.side import Side, score_side
from tests.crossval.metrics.made import CLASSES, random_classes, random_numbers


def hard(actual: list[int], predicted: list[int], classes: tuple[str, ...] = CLASSES) -> Side:
    return Side("classification", classes, np.array(actual), np.array(predicted))


@pytest.mark.parametrize("k", [2, 3, 40])
def test_every_classification_metric_agrees_with_scikit_learn(k: int) -> None:
    side = random_classes(rows=2_000, k=k)
    scores = score_side(side)
    assert tuple(scores.values) == metric_names("classification", side.classes, over_rounds=True)
    assert scores.undefined == {}
    actual, predicted, p = side.actual, side.predicted, side.probabilities
    assert p is not None
    hit = np.eye(k)[actual]
    losses = reference.log_loss(actual, p, labels=np.arange(k))
    expected = {
        "accuracy": reference.accuracy_score(actual, predicted),
        "balanced_accuracy": reference.balanced_accuracy_score(actual, predicted),
        "macro_precision": reference.precision_score(actual, predicted, average="macro"),
        "macro_f1": reference.f1_score(actual, predicted, average="macro"),
        "weighted_precision": reference.precision_score(actual, predicted, average="weighted"),
        "weighted_f1": reference.f1_score(actual, predicted, average="weighted"),
        "matthews_corrcoef": reference.matthews_corrcoef(actual, predicted),
        "roc_auc": np.mean([reference.roc_auc_score(hit[:, c], p[:, c]) for c in range(k)]),
        "average_precision": reference.average_precision_score(hit, p, average="macro"),
        "log_loss": losses,
        "brier": np.mean([((p[i] - hit[i]) ** 2).sum() for i in range(len(p))]),
    }
    for code, label in enumerate(side.classes):
        mine, guess = hit[:, code], predicted == code
        expected |= {
            f"precision[{label}]": reference.precision_score(mine, guess),
            f"recall[{label}]": reference.recall_score(mine, guess),
            f"f1[{label}]": reference.f1_score(mine, guess),
            # The recall of all the others.
            f"specificity[{label}]": reference.recall_score(1 - mine, ~guess),
            f"roc_auc[{label}]": reference.roc_auc_score(mine, p[:, code]),
            f"average_precision[{label}]": reference.average_precision_score(mine, p[:, code]),
        }
    assert set(expected) == set(scores.values)
    for name, value in expected.items():
        assert scores.values[name] == pytest.approx(value, abs=1e-12), name


def test_every_regression_metric_agrees_with_scikit_learn_and_scipy() -> None:
    from scipy import stats

    side = random_numbers()
    scores = score_side(side)
    y, p = side.actual, side.predicted
    expected = {
        "mae": reference.mean_absolute_error(y, p),
        "mse": reference.mean_squared_error(y, p),
        "rmse": reference.root_mean_squared_error(y, p),
        "median_absolute_error": reference.median_absolute_error(y, p),
        "max_error": reference.max_error(y, p),
        "r2": reference.r2_score(y, p),
        "explained_variance": reference.explained_variance_score(y, p),
        "mape": reference.mean_absolute_percentage_error(y, p),
        "spearman": stats.spearmanr(y, p).statistic,
        "pearson": stats.pearsonr(y, p).statistic,
    }
    assert tuple(scores.values) == tuple(expected) == metric_names("regression")
    assert scores.undefined == {}
    for name, value in expected.items():
        assert scores.values[name] == pytest.approx(value, rel=1e-12), name


def test_two_classes_have_the_same_brier_definition() -> None:
    p = np.array([[0.9, 0.1], [0.3, 0.7], [0.6, 0.4]])
    side = Side("classification", ("no", "yes"), np.array([0, 1, 1]), p.argmax(axis=1), p)
    expected = 2 * np.mean([0.1**2, 0.3**2, 0.6**2])
    assert score_side(side).values["brier"] == pytest.approx(expected)


def test_an_absent_class_is_undefined_and_never_zero() -> None:
    side = random_classes()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = score_side(side.take(side.actual != 0))
    absent = {name for name, value in scores.values.items() if value is None}
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
    assert set(scores.undefined) == absent
    assert set(scores.undefined.values()) == {"no rows of class 'invalid'"}
    # Predicted, and never rightly: that is a precision.
    assert scores.values["precision[invalid]"] == 0.0
    # No row counts for nothing in a weighted mean.
    assert scores.values["weighted_f1"] is not None


def test_a_class_never_predicted_has_no_precision_but_recall_and_f1_of_zero() -> None:
    scores = score_side(hard([0, 1, 2], [0, 1, 1]))
    for name in ("precision[positive]", "macro_precision", "weighted_precision"):
        assert scores.values[name] is None
        assert scores.undefined[name] == "class 'positive' is never predicted"
    assert scores.values["recall[positive]"] == 0.0
    assert scores.values["f1[positive]"] == 0.0
    assert scores.values["macro_f1"] == pytest.approx((1 + 2 / 3 + 0) / 3)


def test_one_class_only() -> None:
    p = np.full((4, 3), 1 / 3)
    ones = np.ones(4, dtype=np.int64)
    scores = score_side(Side("classification", CLASSES, ones, ones, p))
    every = "every row is of class 'negative'"
    assert scores.undefined["roc_auc[negative]"] == every
    # Every ranking of one class is perfect: an average precision of 1 would say nothing.
    assert scores.undefined["average_precision[negative]"] == every
    assert scores.undefined["specificity[negative]"] == every
    assert scores.undefined["matthews_corrcoef"] == every
    assert scores.undefined["roc_auc"] == (
        f"no rows of class 'invalid'; {every}; no rows of class 'positive'"
    )
    assert scores.values["specificity[invalid]"] == 1.0
    assert scores.values["recall[negative]"] == 1.0
    assert scores.values["f1[negative]"] == 1.0
    assert scores.values["log_loss"] == pytest.approx(np.log(3))


def test_one_prediction_only_has_no_matthews_correlation() -> None:
    scores = score_side(hard([0, 1, 2, 1], [1, 1, 1, 1]))
    assert scores.undefined["matthews_corrcoef"] == "every prediction is of class 'negative'"


def test_a_single_row_has_no_f1() -> None:
    p = np.full((1, 3), 1 / 3)
    one = np.array([1])
    scores = score_side(Side("classification", CLASSES, one, one, p))
    assert scores.undefined["f1[negative]"] == "one row is no set to balance errors on"
    assert scores.undefined["weighted_f1"] == "one row is no set to balance errors on"
    assert scores.undefined["f1[positive]"] == "no rows of class 'positive'"
    assert scores.values["recall[negative]"] == scores.values["precision[negative]"] == 1.0


def test_without_probabilities() -> None:
    side = random_classes()
    scores = score_side(hard(side.actual.tolist(), side.predicted.tolist()))
    lacking = {name for name, value in scores.values.items() if value is None}
    assert {name.partition("[")[0] for name in lacking} == {
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier",
    }
    assert {scores.undefined[name] for name in lacking} == {NO_PROBABILITIES}


def test_many_absent_classes_are_counted_rather_than_listed() -> None:
    names = tuple(f"c{code}" for code in range(20))
    scores = score_side(hard([0, 1], [0, 1], names))
    assert scores.undefined["macro_f1"].endswith("no rows of class 'c6'; and 13 more")


def test_a_row_of_a_class_that_was_never_learned_costs_what_it_does_in_scikit_learn() -> None:
    p = np.array([[1.0, 0.0], [0.5, 0.5]])
    side = Side("classification", ("no", "yes"), np.array([1, 1]), np.array([0, 1]), p)
    expected = reference.log_loss([1, 1], p, labels=[0, 1])
    assert score_side(side).values["log_loss"] == pytest.approx(expected)


def numbers(actual: list[float], predicted: list[float]) -> Side:
    return Side("regression", (), np.array(actual), np.array(predicted))


def test_targets_that_do_not_vary() -> None:
    # 0.1 + 0.2 is a hair above 0.3: no spread, but for rounding.
    scores = score_side(numbers([0.1 + 0.2, 0.3, 0.3, 0.3], [0.3, 0.4, 0.2, 0.3]))
    for name in ("r2", "explained_variance", "spearman", "pearson"):
        assert scores.undefined[name] == "every target is the same"
    assert scores.values["mae"] == pytest.approx(0.05)


def test_predictions_that_do_not_vary_have_no_correlation_but_an_r2() -> None:
    scores = score_side(numbers([1.0, 2.0, 3.0], [2.0, 2.0, 2.0]))
    assert scores.undefined["pearson"] == "every prediction is the same"
    assert scores.values["r2"] == 0.0


@pytest.mark.parametrize(("rows", "r2"), [(1, "one row does not vary"), (2, None)])
def test_few_rows_have_no_correlation(rows: int, r2: str | None) -> None:
    scores = score_side(numbers([1.0, 2.0][:rows], [1.5, 2.5][:rows]))
    assert "fewer than three rows" in scores.undefined["spearman"]
    assert scores.undefined.get("r2") == r2


def test_a_percentage_of_zero_is_undefined() -> None:
    scores = score_side(numbers([0.0, 2.0, 0.0], [1.0, 2.0, 1.0]))
    assert scores.undefined["mape"] == "2 targets are zero"


def test_what_is_too_large_for_a_number_is_said_to_be() -> None:
    scores = score_side(numbers([1e200, -1e200, 0.5], [0.0, 0.0, 0.0]))
    assert scores.undefined["mse"] == "its sums are too large for a number"
    assert scores.values["mae"] == pytest.approx(2e200 / 3)


def test_large_offsets_keep_r2() -> None:
    side = random_numbers()
    moved = numbers((side.actual + 1e8).tolist(), (side.predicted + 1e8).tolist())
    expected = score_side(side).values["r2"]
    assert score_side(moved).values["r2"] == pytest.approx(expected, abs=1e-5)


def test_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        score_side(hard([], []))


@given(st.data())
def test_what_is_undefined_has_a_reason_and_nothing_else_has(data: st.DataObject) -> None:
    rows = data.draw(st.integers(1, 8))
    codes = st.lists(st.integers(0, 2), min_size=rows, max_size=rows)
    actual, predicted = data.draw(codes), data.draw(codes)
    p = None
    if data.draw(st.booleans()):
        # Few distinct forecasts: ties, and certainty.
        p = np.array(data.draw(st.lists(
            st.sampled_from([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.2, 0.2, 0.6], [0.0, 0.0, 1.0]]),
            min_size=rows, max_size=rows,
        )))  # fmt: skip
    side = Side("classification", CLASSES, np.array(actual), np.array(predicted), p)
    check_reasons(side)


@given(st.lists(st.tuples(*[st.sampled_from([0.0, 1.0, 2.5, -3.0])] * 2), min_size=1, max_size=8))
def test_undefined_numbers_have_a_reason_too(pairs: list[tuple[float, float]]) -> None:
    actual, predicted = zip(*pairs, strict=True)
    check_reasons(numbers(list(actual), list(predicted)))


def check_reasons(side: Side) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = score_side(side)
    for name, value in scores.values.items():
        assert (value is None) == (name in scores.undefined)
        assert value is None or np.isfinite(value)
    for reason in scores.undefined.values():
        assert reason
        assert "too large" not in reason
