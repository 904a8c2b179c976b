from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import model_selection as ms

from fold_guard.errors import DataError, FoldGuardError, UsageError
from fold_guard.folds.index_pairs import IndexPairs

ROWS = 30
Y = np.array(["a", "b", "c"] * 10)
GROUPS = np.arange(ROWS) // 3


def rebuilt(found: IndexPairs) -> list[tuple[list[int], list[int]]]:
    return [
        (np.flatnonzero(each.train).tolist(), np.flatnonzero(each.test).tolist())
        for each in found.rounds()
    ]


@pytest.mark.parametrize(
    ("splitter", "repeats", "sampled"),
    [
        (ms.KFold(5), 1, False),
        (ms.StratifiedKFold(3, shuffle=True, random_state=1), 1, False),
        (ms.GroupKFold(4), 1, False),
        (ms.LeaveOneOut(), 1, False),
        (ms.RepeatedKFold(n_splits=3, n_repeats=4, random_state=0), 4, False),
        (ms.PredefinedSplit([-1] * 10 + [0] * 10 + [1] * 10), 1, False),
        (ms.ShuffleSplit(6, random_state=0), 6, True),
        (ms.TimeSeriesSplit(4), 4, True),
        (ms.LeavePOut(2), 435, True),
        (ms.LeavePGroupsOut(2), 45, True),
    ],
    ids=lambda each: type(each).__name__ if hasattr(each, "split") else None,
)
@pytest.mark.filterwarnings("ignore:The groups parameter is ignored")
def test_the_rounds_are_the_pairs_of_scikit_learn(
    splitter: Any, repeats: int, sampled: bool
) -> None:
    pairs = list(splitter.split(np.zeros((ROWS, 1)), Y, GROUPS))
    found = IndexPairs.of(pairs, ROWS)
    assert rebuilt(found) == [(sorted(train), sorted(test)) for train, test in pairs]
    assert [each.index for each in found.rounds()] == list(range(len(pairs)))
    assert (len(found.folds), found.sampled) == (repeats, sampled)


sides = st.sets(st.integers(0, 7))


@given(pairs=st.lists(st.tuples(sides, sides), min_size=1, max_size=5), masks=st.booleans())
def test_any_pairs_come_back_as_they_were_given(
    pairs: list[tuple[set[int], set[int]]], masks: bool
) -> None:
    def side(rows: set[int]) -> Any:
        return np.isin(np.arange(8), list(rows)) if masks else list(rows)

    found = IndexPairs.of([(side(train), side(test)) for train, test in pairs], 8)
    assert rebuilt(found) == [(sorted(train), sorted(test)) for train, test in pairs]
    assert [set(each) for each in found.on_both] == [train & test for train, test in pairs]
    for repeat, folds in enumerate(found.folds):
        run = len(pairs) // len(found.folds)
        own = pairs[repeat * run : (repeat + 1) * run]
        used = set().union(*(train | test for train, test in own))
        assert {row for row in range(8) if folds[row] == -2} == set(range(8)) - used


def test_a_row_that_always_trains_and_one_that_is_never_used() -> None:
    pairs = [([1, 2, 3], [0]), ([0, 2, 3], [1])]
    found = IndexPairs.of(pairs, 5)
    assert (found.folds.tolist(), found.sampled) == ([[0, 1, -1, -1, -2]], False)


@pytest.mark.parametrize(
    "pairs",
    [
        [([0, 1], [2, 3])],  # one pair is no run of folds
        [([0, 1, 2], [3]), ([1, 2], [0])],  # the second leaves row 3 out
        [([0, 1], [2, 3]), ([2, 3], [0, 1]), ([0, 1, 2], [3])],  # a run of two, and one of one
        [([0, 1, 2], [2, 3]), ([2, 3], [0, 1])],  # row 2 on both sides
        [([0, 1, 2, 3], []), ([], [0, 1, 2, 3])],
    ],
)
def test_what_is_no_run_of_folds_is_sampled(pairs: Any) -> None:
    found = IndexPairs.of(pairs, 4)
    assert (found.sampled, len(found.folds)) == (True, len(pairs))
    assert rebuilt(found) == pairs


def test_a_generator_is_read_once() -> None:
    found = IndexPairs.of(((each, [0]) for each in ([1], [2])), 3)
    assert len(found.on_both) == 2


@pytest.mark.parametrize(
    ("pairs", "kind", "said"),
    [
        ([([0, 1], [30])], DataError, "1 of 1 positions are outside of the table"),
        ([([0, -1], [2])], DataError, "for instance -1; its rows are 0 to 29"),
        ([([0, 1, 1, 1], [2])], DataError, "row 1 occurs more than once (2 positions too many)"),
        ([([0, 1.5], [2])], DataError, "holds float64 (such as 0.0), not whole numbers"),
        ([(["0", "1"], [2])], DataError, "(such as '0')"),
        ([([0, None], [2])], DataError, "holds object"),
        ([([[0], [1]], [2])], DataError, "no list of row positions"),
        ([([[0], [1, 2]], [2])], DataError, "no list of row positions"),
        ([(7, [2])], DataError, "no list of row positions"),
        ([([True, False], [2])], DataError, "the mask has 2 values, the table 30 rows"),
        ([([2**70], [2])], DataError, "holds object"),
        ([(np.array([2**63], dtype=np.uint64), [2])], DataError, "outside of the table"),
        ([([0], [1], [2])], UsageError, "no pair"),
        ([3], UsageError, "no pair"),
        ([], UsageError, "there is no pair in it"),
        ("splits.npz", UsageError, "got str"),
        (5, UsageError, "got int"),
    ],
)
def test_bad_pairs(pairs: Any, kind: type[FoldGuardError], said: str) -> None:
    with pytest.raises(kind) as caught:
        IndexPairs.of(pairs, ROWS, source="cv.json")
    assert said in str(caught.value)
    assert caught.value.where.startswith("cv.json")
    assert caught.value.remedy


def test_the_message_names_pair_and_side() -> None:
    with pytest.raises(DataError) as caught:
        IndexPairs.of([([0], [1]), ([0], [1, 99])], ROWS)
    assert caught.value.where == "splits, pair 1, test"
