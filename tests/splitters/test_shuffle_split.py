"""scikit-learn's own tests of these splitters run in test_sklearn_own.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fold_guard.errors import InfeasibleError
from fold_guard.splitters import ShuffleSplit, StratifiedShuffleSplit


@pytest.mark.parametrize("kind", [ShuffleSplit, StratifiedShuffleSplit])
def test_more_rounds_leave_the_earlier_as_they_are(kind: Any) -> None:
    y = np.arange(40) % 4
    few, many = (
        [(a.tolist(), b.tolist()) for a, b in kind(n, test_size=0.25, random_state=3).split(y, y)]
        for n in (2, 5)
    )
    assert many[:2] == few
    assert len({str(pair) for pair in many}) == 5


def test_each_row_is_drawn_equally_often() -> None:
    drawn = np.zeros(20)
    for _, test in ShuffleSplit(4000, test_size=0.25).split(np.zeros((20, 1))):
        drawn[test] += 1
    # Five standard deviations of a binomial count of 4000 draws at 1/4.
    assert np.abs(drawn - 1000).max() < 5 * np.sqrt(4000 * 0.25 * 0.75)


def test_a_rare_class_is_on_both_sides_where_shares_would_round_it_away() -> None:
    y = np.array([0] * 96 + [1] * 2 + [2] * 2)
    for train, test in StratifiedShuffleSplit(20, test_size=0.1).split(y, y):
        assert set(y[train]) == set(y[test]) == {0, 1, 2}
        assert (len(train), len(test)) == (90, 10)


def test_train_and_test_may_leave_rows_out() -> None:
    y = np.arange(30) % 3
    for train, test in StratifiedShuffleSplit(3, test_size=6, train_size=9).split(y, y):
        assert np.bincount(y[train]).tolist() == [3, 3, 3]
        assert np.bincount(y[test]).tolist() == [2, 2, 2]


def test_what_cannot_be_on_both_sides_is_refused() -> None:
    y = np.array([0, 1, 1, 1])
    with pytest.raises(InfeasibleError, match="least populated class has 1 row"):
        next(StratifiedShuffleSplit(test_size=2).split(y, y))
    y = np.arange(20) % 4
    with pytest.raises(InfeasibleError, match="4 classes do not fit 2 test rows"):
        next(StratifiedShuffleSplit(test_size=2).split(y, y))


def test_the_odd_row_of_a_class_favours_no_row() -> None:
    """Five of twenty-two rows, two or three a class: the draw of class and of row must be apart."""
    y, drawn = np.array([0, 1] * 11), np.zeros(22)
    for _, test in StratifiedShuffleSplit(6000, test_size=0.2).split(y, y):
        drawn[test] += 1
    share = 5 / 22
    assert np.abs(drawn - 6000 * share).max() < 4 * np.sqrt(6000 * share * (1 - share))
