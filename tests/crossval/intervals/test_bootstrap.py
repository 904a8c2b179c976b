from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from threadpoolctl import threadpool_limits

from fold_guard.crossval.intervals.bootstrap import (
    FloatArray,
    paired_unit_bootstrap,
    resample,
    unit_bootstrap,
)


def rate(sums: FloatArray) -> FloatArray:
    return sums[:, 0] / sums[:, 1]


def some_units(n: int = 40, seed: int = 3) -> FloatArray:
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 12, n)
    return np.column_stack([random.binomial(sizes, 0.7), sizes]).astype(float)


def test_draws_have_the_mean_and_the_variance_of_the_units() -> None:
    values = np.random.default_rng(1).normal(10, 2, 200)
    units = np.column_stack([values, np.ones(200)])
    drawn = resample(units, draws=20_000)
    means = drawn.sums[:, 0] / drawn.sums[:, 1]
    # Dirichlet weights of total n have the variance of n + 1 independent draws.
    variance = values.var() / 201
    assert means.mean() == pytest.approx(values.mean(), abs=5 * math.sqrt(variance / 20_000))
    assert means.var() == pytest.approx(variance, rel=0.05)
    assert drawn.sums[:, 1] == pytest.approx(200)


def test_many_units_of_a_symmetric_loss_have_the_normal_interval() -> None:
    values = np.random.default_rng(1).normal(10, 2, 2000)
    units = np.column_stack([values, np.ones(2000)])
    for inflation in (1.0, 2.1, 50.0):
        band = unit_bootstrap(units, rate, inflation=inflation, draws=10_000)
        half = stats.norm.ppf(0.975) * values.std() * math.sqrt(inflation / 2000)
        assert band.low == pytest.approx(values.mean() - half, abs=0.05 * half)
        assert band.high == pytest.approx(values.mean() + half, abs=0.05 * half)


def test_units_of_nothing_and_all_have_the_bounds_of_beta_distributions() -> None:
    """Six successes among twenty: t-widened quantiles with half a success, or failure, more."""
    level = stats.norm.cdf(stats.t.ppf(0.025, 19))
    low, high = stats.beta.ppf(level, 6, 14.5), stats.beta.ppf(1 - level, 6.5, 14)
    units = np.column_stack([np.arange(20) < 6, np.ones(20)])
    for inflation in (1.0, 2.0):
        band = unit_bootstrap(units, rate, inflation=inflation, limits=(0, 1), draws=40_000)
        ends = [0.3 + math.sqrt(inflation) * (end - 0.3) for end in (low, high)]
        assert (band.low, band.high) == pytest.approx((max(0, ends[0]), ends[1]), abs=0.01)


def test_units_that_all_agree_are_no_certainty() -> None:
    units = np.column_stack([np.full(30, 5.0), np.full(30, 5.0)])
    band = unit_bootstrap(units, rate, limits=(0, 1))
    assert band.high == 1.0
    level = stats.norm.cdf(stats.t.ppf(0.025, 29))
    assert band.low == pytest.approx(stats.beta.ppf(level, 30, 0.5), abs=0.01)
    none = unit_bootstrap(units * [0, 1], rate, limits=(0, 1))
    assert (none.low, none.high) == pytest.approx((0.0, 1 - band.low), abs=1e-12)


def test_a_rate_that_few_units_have_a_part_in_is_known_from_those() -> None:
    """Recall of a class that 3 of 300 units have rows of, all right."""
    has = np.arange(300) < 3
    units = np.column_stack([has * 2.0, has * 2.0, has])
    narrow = unit_bootstrap(units, rate, limits=(0, 1))
    band = unit_bootstrap(units, rate, limits=(0, 1), counted=2)
    assert narrow.low > 0.95
    # Of 2,000 draws the least, at most where one in a hundred of Beta(3, 0.5) lies.
    assert 0 < band.low < stats.beta.ppf(0.01, 3, 0.5)
    assert band.high == 1


def test_the_order_of_the_units_is_of_no_account() -> None:
    units = some_units()
    other = np.random.default_rng(0).permutation(units)
    assert unit_bootstrap(units, rate, limits=(0, 1)) == unit_bootstrap(other, rate, limits=(0, 1))
    assert unit_bootstrap(units, rate, seed=1) != unit_bootstrap(units, rate, seed=2)


