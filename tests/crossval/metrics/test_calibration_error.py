from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.crossval.metrics.calibration_error import (
    LEAST_ROWS,
    MOST_BINS,
    bin_tops,
    bins_of,
    calibration_error,
)


def once(rows: int) -> np.ndarray:
    return np.zeros(rows, dtype=np.int64)


def test_distinct_forecasts_fall_into_ten_bins_of_equal_mass() -> None:
    forecasts = np.random.default_rng(0).beta(0.3, 3.0, 1_000)
    place = bins_of(forecasts, bin_tops(forecasts))
    assert np.bincount(place).tolist() == [100] * MOST_BINS


@pytest.mark.parametrize(("rows", "bins"), [(39, 0), (40, 2), (59, 2), (60, 3), (500, 10)])
def test_few_rows_have_fewer_bins(rows: int, bins: int) -> None:
    assert len(bin_tops(np.linspace(0.0, 1.0, rows))) == bins


def test_rows_that_are_predicted_twice_fill_no_bin_of_their_own() -> None:
    forecasts = np.tile(np.linspace(0.0, 1.0, 39), 2)
    assert len(bin_tops(forecasts, times=1)) == 3
    assert len(bin_tops(forecasts, times=2)) == 0


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 60)), min_size=1, max_size=25),
)
def test_equal_forecasts_are_together_and_every_bin_has_its_rows(
    groups: list[tuple[int, int]],
) -> None:
    values, counts = zip(*groups, strict=True)
    forecasts = np.repeat(np.array(values) / 30, counts)
    tops = bin_tops(forecasts)
    if len(forecasts) < 2 * LEAST_ROWS:
        assert len(tops) == 0
        return
    place = bins_of(forecasts, tops)
    assert (np.diff(tops) > 0).all()
    assert tops[-1] == forecasts.max()
    assert 1 <= len(tops) <= MOST_BINS
    assert np.bincount(place, minlength=len(tops)).min() >= LEAST_ROWS
    # A bin is a stretch of forecasts, so equal ones are in one.
    assert [len(set(place[forecasts == value])) for value in set(forecasts)] == [1] * len(
        set(values)
    )


def test_one_forecast_for_all_is_one_bin() -> None:
    found = calibration_error(np.arange(100) < 30, np.full(100, 0.5), once(100), 1)
    assert found is not None
    assert found.value == pytest.approx(0.2)


def test_it_is_the_mass_weighted_distance_of_the_bins() -> None:
    rng = np.random.default_rng(1)
    forecasts = rng.random(333)
    came = rng.random(333) < forecasts**2
    found = calibration_error(came, forecasts, once(333), 1)
    # By plain loops over ten bins of 33 or 34.
    order = np.argsort(forecasts)
    sizes = np.bincount(bins_of(forecasts, bin_tops(forecasts)))
    assert set(sizes.tolist()) <= {33, 34}
    expected, start = 0.0, 0
    for size in sizes:
        mine = order[start : start + size]
        expected += size / 333 * abs(forecasts[mine].mean() - came[mine].mean())
        start += size
    assert found is not None
    assert found.value == pytest.approx(expected)


def test_too_few_rows_have_none() -> None:
    assert calibration_error(np.ones(39, dtype=bool), np.linspace(0, 1, 39), once(39), 1) is None


def test_repeats_are_averaged_over_common_bins() -> None:
    rng = np.random.default_rng(2)
    forecasts = rng.random(200)
    came = np.tile(rng.random(100) < 0.5, 2)
    repeats = np.repeat([0, 1], 100)
    tops = bin_tops(forecasts, times=2)
    place = bins_of(forecasts, tops)
    expected = np.mean(
        [
            sum(
                abs((forecasts - came)[(place == b) & (repeats == r)].sum())
                for b in range(len(tops))
            )
            / 100
            for r in (0, 1)
        ]
    )
    found = calibration_error(came, forecasts, repeats, 2)
    assert len(tops) == 5
    assert found is not None
    assert found.value == pytest.approx(expected)


@pytest.mark.parametrize("shape", [2.0, 0.1])
def test_a_calibrated_forecast_has_what_chance_gives_it(shape: float) -> None:
    rng = np.random.default_rng(3)
    found = []
    for _ in range(300):
        forecasts = rng.beta(shape, shape, 400)
        error = calibration_error(rng.random(400) < forecasts, forecasts, once(400), 1)
        assert error is not None
        found.append((error.value, error.by_chance))
    values, chances = np.array(found).T
    assert values.mean() == pytest.approx(chances.mean(), rel=0.06)
    assert values.std() > 5 * abs(values.mean() - chances.mean())


def test_a_bootstrap_of_it_would_mislead() -> None:
    """Why the registry gives it no interval: the truth of these forecasts is 0."""
    rng = np.random.default_rng(4)
    above_value = 0
    for _ in range(30):
        forecasts = rng.beta(2.0, 2.0, 500)
        came = rng.random(500) < forecasts
        error = calibration_error(came, forecasts, once(500), 1)
        place = bins_of(forecasts, bin_tops(forecasts))
        missed = np.zeros((500, place.max() + 1))
        missed[np.arange(500), place] = forecasts - came
        weights = rng.gamma(0.5, size=(400, 500))
        drawn = np.abs(weights / weights.sum(axis=1, keepdims=True) @ missed).sum(axis=1)
        low = np.quantile(drawn, 0.025)
        assert low > 0.0
        assert error is not None
        above_value += low > error.value
    assert above_value > 5
