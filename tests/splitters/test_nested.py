from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import model_selection

from fold_guard.errors import InfeasibleError
from fold_guard.splitters import GroupKFold, KFold, StratifiedGroupKFold, nested_splits

_RNG = np.random.default_rng(1)
GROUPS = _RNG.permutation(np.arange(90) // 3)
DOCTORS = GROUPS // 2
Y = np.arange(90) % 2
X = pd.DataFrame({"a": _RNG.normal(size=90)})


@pytest.mark.parametrize(
    "groups", [GROUPS, GROUPS.tolist(), pd.DataFrame({"p": GROUPS, "d": DOCTORS})]
)
def test_inner_rounds_are_within_train_and_keep_units(groups: Any) -> None:
    kept = DOCTORS if isinstance(groups, pd.DataFrame) else GROUPS
    rounds = list(nested_splits(StratifiedGroupKFold(3), GroupKFold(4), X, Y, groups))
    assert len(rounds) == 3
    for train, test, inner in rounds:
        assert sorted([*train, *test]) == list(range(90))
        assert len(inner) == 4
        tested = np.concatenate([validation for _, validation in inner])
        assert sorted(tested) == list(range(len(train)))
        for fit, validation in inner:
            assert sorted([*fit, *validation]) == list(range(len(train)))
            assert not set(kept[train[fit]]) & set(kept[train[validation]])
            assert not set(kept[train]) & set(kept[test])


@pytest.mark.filterwarnings("error")
def test_groups_go_to_the_splitters_that_ask_for_them() -> None:
    for outer, inner in (
        (GroupKFold(3), KFold(2)),
        (KFold(3), GroupKFold(2)),
        (model_selection.GroupKFold(3), model_selection.KFold(2)),
    ):
        rounds = list(nested_splits(outer, inner, X, Y, GROUPS))
        assert [len(each.inner) for each in rounds] == [2, 2, 2]


def test_lists_of_rounds_and_foreign_splitters_are_taken() -> None:
    class Foreign:
        def split(self, X: Any, y: Any = None, groups: Any = None) -> Any:
            assert groups is not None
            yield np.arange(45), np.arange(45, 90)

        def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
            return 1

    [each] = nested_splits(Foreign(), 3, X, Y, GROUPS)
    assert len(each.inner) == 3
    [each] = nested_splits([(np.arange(30), np.arange(30, 90))], KFold(3), X)
    assert [len(fit) for fit, _ in each.inner] == [20, 20, 20]


def test_a_train_side_that_cannot_be_split_again_is_refused() -> None:
    with pytest.raises(InfeasibleError, match="there are 15"):
        list(nested_splits(GroupKFold(2), GroupKFold(16), X, Y, GROUPS))