def test_blocks_of_memory_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    module = "fold_guard.crossval.intervals.bootstrap._BLOCK_BYTES"
    units = np.random.default_rng(0).random((50, 2))
    whole = resample(units, draws=100)
    monkeypatch.setattr(module, 8 * 50 * 7)
    parts = resample(units, draws=100)
    assert np.array_equal(whole.weights, parts.weights)
    assert whole.sums == pytest.approx(parts.sums, rel=1e-12)


def test_threads_do_not_show() -> None:
    units = np.random.default_rng(0).random((2000, 37))
    drawn = []
    for threads in (1, 2, 4):
        with threadpool_limits(threads):
            drawn.append(resample(units, draws=400).sums)
    assert np.array_equal(drawn[0], drawn[1])
    assert np.array_equal(drawn[0], drawn[2])


def test_units_that_are_alike_weigh_as_much_as_each_alone() -> None:
    """Twenty units twice over are forty units, though they share weights."""
    units = np.column_stack([np.arange(20.0), np.ones(20)])
    drawn = resample(np.vstack([units, units]), draws=20_000)
    means = drawn.sums[:, 0] / drawn.sums[:, 1]
    assert means.var() == pytest.approx(np.arange(20).var() / 41, rel=0.05)
    assert drawn.weights.mean() == pytest.approx(40, rel=0.01)
    assert drawn.observed.tolist() == [380.0, 40.0]


def test_a_pair_has_one_set_of_weights() -> None:
    """Two models, unit by unit nearly alike: the difference is known far better than either."""
    then = some_units(60)
    now = then.copy()
    flips = np.flatnonzero(now[:, 0] < now[:, 1])[:6]
    now[flips, 0] += 1
    single = unit_bootstrap(now, rate, limits=(0, 1))
    band = paired_unit_bootstrap(now, then, rate)
    gain = 6 / then[:, 1].sum()
    assert 0 < band.low < gain < band.high
    assert band.high - band.low < 0.3 * (single.high - single.low)
    turned = paired_unit_bootstrap(then, now, rate)
    assert turned.low < -gain < turned.high < 0


def test_a_pair_that_is_alike_differs_by_nothing_and_nearly_alike_may_differ() -> None:
    then = np.column_stack([np.full(50, 4.0), np.full(50, 5.0)])
    assert paired_unit_bootstrap(then, then, rate, limits=(0, 1)) == paired_unit_bootstrap(
        then, then.copy(), rate
    )
    now = then.copy()
    now[0, 0] += 1
    band = paired_unit_bootstrap(now, then, rate, limits=(0, 1))
    assert band.low < 0 < 1 / 250 < band.high


def test_coverage_of_a_paired_difference() -> None:
    """100 rows, 2% to 10% of which two models answer differently: the one-sided bound holds."""
    random = np.random.default_rng(5)
    runs, rows = 400, 100
    for differ, better in ((0.1, 0.5), (0.1, 0.2), (0.02, 0.1)):
        truth, held = differ * (2 * better - 1), 0
        for _ in range(runs):
            turn = random.choice(
                3, size=rows, p=[differ * better, differ * (1 - better), 1 - differ]
            )
            now = np.column_stack([turn != 1, np.ones(rows)]).astype(float)
            then = np.column_stack([turn != 0, np.ones(rows)]).astype(float)
            band = paired_unit_bootstrap(now, then, rate, confidence=0.9, limits=(0, 1), draws=500)
            held += band.low <= truth + 1e-12
        # Equal predictions have no width: with 2% of the rows, 13% of the data sets are such.
        floor = 0.95 - (1 - differ) ** rows - 4 * math.sqrt(0.05 * 0.95 / runs)
        assert held / runs > floor


@pytest.mark.parametrize(
    ("units", "inflation", "counted", "says"),
    [
        ([[1, 1]], 1.0, None, "at least two units"),
        ([[1, 1, 1], [0, 0, 0]], 1.0, 2, "at least two units, there are 1"),
        ([[1, 1], [math.nan, 1]], 1.0, None, "finite"),
        ([1, 1], 1.0, None, "one row a unit"),
        ([[1, 1], [0, 1]], 0.9, None, "inflation is at least 1"),
        ([[1, 0], [0, 0]], 1.0, None, "undefined"),
    ],
)
def test_what_has_no_interval_raises(
    units: list[list[float]], inflation: float, counted: int | None, says: str
) -> None:
    with pytest.raises(ValueError, match=says), np.errstate(all="ignore"):
        unit_bootstrap(units, rate, inflation=inflation, counted=counted)


def test_pairs_of_other_shapes_raise() -> None:
    with pytest.raises(ValueError, match="one shape"):
        paired_unit_bootstrap([[1, 1], [0, 1]], [[1, 1]], rate)
