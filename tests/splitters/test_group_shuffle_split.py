from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fold_guard.errors import InfeasibleError
from fold_guard.splitters import GroupShuffleSplit, StratifiedGroupShuffleSplit

_RNG = np.random.default_rng(6)
GROUPS = np.repeat(np.arange(80), _RNG.integers(1, 12, 80))
Y = (_RNG.random(len(GROUPS)) < 0.3).astype(int)


def test_group_sizes_count_groups() -> None:
    for train, test in GroupShuffleSplit(4, test_size=0.25, train_size=10).split(Y, groups=GROUPS):
        assert len(set(GROUPS[test])) == 20
        assert len(set(GROUPS[train])) == 10


def test_several_keys_link_and_nulls_stand_alone() -> None:
    keys = pd.DataFrame({"a": [1, 1, None, 2, None, None], "b": ["x", "y", "y", "z", None, None]})
    sizes = set()
    for train, test in GroupShuffleSplit(30, test_size=1).split(keys, groups=keys):
        linked = {0, 1, 2}
        assert linked <= set(train) or linked <= set(test)
        sizes.add(len(test))
    assert sizes == {1, 3}


def test_stratified_samples_keep_class_shares_and_row_counts() -> None:
    tests = set()
    splitter = StratifiedGroupShuffleSplit(8, test_size=0.2, train_size=0.5)
    for train, test in splitter.split(Y, Y, GROUPS):
        assert not set(GROUPS[train]) & set(GROUPS[test])
        for rows, share in ((train, 0.5), (test, 0.2)):
            assert abs(len(rows) - share * len(Y)) <= 2
            assert abs(Y[rows].mean() - Y.mean()) < 0.01
        tests.add(tuple(test))
    assert len(tests) == 8


def test_they_beat_samples_that_do_not_look_at_classes() -> None:
    def worst(splitter: object) -> float:
        pairs = splitter.split(Y, Y, GROUPS)  # type: ignore[attr-defined]
        return max(abs(Y[test].mean() - Y.mean()) for _, test in pairs)

    assert worst(StratifiedGroupShuffleSplit(10)) < worst(GroupShuffleSplit(10)) / 5


def test_a_giant_group_leaves_no_side_empty() -> None:
    groups = np.array([0] * 97 + [1, 2, 3])
    y = np.arange(100) % 2
    for train, test in StratifiedGroupShuffleSplit(5).split(y, y, groups):
        assert len(train)
        assert len(test)


def test_too_few_groups_are_refused() -> None:
    y = np.arange(12) % 2
    with pytest.raises(InfeasibleError, match="1 groups cannot fill 2 sides"):
        next(StratifiedGroupShuffleSplit().split(y, y, np.zeros(12)))
    with pytest.raises(InfeasibleError, match=r"cannot fill 3 sides .* Leave train_size out"):
        next(StratifiedGroupShuffleSplit(test_size=0.25, train_size=0.5).split(y, y, y))
    with pytest.raises(InfeasibleError, match="n_samples counts groups"):
        next(GroupShuffleSplit().split(y, groups=np.zeros(12)))
