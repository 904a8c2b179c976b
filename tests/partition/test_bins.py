from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from fold_guard.errors import DataError
from fold_guard.partition.bins import bin_sensitivity, fold_spread, given_bins, quantile_bins

VALUES = st.lists(st.integers(-6, 6).map(float) | st.floats(-9, 9), min_size=1, max_size=40)


@given(VALUES, st.integers(1, 12))
def test_bins_are_ordered_and_keep_ties(values: list[float], n_bins: int) -> None:
    array = np.array(values)
    bins = quantile_bins(array, n_bins)
    assert set(bins.tolist()) == set(range(bins.max() + 1))
    assert bins.max() < n_bins
    for a, bin_a in zip(values, bins, strict=True):
        for b, bin_b in zip(values, bins, strict=True):
            assert bin_a == bin_b if a == b else (bin_a <= bin_b) == (a < b) or bin_a == bin_b


@pytest.mark.parametrize(("rows", "n_bins"), [(100, 10), (103, 10), (7, 3), (1000, 7)])
def test_without_ties_they_are_those_of_numpy(rows: int, n_bins: int) -> None:
    values = np.random.default_rng(1).permutation(rows).astype(float)
    edges = np.quantile(values, np.arange(1, n_bins) / n_bins)
    ours = quantile_bins(values, n_bins)
    assert np.ptp(np.bincount(ours)) <= 1
    assert np.mean(ours != np.searchsorted(edges, values, side="right")) <= n_bins / rows


def test_zero_inflated_labels_get_fewer_bins_and_no_error() -> None:
    values = np.concatenate([np.zeros(80), np.arange(1.0, 21.0)])
    assert np.bincount(quantile_bins(values, 10)).tolist() == [80, 10, 10]


def test_the_middle_of_a_tie_decides_its_bin() -> None:
    assert quantile_bins(np.array([1.0] * 6 + [2, 3, 4, 5]), 2).tolist() == [0] * 6 + [1] * 4


def test_given_edges_belong_to_the_bin_above_and_empty_bins_vanish() -> None:
    assert given_bins(np.array([0.0, 1.0, 9.0]), [1, 2, 3]).tolist() == [0, 1, 2]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_no_bin_holds_are_named(bad: float) -> None:
    for binned in (lambda v: quantile_bins(v, 2), lambda v: given_bins(v, [0])):
        with pytest.raises(DataError, match="1 label is missing or infinite, the first at posi"):
            binned(np.array([1.0, bad]))


@given(VALUES, st.integers(1, 4))
def test_spread_is_what_scipy_measures(values: list[float], k: int) -> None:
    array, folds = np.array(values), np.arange(len(values)) % k
    spread = fold_spread(array, folds)
    inside = [array[folds == fold] for fold in np.unique(folds)]
    assert spread.max_ks == pytest.approx(max(ks_2samp(each, array).statistic for each in inside))
    means = [each.mean() for each in inside]
    if array.std() > 1e-6:
        assert spread.max_mean_gap == pytest.approx((max(means) - min(means)) / array.std())
    order = np.random.default_rng(0).permutation(len(values))
    assert fold_spread(array[order], folds[order]) == spread


def test_coarse_bins_show_in_the_spread() -> None:
    """Bins dealt in order of the label: with one bin the folds would be its quarters."""
    values = np.random.default_rng(2).lognormal(size=400)

    def deal(bins: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        order = np.lexsort((values, bins))
        folds = np.empty(400, dtype=np.int64)
        for code in np.unique(bins):
            rows = order[bins[order] == code]
            folds[rows] = np.arange(len(rows)) * 4 // len(rows)
        return folds

    coarse, middle, fine = bin_sensitivity(values, 8, deal)
    assert [t.n_bins for t in (coarse, middle, fine)] == [4, 8, 16]
    assert [t.bins for t in (coarse, middle, fine)] == [4, 8, 16]
    assert coarse.spread.max_ks > middle.spread.max_ks > fine.spread.max_ks
    assert coarse.spread.max_mean_gap > fine.spread.max_mean_gap
