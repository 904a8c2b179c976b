from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from fold_guard.crossval.intervals.means import corrected_interval, wilson_interval


def test_corrected_interval_against_scipy() -> None:
    values = np.array([0.61, 0.58, 0.66, 0.70, 0.55])
    train, test = np.array([80, 80, 80, 80, 80]), np.full(5, 20)
    scale = math.sqrt(values.var(ddof=1) * (1 / 5 + 20 / 80))
    low, high = stats.t.interval(0.95, df=4, loc=values.mean(), scale=scale)
    band = corrected_interval(values, train, test)
    assert (band.low, band.high) == pytest.approx((low, high), abs=1e-12)


def test_forward_rounds_take_the_mean_of_the_ratios() -> None:
    values, train, test = [0.5, 0.6, 0.7], [10, 20, 30], [10, 10, 10]
    ratio = (1 + 1 / 2 + 1 / 3) / 3
    half = stats.t.ppf(0.95, 2) * 0.1 * math.sqrt(1 / 3 + ratio)
    band = corrected_interval(values, train, test, confidence=0.9)
    assert band.high - 0.6 == pytest.approx(half)
    assert 0.6 - band.low == pytest.approx(half)


def test_parts_bound_the_degrees_of_freedom() -> None:
    values, train, test = [0.5, 0.6, 0.7, 0.4, 0.9, 0.8], [20] * 6, [20] * 6
    scale = math.sqrt(np.var(values, ddof=1) * (1 / 6 + 1))
    for parts, degrees in ((4, 3), (6, 5), (60, 5)):
        low, high = stats.t.interval(0.95, df=degrees, loc=np.mean(values), scale=scale)
        band = corrected_interval(values, train, test, parts=parts)
        assert (band.low, band.high) == pytest.approx((low, high))


def test_weighted_trials_may_be_no_whole_number() -> None:
    assert wilson_interval(2.5, 7.5).low < 1 / 3 < wilson_interval(2.5, 7.5).high
    assert wilson_interval(2.0, 6.0) == wilson_interval(2, 6)
    with pytest.raises(ValueError, match="is not a rate"):
        wilson_interval(2.5, 2.4)


@pytest.mark.parametrize(
    ("values", "train", "test"),
    [
        ([0.5], [10], [10]),
        ([0.5, float("nan")], [10, 10], [10, 10]),
        ([0.5, 0.6], [10, 0], [10, 10]),
        ([0.5, 0.6], [10], [10, 10]),
    ],
)
def test_what_has_no_interval_raises(
    values: list[float], train: list[int], test: list[int]
) -> None:
    with pytest.raises(ValueError, match="needs"):
        corrected_interval(values, train, test)


def test_coverage_when_every_pair_of_groups_is_left_out() -> None:
    """A rule that learns little, 15 pairs of 6 groups: no more than six parts are at work."""
    rng = np.random.default_rng(1)
    runs, k, rows = 800, 6, 20
    pairs = np.array(list(combinations(range(k), 2)))
    group = np.repeat(np.arange(k), rows)
    scores = np.empty((runs, len(pairs)))
    for run in range(runs):
        y = rng.integers(0, 2, k * rows)
        x = rng.normal(size=k * rows) + 0.2 * y
        for at, pair in enumerate(pairs):
            test = (group == pair[0]) | (group == pair[1])
            low, high = (x[~test & (y == label)].mean() for label in (0, 1))
            called = (x[test] > (low + high) / 2) == (high > low)
            scores[run, at] = (called == y[test]).mean()
    truth = scores.mean()

    def missed(parts: int | None) -> float:
        sizes = [4 * rows] * len(pairs), [2 * rows] * len(pairs)
        bands = [corrected_interval(each, *sizes, parts=parts) for each in scores]
        return float(np.mean([not band.low <= truth <= band.high for band in bands]))

    assert missed(k) <= 0.055 < 0.07 < missed(None)


def test_coverage_on_random_resampling_of_small_data() -> None:
    """Two normal classes, a threshold between the class means, 15 splits of 90 and 10 rows.

    The target is the expected accuracy of a rule learned from 90 rows, known in closed form per
    rule. Test sides overlap between the splits, so sd/sqrt(k) is far too narrow.
    """
    rng = np.random.default_rng(7)
    runs, splits, rows, held_out = 400, 15, 100, 10
    covered = naive_covered = 0
    scores = np.empty((runs, splits))
    expected = []
    for run in range(runs):
        y = np.repeat([0, 1], rows // 2)
        x = rng.normal(size=rows) + y
        for split in range(splits):
            order = rng.permutation(rows)
            test, train = order[:held_out], order[held_out:]
            cut = (x[train][y[train] == 0].mean() + x[train][y[train] == 1].mean()) / 2
            scores[run, split] = ((x[test] > cut) == y[test]).mean()
            expected.append((stats.norm.cdf(cut) + stats.norm.sf(cut - 1)) / 2)
    target = float(np.mean(expected))
    for each in scores:
        band = corrected_interval(each, [rows - held_out] * splits, [held_out] * splits)
        covered += band.low <= target <= band.high
        half = stats.t.ppf(0.975, splits - 1) * each.std(ddof=1) / math.sqrt(splits)
        naive_covered += abs(each.mean() - target) <= half
    # Four standard errors of a share of .95 among 400 are .044.
    assert covered / runs > 0.95 - 0.044
    assert naive_covered / runs < 0.85


def test_coverage_is_exact_under_the_model_of_the_paper() -> None:
    """Equicorrelated normal scores with rho = n_test / n; 4,000 runs, five rounds of 80 and 20."""
    rng = np.random.default_rng(3)
    runs, rho = 4000, 0.2
    shared, own = rng.normal(size=(runs, 1)), rng.normal(size=(runs, 5))
    scores = math.sqrt(rho) * shared + math.sqrt(1 - rho) * own
    bands = [corrected_interval(each, [80] * 5, [20] * 5) for each in scores]
    share = np.mean([band.low <= 0 <= band.high for band in bands])
    assert share == pytest.approx(0.95, abs=0.014)  # four standard errors


@pytest.mark.parametrize(("hits", "rows"), [(0, 7), (7, 7), (3, 10), (523, 1000)])
def test_wilson_against_scipy(hits: int, rows: int) -> None:
    known = stats.binomtest(hits, rows).proportion_ci(0.95, method="wilson")
    band = wilson_interval(hits, rows)
    assert (band.low, band.high) == pytest.approx((known.low, known.high), abs=1e-9)
    assert 0 <= band.low <= hits / rows <= band.high <= 1


@pytest.mark.parametrize(("hits", "rows"), [(0, 0), (-1, 3), (4, 3)])
def test_wilson_refuses_what_is_no_rate(hits: int, rows: int) -> None:
    with pytest.raises(ValueError, match="not a rate"):
        wilson_interval(hits, rows)
