from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import TimeSeriesSplit

from fold_guard.errors import InfeasibleError
from fold_guard.partition.windows import forward_windows

SIZES = {
    "test_size": st.none() | st.integers(1, 5),
    "gap": st.integers(0, 5),
    "max_train_size": st.none() | st.integers(1, 8),
}


@given(n=st.integers(3, 40), k=st.integers(2, 6), sizes=st.fixed_dictionaries(SIZES))
def test_without_ties_they_are_those_of_scikit_learn(n: int, k: int, sizes: dict[str, Any]) -> None:
    theirs = TimeSeriesSplit(k, **sizes).split(np.zeros((n, 1)))
    try:
        expected = [(train.tolist(), test.tolist()) for train, test in theirs]
    except ValueError:
        with pytest.raises(InfeasibleError, match=r"Cannot have|Too many"):
            forward_windows(n, k, **sizes)
        return
    found = [(list(w.train), list(w.test)) for w in forward_windows(n, k, **sizes)]
    assert found == expected


@given(
    per_instant=st.lists(st.integers(1, 4), min_size=3, max_size=12),
    k=st.integers(2, 4),
    sizes=st.fixed_dictionaries(SIZES),
)
def test_no_instant_is_divided(per_instant: list[int], k: int, sizes: dict[str, Any]) -> None:
    upto = np.concatenate([[0], np.cumsum(per_instant)])
    try:
        windows = forward_windows(int(upto[-1]), k, **sizes, upto=upto)
    except InfeasibleError:
        return
    edges = set(upto.tolist())
    assert len(windows) == k
    for window, after in zip(windows, [*windows[1:], None], strict=True):
        assert {window.train.start, window.train.stop, window.test.start, window.test.stop} <= edges
        assert window.test.start - window.train.stop >= sizes["gap"]
        assert window.train
        assert window.test.stop == (after.test.start if after else upto[-1])
        most = sizes["max_train_size"]
        assert most is None or len(window.train) <= most


def test_the_largest_number_of_splits_that_works_is_named() -> None:
    for n, settings in ((10, {"gap": 2}), (10, {"test_size": 3}), (20, {"gap": 9})):
        with pytest.raises(InfeasibleError, match="Use n_splits <= ") as caught:
            forward_windows(n, n - 1, **settings)  # type: ignore[arg-type]
        most = int(str(caught.value).rsplit(" ", 1)[1].rstrip("."))
        assert forward_windows(n, most, **settings)  # type: ignore[arg-type]
        with pytest.raises(InfeasibleError):
            forward_windows(n, most + 1, **settings)  # type: ignore[arg-type]


def test_too_few_instants_and_too_little_past_are_refused() -> None:
    with pytest.raises(InfeasibleError, match="2 distinct instants"):
        forward_windows(9, 2, upto=np.array([0, 5, 9]))
    with pytest.raises(InfeasibleError, match="round 0 has no train row"):
        forward_windows(9, 2, gap=2, upto=np.array([0, 4, 5, 9]))
