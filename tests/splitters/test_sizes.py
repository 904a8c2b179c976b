from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import ShuffleSplit

from fold_guard.errors import UsageError
from fold_guard.splitters.sizes import sample_sizes

SIZES = st.none() | st.integers(-1, 30) | st.floats(-0.5, 1.5)


@given(st.integers(1, 30), SIZES, SIZES)
def test_they_are_those_of_scikit_learn(n: int, test_size: Any, train_size: Any) -> None:
    try:
        theirs = next(ShuffleSplit(test_size=test_size, train_size=train_size).split(np.zeros(n)))
        expected = tuple(map(len, theirs))
    except ValueError:
        with pytest.raises(ValueError, match=r"size="):
            sample_sizes(n, test_size, train_size, 0.1)
        return
    assert sample_sizes(n, test_size, train_size, 0.1) == expected


@pytest.mark.parametrize("size", [1j, "half", True, np.nan])
def test_what_is_no_size_is_refused(size: Any) -> None:
    with pytest.raises(UsageError, match="test_size="):
        sample_sizes(10, size, None, 0.1)
