"""The tests of drift against scipy, against loops, and on data without drift."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2, chi2_contingency, ks_2samp, kstwobign

from fold_guard.checks.drift.drift_scan import Deal, scan_feature
from fold_guard.checks.drift.drift_tests import (
    counted_design_effect,
    counts_against_rest,
    counts_between,
    ordered_against_rest,
    pooled,
    quantile_bins,
    ranked_design_effect,
)
from fold_guard.checks.drift.feature_codes import feature_codes


def dense(values: np.ndarray) -> np.ndarray:
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


@pytest.mark.parametrize("decimals", [0, 1, 8])
def test_kolmogorov_smirnov_against_scipy(decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    values, folds = rng.normal(size=300).round(decimals), rng.integers(-1, 3, 300)
    values[folds == 2] += 0.4
    found = ordered_against_rest(dense(values), folds, [0, 1, 2], None)
    for fold, sample in found.items():
        own, rest = values[folds == fold], values[folds != fold]
        truth = ks_2samp(own, rest, method="exact")
        assert sample.statistic == sample.effect == pytest.approx(truth.statistic)
        rows = len(own) * len(rest) / 300
        assert sample.p_value == pytest.approx(kstwobign.sf(rows**0.5 * truth.statistic))
        # The limit is a little above the exact value.
        assert 0.9 * truth.pvalue < sample.p_value < 1.6 * truth.pvalue + 0.01
        at = np.unique(values)[sample.at]
        assert sample.share == pytest.approx((own <= at).mean())
        assert sample.other_share == pytest.approx((rest <= at).mean())


def test_few_rows_that_are_wholly_apart_are_no_certainty() -> None:
    values, folds = np.arange(8), np.arange(8) // 4
    [found] = ordered_against_rest(values, folds, [0], None).values()
    exact = ks_2samp(values[:4], values[4:], method="exact").pvalue
    assert exact < found.p_value < 2 * exact
    fivefold = np.repeat(values, 5), np.repeat(folds, 5), [0], np.repeat(values, 5)
    assert ordered_against_rest(*fivefold)[0].p_value == pytest.approx(found.p_value)


def test_chi_squared_against_scipy() -> None:
    rng = np.random.default_rng(0)
    codes, folds = rng.choice(4, 400, p=[0.4, 0.3, 0.2, 0.1]), rng.integers(0, 3, 400)
    table = np.array([[((folds == j) & (codes == c)).sum() for c in range(4)] for j in range(3)])
    for fold, sample in counts_against_rest(codes, folds, [0, 1, 2], None).items():
        two = np.stack([table[fold], table.sum(axis=0) - table[fold]])
        truth = chi2_contingency(two, correction=False)
        assert sample.statistic == pytest.approx(truth.statistic)
        assert sample.p_value == pytest.approx(truth.pvalue)
        shares = two / two.sum(axis=1, keepdims=True)
        sets = [[bool(number >> c & 1) for c in range(4)] for number in range(16)]
        largest = max(abs(shares[0][which].sum() - shares[1][which].sum()) for which in sets)
        assert sample.effect == pytest.approx(largest)
    worst, sample = counts_between(codes, folds, [0, 1, 2], None)
    assert sample.statistic == pytest.approx(chi2_contingency(table).statistic)
    assert sample.p_value == pytest.approx(chi2_contingency(table).pvalue)
    overall = table.sum(axis=0) / table.sum()
    away = np.abs(table / table.sum(axis=1, keepdims=True) - overall).sum(axis=1) / 2
    assert (worst, sample.effect) == (int(away.argmax()), pytest.approx(away.max()))


def test_a_design_effect_is_the_variance_over_that_of_single_rows() -> None:
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(40), rng.integers(1, 9, 40))
    codes = dense((rng.normal(size=40)[clusters] + rng.normal(size=len(clusters))).round(1))
    ranks = np.array([(codes < c).sum() + (codes == c).sum() / 2 for c in codes])
    apart = ranks - ranks.mean()
    together = sum(apart[clusters == unit].sum() ** 2 for unit in range(40))
    assert ranked_design_effect(codes, clusters) == pytest.approx(together / (apart**2).sum())

    kinds = codes % 3
    ratios = []
    for kind in range(3):
        off = (kinds == kind) - (kinds == kind).mean()
        units = sum(off[clusters == unit].sum() ** 2 for unit in range(40))
        ratios.append((1 - (kinds == kind).mean()) * units / (off**2).sum())
    assert counted_design_effect(kinds, clusters) == pytest.approx(max(1, sum(ratios) / 2))


def test_equal_rows_of_a_unit_count_for_one() -> None:
    values, folds = np.arange(60) * 7 % 60, np.arange(60) % 2
    once = ordered_against_rest(values, folds, [0], None)[0]
    fivefold = np.repeat(values, 5), np.repeat(folds, 5), [0], np.repeat(np.arange(60), 5)
    assert ordered_against_rest(*fivefold)[0].p_value == pytest.approx(once.p_value)
    kinds = values % 3
    alone = counts_against_rest(kinds, folds, [0], None)[0]
    many = counts_against_rest(np.repeat(kinds, 5), *fivefold[1:])[0]
    assert many.p_value == pytest.approx(alone.p_value)
    assert many.statistic == pytest.approx(5 * alone.statistic)
    assert many.p_value == pytest.approx(chi2.sf(alone.statistic, 2))


def test_rare_categories_are_pooled_until_the_smallest_fold_expects_five() -> None:
    codes = np.repeat([0, 1, 2, 3, 4], [100, 60, 9, 9, 9])
    place, names = pooled(codes, np.bincount(codes), 0.2)
    assert names.tolist() == [0, 1, -1]
    assert np.bincount(place).tolist() == [100, 60, 27]
    # 18 rows are too few for a pool of their own: they join the rarest that is kept.
    place, names = pooled(codes[:178], np.bincount(codes[:178]), 0.2)
    assert names.tolist() == [0, 1]
    assert np.bincount(place).tolist() == [100, 78]
    assert pooled(codes, np.bincount(codes), 0.01)[0].tolist() == [0] * len(codes)


def test_quantile_bins_hold_equal_parts_where_no_ties_stand_in_the_way() -> None:
    assert np.bincount(quantile_bins(np.arange(100), 10)).tolist() == [10] * 10
    tied = quantile_bins(np.repeat([0, 1, 2], [1, 98, 1]), 10)
    assert np.bincount(tied).tolist() == [1, 98, 1]


def rejected(*, grouped: bool, seeds: int = 60) -> float:
    """Return how often p < 0.05 on patients dealt at random, with features that each keeps."""
    below = made = 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        units = np.repeat(np.arange(100), np.maximum(1, rng.lognormal(1.2, 0.8, 100).astype(int)))
        folds = rng.permutation(np.arange(100) % 5)[units]
        age, blood = rng.normal(size=100)[units], rng.choice(list("AB0"), 100)[units]
        deal = Deal.of(0, folds, units if grouped else None)
        for values in (pl.Series(age), pl.Series(blood)):
            coded = feature_codes(values)
            assert coded is not None
            for test in scan_feature("x", coded, deal, 10):
                made += 1
                below += test.sample.p_value < 0.05
    assert made >= 10 * seeds
    return below / made


def test_false_alarms_on_patients_dealt_at_random_are_as_rare_as_stated() -> None:
    assert 0.02 < rejected(grouped=True) < 0.08
    # What rows that are taken for independent would do to it.
    assert rejected(grouped=False) > 0.6


def test_rows_of_a_unit_that_folds_part_do_not_move_as_one() -> None:
    units, folds = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, -2, -1])
    deal = Deal.of(0, folds, units)
    assert len(set(deal.clusters.tolist())) == 4
    assert deal.fold_of[deal.clusters].tolist() == folds.tolist()
    assert deal.clusters[0] == deal.clusters[1]
    among = folds >= -1
    assert deal.large_enough(among, 1) == [0, 1]
    assert deal.large_enough(among, 2) == []
    assert Deal.of(0, folds, None).large_enough(among, 2) == [0]


def test_a_category_weighs_as_many_units_as_have_it() -> None:
    units, codes = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 2, 2, 2, 2])
    deal = Deal.of(0, np.array([0, 0, 0, 1, 1, 1]), units)
    every = np.ones(6, dtype=bool)
    assert deal.weights(codes, every).tolist() == [1, 0, 3]
    assert Deal.of(0, deal.folds, None).weights(codes, every).tolist() == [2, 0, 4]
    assert deal.weights(codes[:0], ~every).tolist() == [0]
