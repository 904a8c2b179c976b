from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import model_selection

from fold_guard.errors import InfeasibleError, UsageError
from fold_guard.splitters import LeaveOneGroupOut, LeavePGroupsOut


def rounds(splitter: Any, groups: Any) -> list[tuple[list[int], list[int]]]:
    pairs = splitter.split(np.zeros((len(groups), 1)), groups=groups)
    return [(train.tolist(), test.tolist()) for train, test in pairs]


@pytest.mark.parametrize(
    "groups",
    [
        np.array([2, 2, 0, 0, 1, 1, 7]),
        ["b", "a", "b", "c", "d", "a"],
        np.array([0, 1, 2, 3] * 3),
        [1.0, 1.1, 1.0, 1.2],
    ],
)
def test_rounds_are_those_of_scikit_learn(groups: Any) -> None:
    for ours, theirs in (
        (LeaveOneGroupOut(), model_selection.LeaveOneGroupOut()),
        (LeavePGroupsOut(1), model_selection.LeavePGroupsOut(1)),
        (LeavePGroupsOut(2), model_selection.LeavePGroupsOut(2)),
    ):
        assert rounds(ours, groups) == rounds(theirs, groups)
        assert ours.get_n_splits(groups=groups) == theirs.get_n_splits(groups=groups)


def test_what_else_scikit_learns_test_of_these_two_asks() -> None:
    assert repr(LeaveOneGroupOut()) == "LeaveOneGroupOut()"
    assert repr(LeavePGroupsOut(n_groups=3)) == "LeavePGroupsOut(n_groups=3)"
    assert LeaveOneGroupOut().get_n_splits(None, None, ["a", "b", "c", "b", "c"]) == 3
    assert LeavePGroupsOut(2).get_n_splits(None, None, np.arange(4)) == 6
    for splitter in (LeaveOneGroupOut(), LeavePGroupsOut(1)):
        with pytest.raises(UsageError, match="The 'groups' parameter should not be None"):
            splitter.get_n_splits(None, None, None)
        with pytest.raises(UsageError, match="groups have no column"):
            splitter.get_n_splits(None, None, np.zeros((6, 0)))


def test_several_keys_link_and_nulls_stand_alone() -> None:
    keys = pd.DataFrame({"patient": ["b", "b", None, "a", None], "doctor": [1, 2, 2, 3, None]})
    assert [test for _, test in rounds(LeaveOneGroupOut(), keys)] == [[3], [0, 1, 2], [4]]
    assert LeaveOneGroupOut().get_n_splits(groups=keys) == 3
    assert LeavePGroupsOut(2).get_n_splits(groups=keys) == 3


@pytest.mark.parametrize(
    ("splitter", "groups"),
    [
        (LeaveOneGroupOut(), np.ones(3)),
        (LeaveOneGroupOut(), np.ones(0)),
        (LeavePGroupsOut(3), np.arange(3)),
    ],
)
def test_too_few_groups_to_train_on_are_refused(splitter: Any, groups: Any) -> None:
    with pytest.raises((InfeasibleError, ValueError), match=r"expects at least|0 sample"):
        rounds(splitter, groups)


def test_the_largest_number_of_groups_that_works_is_named() -> None:
    with pytest.raises(InfeasibleError, match="Use n_groups <= 2"):
        rounds(LeavePGroupsOut(4), np.arange(3))
    with pytest.raises(UsageError, match="n_groups must be"):
        LeavePGroupsOut(0)
