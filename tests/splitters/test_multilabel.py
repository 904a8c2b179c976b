from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import coo_array, csc_array, csr_matrix

from fold_guard.errors import DataError, InfeasibleError, UsageError
from fold_guard.splitters import MultilabelStratifiedGroupKFold, MultilabelStratifiedKFold

_RNG = np.random.default_rng(2)
Y = (_RNG.random((200, 6)) < [0.5, 0.3, 0.2, 0.1, 0.05, 0.02]).astype(int)
GROUPS = np.arange(200) // 2


def folds_by(splitter: Any, y: Any, groups: Any = None) -> list[list[int]]:
    return [test.tolist() for _, test in splitter.split(np.zeros((200, 1)), y, groups)]


@pytest.mark.parametrize("quality", ["standard", "high"])
def test_every_label_is_spread(quality: Any) -> None:
    counts = [
        Y[test].sum(axis=0) for test in folds_by(MultilabelStratifiedKFold(5, quality=quality), Y)
    ]
    assert np.ptp(counts, axis=0).max() <= 3
    sizes = [len(test) for test in folds_by(MultilabelStratifiedKFold(5, quality=quality), Y)]
    assert max(sizes) - min(sizes) <= 3


def test_groups_stay_together_and_labels_are_spread() -> None:
    folds = folds_by(MultilabelStratifiedGroupKFold(5), Y, GROUPS)
    assert sum(len(set(GROUPS[test])) for test in folds) == 100
    assert np.ptp([Y[test].sum(axis=0) for test in folds], axis=0).max() <= 3


@pytest.mark.parametrize(
    "make",
    [
        np.ndarray.tolist,
        lambda y: y.astype(bool),
        lambda y: y.astype(float),
        csr_matrix,
        csc_array,
        coo_array,
        pd.DataFrame,
        pl.DataFrame,
    ],
)
def test_labels_of_any_kind_say_the_same(make: Any) -> None:
    splitter = MultilabelStratifiedKFold(4, shuffle=True, random_state=1)
    assert folds_by(splitter, make(Y)) == folds_by(splitter, Y)


def test_rows_without_labels_are_dealt_too() -> None:
    folds = folds_by(MultilabelStratifiedKFold(4), np.zeros((200, 3), dtype=int))
    assert [len(test) for test in folds] == [50, 50, 50, 50]


@pytest.mark.parametrize("bad", [Y + 1, Y * 0.5, np.where(Y, "a", "b")])
def test_what_is_no_indicator_is_refused(bad: Any) -> None:
    with pytest.raises(DataError, match="labels must be 0 or 1"):
        folds_by(MultilabelStratifiedKFold(4), bad)


def test_one_label_unknown_quality_and_too_many_folds_are_refused() -> None:
    with pytest.raises(UsageError, match=r"one column a label, y has shape \(200,\)"):
        folds_by(MultilabelStratifiedKFold(4), Y[:, 0])
    with pytest.raises(UsageError, match="quality must be 'standard' or 'high', got 'best'"):
        MultilabelStratifiedKFold(quality="best")  # type: ignore[arg-type]
    with pytest.raises(InfeasibleError, match="Use n_splits <= 200"):
        folds_by(MultilabelStratifiedKFold(201), Y)
