from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from fold_guard.errors import DataError, UsageError
from fold_guard.partition.bins import fold_spread
from fold_guard.splitters import (
    GroupKFold,
    KFold,
    StratifiedGroupKFoldContinuous,
    StratifiedKFoldContinuous,
)

_RNG = np.random.default_rng(4)
GROUPS = np.repeat(np.arange(100), 5)
Y = _RNG.lognormal(size=500) + _RNG.normal(size=100)[GROUPS]


def ks(splitter: Any, y: Any = Y, groups: Any = None) -> float:
    folds = np.empty(len(Y), dtype=np.int64)
    for fold, (_, test) in enumerate(splitter.split(np.zeros((len(Y), 1)), y, groups)):
        folds[test] = fold
    return fold_spread(Y, folds).max_ks


def test_distributions_are_closer_than_without_bins() -> None:
    def mean_ks(kind: Any) -> float:
        return float(np.mean([ks(kind(5, shuffle=True, random_state=seed)) for seed in range(8)]))

    assert mean_ks(StratifiedKFoldContinuous) < mean_ks(KFold) / 2
    grouped = ks(GroupKFold(5), groups=GROUPS)
    assert ks(StratifiedGroupKFoldContinuous(5), groups=GROUPS) < grouped / 2


def test_each_bin_is_spread_to_within_one_row() -> None:
    for splitter in (
        StratifiedKFoldContinuous(5, bins=[0.5, 1.0, 3]),
        StratifiedKFoldContinuous(5, bins=[0.5, 1.0, 3], shuffle=True),
    ):
        bins = np.searchsorted([0.5, 1.0, 3], Y, side="right")
        counts = [np.bincount(bins[test], minlength=4) for _, test in splitter.split(Y, Y)]
        assert np.ptp(counts, axis=0).max() <= 1


@pytest.mark.parametrize("make", [list, pd.Series, lambda y: y.reshape(-1, 1)])
def test_labels_of_any_kind_say_the_same(make: Any) -> None:
    splitter = StratifiedKFoldContinuous(5, shuffle=True)
    assert ks(splitter, make(Y)) == ks(splitter)


def test_labels_that_are_no_numbers_are_refused() -> None:
    for y, message in (
        (np.where(Y > 1, "a", "b"), "balances numbers"),
        (np.where(Y > 1, np.nan, Y), "no label"),
        (np.where(Y > 1, np.inf, Y), "infinite"),
    ):
        with pytest.raises(DataError, match=message):
            ks(StratifiedKFoldContinuous(5), y)
    with pytest.raises(UsageError, match="2 columns"):
        ks(StratifiedKFoldContinuous(5), np.column_stack([Y, Y]))


def test_bins_may_be_smaller_than_the_folds_are_many() -> None:
    tests = [test for _, test in StratifiedKFoldContinuous(5, n_bins=250).split(Y, Y)]
    assert len({len(test) for test in tests}) == 1
    assert np.ptp([Y[test].mean() for test in tests]) < 0.1 * Y.std()


@pytest.mark.parametrize(
    "settings",
    [{"n_bins": 0}, {"bins": []}, {"bins": [1, 1]}, {"bins": [0, np.nan]}, {"bins": "a"}],
)
def test_bins_without_meaning_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"n_bins must be|ascending finite edges"):
        StratifiedKFoldContinuous(5, **settings)
