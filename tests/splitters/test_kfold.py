from __future__ import annotations

import numpy as np
import pytest
from sklearn import model_selection

from fold_guard.splitters import KFold


@pytest.mark.parametrize(("n", "k"), [(5, 2), (10, 5), (17, 4), (101, 10)])
def test_unshuffled_folds_are_those_of_scikit_learn(n: int, k: int) -> None:
    X = np.zeros((n, 1))
    ours = [(a.tolist(), b.tolist()) for a, b in KFold(k).split(X)]
    theirs = [(a.tolist(), b.tolist()) for a, b in model_selection.KFold(k).split(X)]
    assert ours == theirs


def test_shuffled_folds_are_no_stretches_and_of_equal_size() -> None:
    tests = [test for _, test in KFold(4, shuffle=True, random_state=1).split(np.zeros((102, 1)))]
    assert sorted(map(len, tests)) == [25, 25, 26, 26]
    assert all((np.diff(test) > 1).any() for test in tests)
