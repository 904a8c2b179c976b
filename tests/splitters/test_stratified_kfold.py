from __future__ import annotations

import numpy as np
import pytest

from fold_guard.splitters import StratifiedKFold


@pytest.mark.parametrize("shuffle", [False, True])
def test_each_class_is_spread_to_within_one_row(shuffle: bool) -> None:
    rng = np.random.default_rng(4)
    y = rng.choice(["a", "b", "c"], p=[0.9, 0.08, 0.02], size=1000)
    counts = np.array(
        [
            [(y[test] == name).sum() for name in "abc"]
            for _, test in StratifiedKFold(5, shuffle=shuffle).split(y, y)
        ]
    )
    assert (np.ptp(counts, axis=0) <= 1).all()
    assert np.ptp(counts.sum(axis=1)) <= 2


def test_unshuffled_classes_are_cut_into_stretches() -> None:
    y = np.array([0, 1] * 10)
    for _, test in StratifiedKFold(5).split(y, y):
        for label in (0, 1):
            assert (np.diff(test[y[test] == label]) == 2).all()


def test_shuffled_folds_do_not_hang_on_the_order_of_classes() -> None:
    y = np.array(["a"] * 50 + ["b"] * 50)
    tests = [t for _, t in StratifiedKFold(5, shuffle=True, random_state=2).split(y, y)]
    assert all((np.diff(test[y[test] == "a"]) > 1).any() for test in tests)
