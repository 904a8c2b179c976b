from __future__ import annotations

import numpy as np
from sklearn import model_selection

from fold_guard.splitters import GroupKFold


def test_sizes_are_no_worse_than_scikit_learns() -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        groups = np.repeat(np.arange(50), rng.integers(1, 12, 50))
        X = np.zeros((len(groups), 1))
        ours = [len(t) for _, t in GroupKFold(5).split(X, groups=groups)]
        theirs = [len(t) for _, t in model_selection.GroupKFold(5).split(X, groups=groups)]
        assert np.ptp(ours) <= np.ptp(theirs) + 1
