from __future__ import annotations

import numpy as np
import pytest
from sklearn import model_selection

from fold_guard.errors import InfeasibleError, UsageError
from fold_guard.splitters import LeaveOneOut


def test_rounds_are_those_of_scikit_learn() -> None:
    X = np.zeros((7, 2))
    ours = [(a.tolist(), b.tolist()) for a, b in LeaveOneOut().split(X)]
    assert ours == [(a.tolist(), b.tolist()) for a, b in model_selection.LeaveOneOut().split(X)]
    assert LeaveOneOut().get_n_splits(X) == 7


def test_a_single_row_and_no_rows_are_refused() -> None:
    with pytest.raises(InfeasibleError, match="n_samples=1"):
        next(LeaveOneOut().split([[1]]))
    with pytest.raises(UsageError, match="'X' parameter should not be None"):
        LeaveOneOut().get_n_splits(None)
