from __future__ import annotations

import numpy as np
import pytest

from fold_guard.splitters import StratifiedGroupKFold


@pytest.mark.filterwarnings("ignore:the (largest|rarest)")
@pytest.mark.parametrize("shuffle", [False, True])
def test_no_empty_fold_where_scikit_learn_leaves_one(shuffle: bool) -> None:
    # scikit-learn issues 34828 and 33085: sizes 4, 5, 0, 5, 4.
    y = [0, 2, 1, 1, 0, 0, 0, 2, 2, 2, 2, 2, 1, 0, 1, 1, 1, 0]
    groups = [0] * 5 + [1] * 4 + [2] * 3 + [3] * 4 + [4] * 2
    splitter = StratifiedGroupKFold(5, shuffle=shuffle)
    sizes = [len(test) for _, test in splitter.split(np.zeros((18, 1)), y, groups)]
    assert sorted(sizes) == [2, 3, 4, 4, 5]


def test_rare_samples_are_not_heaped_in_one_fold() -> None:
    groups = np.repeat(np.arange(30), 4)
    y = np.zeros(120, dtype=int)
    y[[0, 40, 80]] = 1
    rare = [int(y[test].sum()) for _, test in StratifiedGroupKFold(3).split(y, y, groups)]
    assert rare == [1, 1, 1]


def test_shares_stay_close_to_the_whole() -> None:
    rng = np.random.default_rng(8)
    groups = np.repeat(np.arange(200), rng.integers(1, 8, 200))
    y = (rng.random(len(groups)) < 0.2).astype(int)
    for shuffle in (False, True):
        splitter = StratifiedGroupKFold(5, shuffle=shuffle)
        shares = [y[test].mean() for _, test in splitter.split(y, y, groups)]
        assert max(abs(share - y.mean()) for share in shares) < 0.01
