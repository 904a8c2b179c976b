from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.crossval.intervals.means import wilson_interval
from fold_guard.crossval.metrics.forecasts import ranking
from fold_guard.crossval.metrics.pooled import UNEQUAL
from fold_guard.crossval.metrics.registry import (
    NO_PROBABILITIES,
    metric_names,
    metric_of,
    metric_range,
)
from fold_guard.crossval.metrics.side import Side, score_side
from tests.crossval.metrics.made import CLASSES, pooled, random_classes, random_numbers


def poolable(side: Side) -> list[str]:
    return [name for name in metric_names(side.task, side.classes) if metric_of(name).pooled]


@pytest.mark.parametrize("side", [random_classes(), random_numbers(), random_classes(rows=5_000)])
@pytest.mark.parametrize("of_a_unit", [1, 4])
def test_values_are_those_of_all_rows_at_once(side: Side, of_a_unit: int) -> None:
    rows = np.arange(len(side))
    found = pooled(side, units=rows // of_a_unit)
    assert list(found) == poolable(side)
    direct = score_side(side).values
    for name, each in found.items():
        assert (each.rows, each.units) == (len(side), len(side) // of_a_unit)
        if metric_of(name).over_rounds:
            assert each.value == pytest.approx(direct[name], abs=1e-12), name
        if metric_of(name).interval == "none":
            assert each.low is None
            assert each.note.startswith("no interval: ")
            continue
        low, high = metric_range(name)
        assert each.value is not None
        assert each.low is not None
        assert each.high is not None
        assert low <= each.low < each.value < each.high <= high, name
        rate = metric_of(name).interval == "rate" and of_a_unit == 1
        assert each.method.startswith("Wilson" if rate else "bootstrap by unit"), name


def test_rates_of_single_rows_have_wilsons_interval_over_fewer_rows() -> None:
    side = random_classes()
    found = pooled(side, inflation=2.5)
    actual, predicted = side.actual, side.predicted
    right = actual == predicted
    trials = {
        "accuracy": (right.sum(), 200),
        "recall[positive]": ((right & (actual == 2)).sum(), (actual == 2).sum()),
        "precision[positive]": ((right & (actual == 2)).sum(), (predicted == 2).sum()),
        "specificity[positive]": (
            ((predicted != 2) & (actual != 2)).sum(),
            (actual != 2).sum(),
        ),
    }
    for name, (successes, rows) in trials.items():
        band = wilson_interval(successes / 2.5, rows / 2.5)
        assert found[name].low == pytest.approx(band.low), name
        assert found[name].high == pytest.approx(band.high), name
        assert found[name].method == f"Wilson, variance of {rows} rows times 2.5000"


def test_the_bootstrap_of_a_mean_is_as_wide_as_its_standard_error() -> None:
    side = random_numbers(rows=1_000)
    each = pooled(side, inflation=2.0)["mae"]
    errors = np.abs(side.actual - side.predicted)
    half = 1.96 * np.sqrt(2.0) * errors.std() / np.sqrt(1_000)
    assert each.low is not None
    assert each.high is not None
    assert (each.high - each.low) / 2 == pytest.approx(half, rel=0.08)


def test_blocks_of_many_units_make_the_interval_no_narrower() -> None:
    side = random_numbers(rows=20_000)
    each = pooled(side, inflation=2.0)["mae"]
    errors = np.abs(side.actual - side.predicted)
    half = 1.96 * np.sqrt(2.0) * errors.std() / np.sqrt(20_000)
    assert "in 2,048 random blocks" in each.method
    assert each.low is not None
    assert each.high is not None
    assert (each.high - each.low) / 2 == pytest.approx(half, rel=0.08)


def test_units_whose_rows_agree_widen_the_interval() -> None:
    rng = np.random.default_rng(0)
    actual = np.repeat(rng.integers(0, 2, 100), 4)
    predicted = np.repeat(rng.integers(0, 2, 100), 4)
    side = Side("classification", ("no", "yes"), actual, predicted)
    alone = pooled(side)["accuracy"]
    together = pooled(side, units=np.arange(400) // 4)["accuracy"]
    widths = [
        each.high - each.low
        for each in (alone, together)
        if each.low is not None and each.high is not None
    ]
    # Four copies of a row tell no more than one.
    assert widths[1] / widths[0] == pytest.approx(2.0, rel=0.1)


def test_repeats_are_averaged_and_add_no_certainty() -> None:
    first, second = random_classes(seed=1), random_classes(seed=2)
    # Same rows, other predictions.
    second = Side(first.task, CLASSES, first.actual, second.predicted, second.probabilities)
    both = Side(
        first.task,
        CLASSES,
        np.tile(first.actual, 2),
        np.concatenate([first.predicted, second.predicted]),
        np.concatenate([np.asarray(first.probabilities), np.asarray(second.probabilities)]),
    )
    rows = np.tile(np.arange(200), 2)
    found = pooled(both, rows=rows, repeats=np.repeat([0, 1], 200))
    one, other = score_side(first).values, score_side(second).values
    for name, each in found.items():
        assert (each.rows, each.units) == (200, 200)
        if metric_of(name).over_rounds:
            assert each.value == pytest.approx((one[name] + other[name]) / 2), name  # type: ignore[operator]
    assert "of 200 rows" in found["accuracy"].method

    # The same predictions again are nothing new: as one repeat of them.
    again = Side(
        first.task,
        CLASSES,
        np.tile(first.actual, 2),
        np.tile(first.predicted, 2),
        np.tile(np.asarray(first.probabilities), (2, 1)),
    )
    twice = pooled(again, rows=rows, repeats=np.repeat([0, 1], 200))
    for name, each in pooled(first).items():
        assert twice[name].value == pytest.approx(each.value)
        assert twice[name].low == pytest.approx(each.low), name
        assert twice[name].high == pytest.approx(each.high), name


def test_a_metric_that_one_repeat_lacks_is_undefined() -> None:
    actual, predicted = np.array([0, 1, 0, 1]), np.array([0, 1, 0, 0])
    side = Side("classification", ("no", "yes"), actual, predicted)
    found = pooled(side, rows=np.array([0, 1, 0, 1]), repeats=np.array([0, 0, 1, 1]))
    assert found["precision[yes]"].value is None
    assert found["precision[yes]"].note == "class 'yes' is never predicted"
    assert found["recall[yes]"].value == 0.5


def test_rows_tested_unequally_often_are_refused() -> None:
    side = random_classes(rows=50)
    rows = np.arange(50) % 40
    found = pooled(side, rows=rows)
    assert list(found) == poolable(side)
    assert {each.note for each in found.values()} == {UNEQUAL}
    assert {each.value for each in found.values()} == {None}
    assert {each.rows for each in found.values()} == {40}


def test_rankings_and_correlations_are_not_there() -> None:
    classes, numbers = pooled(random_classes()), pooled(random_numbers())
    assert not {name for name in classes if name.startswith(("roc_auc", "average_precision"))}
    assert not {"pearson", "spearman"} & set(numbers)


def test_pooled_leave_one_out_ranks_noise_below_chance() -> None:
    """Why they are not there: a model that lacks a row leans away from it."""
    rng = np.random.default_rng(0)
    areas, correlations = [], []
    for _ in range(1_000):
        y = rng.permutation(np.arange(20) % 2).astype(np.float64)
        X = np.column_stack([np.ones(20), rng.normal(size=(20, 2))])
        hat = X @ np.linalg.solve(X.T @ X, X.T)
        held_out = y - (y - hat @ y) / (1 - np.diag(hat))
        areas.append(ranking(y == 1, held_out)[0])
        mean = (y.sum() - y) / 19
        correlations.append(np.corrcoef(y, mean)[0, 1])
    # Its standard error is .007.
    assert np.mean(areas) == pytest.approx(0.371, abs=0.02)
    assert np.allclose(correlations, -1.0)


def test_without_probabilities_the_reason_is_that() -> None:
    side = random_classes()
    found = pooled(Side(side.task, CLASSES, side.actual, side.predicted))
    lacking = {name for name, each in found.items() if each.value is None}
    assert {name.partition("[")[0] for name in lacking} == {
        "log_loss",
        "brier",
        "calibration_error",
    }
    assert {found[name].note for name in lacking} == {NO_PROBABILITIES}


def test_few_rows_have_no_calibration_error() -> None:
    found = pooled(random_classes(rows=39))
    assert found["calibration_error"].value is None
    assert found["calibration_error[positive]"].note == "39 rows, and two bins need 40"
    many = pooled(random_classes(rows=400))
    parts = [many[f"calibration_error[{label}]"].value for label in CLASSES]
    assert None not in parts
    assert many["calibration_error"].value == pytest.approx(np.mean(parts))  # type: ignore[arg-type]
    assert "; calibrated, it would be 0.0" in many["calibration_error"].note


def test_one_row_of_a_class_has_a_value_and_no_interval() -> None:
    actual = np.array([0] * 30 + [1])
    predicted = actual.copy()
    predicted[0] = 1
    side = Side("classification", ("no", "yes"), actual, predicted)
    found = pooled(side, inflation=2.0)
    assert found["recall[yes]"].value == 1.0
    assert found["recall[yes]"].low is None
    assert found["recall[yes]"].note == "no interval: 1 row / 2.00 is less than one row"
    assert "at least two units" in found["f1[yes]"].note
    # Nothing is known of that class: its recall may be 0, and the mean one half less.
    half = found["balanced_accuracy"]
    assert half.low is not None
    assert half.value is not None
    assert half.low <= half.value - 0.5
    assert half.method.endswith("or the intervals of the classes combined where that is wider")


@pytest.mark.parametrize("of_a_unit", [1, 2])
def test_a_rare_class_that_is_all_right_does_not_narrow_a_mean_over_classes(
    of_a_unit: int,
) -> None:
    """Ten rows of which nine are found on average: often it is all ten, which do not vary."""
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(100):
        actual = np.repeat(rng.random(200) < 0.05, of_a_unit)
        right = np.repeat(rng.random(200) < 0.9, of_a_unit)
        side = Side(
            "classification", ("no", "yes"), actual * 1, np.where(right, actual, ~actual) * 1
        )
        units = np.arange(len(side)) // of_a_unit
        each = pooled(side, units=units, inflation=1.0)["balanced_accuracy"]
        assert each.low is not None
        assert each.high is not None
        covered += each.low <= 0.9 <= each.high
    # Draws alone cover 63%.
    assert covered >= 92


def test_one_unit_has_values_and_no_interval() -> None:
    side = random_classes(rows=60)
    found = pooled(side, units=np.zeros(60, dtype=np.int64))
    assert found["accuracy"].value is not None
    assert {each.low for each in found.values()} == {None}
    assert "at least two units" in found["accuracy"].note


def test_sums_too_large_for_a_number_cost_the_other_metrics_nothing() -> None:
    actual = np.array([1e200, -1e200, 5.0, 6.0])
    found = pooled(Side("regression", (), actual, np.zeros(4)))
    assert found["mse"].note == "its sums are too large for a number"
    assert found["mae"].value == pytest.approx(5e199)
    assert found["mae"].low is not None


@given(st.data())
def test_the_order_of_predictions_is_of_no_account(data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 1_000))
    side = random_classes(seed=seed, rows=60) if seed % 2 else random_numbers(seed=seed, rows=60)
    units = np.array(data.draw(st.lists(st.integers(0, 12), min_size=60, max_size=60)))
    order = np.array(data.draw(st.permutations(range(60))))
    rows = np.arange(60)
    there = pooled(side, units=units)
    here = pooled(side.take(order), rows=rows[order], units=units[order])
    for name, each in there.items():
        for mine, other in (
            (here[name].value, each.value),
            (here[name].low, each.low),
            (here[name].high, each.high),
        ):
            assert mine is other is None or mine == pytest.approx(other, rel=1e-9), name
        assert here[name].note == each.note


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=20
    )
)
def test_pooled_values_are_direct_values_and_lie_in_their_interval(
    cells: list[tuple[int, int, int]],
) -> None:
    actual, predicted, units = (np.array(column) for column in zip(*cells, strict=True))
    side = Side("classification", CLASSES, actual, predicted)
    direct = score_side(side)
    for name, each in pooled(side, units=units).items():
        if not metric_of(name).over_rounds:
            continue
        assert (each.value is None) == (direct.values[name] is None)
        if each.value is None:
            assert each.note == direct.undefined[name]
        else:
            assert each.value == pytest.approx(direct.values[name])
        if each.low is not None and each.high is not None and each.value is not None:
            assert each.low <= each.high
