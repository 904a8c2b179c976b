from __future__ import annotations

import numpy as np
import pytest

from fold_guard.crossval.calibration import calibration_bins
from fold_guard.crossval.intervals.means import wilson_interval
from fold_guard.crossval.metrics.calibration_error import calibration_error
from fold_guard.crossval.result import Result, probability_column
from tests.crossval import results


def a_result(rows: int = 120, times: int = 1) -> Result:
    rng = np.random.default_rng(0)
    chance = rng.random(rows * times)
    came = np.tile(rng.random(rows) < 0.4, times)
    return results.classification(
        ["positive" if each else "negative" for each in came],
        np.column_stack([1 - chance, chance]).tolist(),
        folds=[turn for turn in range(times) for _ in range(rows)]
        if times > 1
        else [row % 3 for row in range(rows)],
        ids=[f"r{row:03d}" for _ in range(times) for row in range(rows)],
        retested=times > 1,
        scored=False,
    )


def test_bins_add_up_to_the_calibration_error() -> None:
    result = a_result()
    frame = result.predictions
    for label in result.classes:
        mine = [each for each in calibration_bins(result) if each.label == label]
        error = calibration_error(
            frame["label"].to_numpy() == label,
            frame[probability_column(label)].to_numpy(),
            np.zeros(120, dtype=np.int64),
            1,
        )
        assert error is not None
        assert sum(each.rows for each in mine) == 120
        total = sum(each.rows / 120 * abs(each.mean_predicted - each.observed) for each in mine)
        assert total == pytest.approx(error.value)
        assert [each.rows for each in mine] == [20] * 6


def test_bins_say_what_lies_in_them() -> None:
    result = a_result()
    forecasts = result.predictions[probability_column("positive")].to_numpy()
    came = result.predictions["label"].to_numpy() == "positive"
    for each in calibration_bins(result):
        if each.label != "positive":
            continue
        mine = (forecasts >= each.lower) & (forecasts <= each.upper)
        assert mine.sum() == each.rows == each.predictions
        assert each.mean_predicted == pytest.approx(forecasts[mine].mean())
        assert each.observed == pytest.approx(came[mine].mean())
        band = wilson_interval(int(came[mine].sum()), each.rows)
        assert (each.low, each.high) == (band.low, band.high)


def test_a_row_that_is_tested_again_is_no_trial_of_its_own() -> None:
    bins = calibration_bins(a_result(times=5))
    assert sum(each.predictions for each in bins if each.label == "positive") == 600
    for each in bins:
        assert 20 <= each.rows < each.predictions
        alone = wilson_interval(each.observed * each.predictions, each.predictions)
        assert each.low < alone.low
        assert each.high > alone.high


def test_without_probabilities_or_rows_there_are_none() -> None:
    hard = results.classification(
        ["a", "b"] * 30, None, predictions=["a"] * 60, folds=[0, 1] * 30, scored=False
    )
    assert calibration_bins(hard) == ()
    assert calibration_bins(a_result(rows=39)) == ()
    numbers = results.regression([1.0, 2.0] * 30, [1.0, 1.0] * 30, folds=[0, 1] * 30)
    assert calibration_bins(numbers) == ()
