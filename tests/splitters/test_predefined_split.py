from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import model_selection

from fold_guard.errors import InfeasibleError, UsageError
from fold_guard.splitters import PredefinedSplit


@pytest.mark.parametrize("folds", [[0, 1, -1, 1], [5, 5, 2, -1], [[0], [1], [0]], [0.0, -1.0]])
def test_rounds_are_those_of_scikit_learn(folds: Any) -> None:
    ours = [(a.tolist(), b.tolist()) for a, b in PredefinedSplit(folds).split()]
    theirs = model_selection.PredefinedSplit(np.ravel(folds)).split()
    assert ours == [(a.tolist(), b.tolist()) for a, b in theirs]
    assert PredefinedSplit(folds).get_n_splits() == len(ours)


def test_excluded_rows_are_on_neither_side() -> None:
    rounds = list(PredefinedSplit([0, 1, -2, -1]).split())
    assert [(a.tolist(), b.tolist()) for a, b in rounds] == [([1, 3], [0]), ([0, 3], [1])]


@pytest.mark.parametrize("folds", [[0, 0.5], [0, -3], ["a"], [[0, 1], [1, 0]], [0, np.nan], []])
def test_what_are_no_folds_is_refused(folds: Any) -> None:
    with pytest.raises((UsageError, InfeasibleError)):
        list(PredefinedSplit(folds).split())


def test_a_split_without_a_side_is_refused() -> None:
    for folds, message in (([0, 0], "no row to train on"), ([-1, -2], "has no fold")):
        with pytest.raises(InfeasibleError, match=message):
            next(PredefinedSplit(folds).split())
    assert [t.tolist() for _, t in PredefinedSplit([0, -1]).split()] == [[0]]


def test_another_number_of_rows_is_refused() -> None:
    with pytest.raises(UsageError, match="test_fold has 2 rows, X has 3"):
        next(PredefinedSplit([0, 1]).split(np.zeros((3, 1))))
