from __future__ import annotations

from math import comb

import numpy as np
import pandas as pd
import pytest

from fold_guard.errors import UsageError
from fold_guard.splitters import CombinatorialPurgedKFold, PurgedKFold


@pytest.mark.parametrize(("n", "k"), [(6, 2), (5, 1), (4, 3)])
def test_numbers_of_rounds_and_paths_are_those_of_the_book(n: int, k: int) -> None:
    splitter = CombinatorialPurgedKFold(n, k)
    assert splitter.get_n_splits() == comb(n, k) == len(list(splitter.split(np.zeros((12, 1)))))
    assert splitter.get_n_paths() == comb(n, k) * k // n == len(splitter.backtest_paths())


def test_one_test_block_is_a_purged_kfold() -> None:
    X = pd.DataFrame({"t": np.arange(20) // 2, "u": np.arange(20) // 2 + 1})
    times = {"prediction_time": "t", "evaluation_time": "u"}
    one = CombinatorialPurgedKFold(5, 1, embargo=1, **times).split(X)  # type: ignore[arg-type]
    kfold = PurgedKFold(5, embargo=1, **times).split(X)  # type: ignore[arg-type]
    assert [(a.tolist(), b.tolist()) for a, b in one] == [
        (a.tolist(), b.tolist()) for a, b in kfold
    ]


def test_each_path_predicts_every_row_once() -> None:
    X = pd.DataFrame({"t": np.random.default_rng(0).permutation(30)})
    splitter = CombinatorialPurgedKFold(5, 2, prediction_time="t")
    blocks, tests = splitter.test_folds(X), [test for _, test in splitter.split(X)]
    for path in splitter.backtest_paths():
        rows = [r for g, at in enumerate(path) for r in tests[at][blocks[tests[at]] == g]]
        assert sorted(rows) == list(range(30))


def test_rounds_without_end_can_be_begun() -> None:
    pairs = CombinatorialPurgedKFold(200, 6).split(np.zeros((200, 1)))
    assert next(pairs)[1].tolist() == [0, 1, 2, 3, 4, 5]
    assert next(pairs)[1].tolist() == [0, 1, 2, 3, 4, 6]


@pytest.mark.parametrize("k", [0, 4, 5, 1.5])
def test_choices_that_leave_nothing_are_refused(k: int) -> None:
    with pytest.raises(UsageError, match="n_test_splits"):
        CombinatorialPurgedKFold(4, k)
