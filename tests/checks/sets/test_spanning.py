from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fold_guard.checks.sets.spanning import Spanning, spanning_sets
from fold_guard.checks.subjects.cells import Cells
from fold_guard.partition.rounds import Round, forward_rounds, kfold_rounds

# A set, and a fold for each of two repeats; -2 is in neither side.
ROWS = st.lists(st.tuples(st.integers(-2, 4), st.integers(-2, 3), st.integers(-2, 3)), max_size=14)


def cells_of(
    folds: np.ndarray[Any, Any],
    rounds: Sequence[Round],
    counts: np.ndarray[Any, Any] | None = None,
) -> Cells:
    return Cells(pl.DataFrame(), np.atleast_2d(folds), rounds, counts, lambda _: ())


def spanned(codes: Any, folds: Any, rounds: Sequence[Round], parts: Any = None) -> Spanning:
    return spanning_sets(codes, cells_of(folds, rounds), parts=parts)


def pairs_apart(codes: list[int], folds: list[int]) -> list[tuple[int, int]]:
    return [
        (i, j)
        for i, j in combinations(range(len(codes)), 2)
        # Fold -1 is a fold like any other; a row of -2 is in no side, and in no fold.
        if codes[i] == codes[j] >= 0 and folds[i] != folds[j] and -2 not in (folds[i], folds[j])
    ]


def require_same(
    codes: list[int], repeats: list[list[int]], rounds: list[Round], found: Spanning
) -> None:
    pairs = [pairs_apart(codes, folds) for folds in repeats]
    assert found.cross_fold_pairs == sum(map(len, pairs))
    spanning = [{codes[i] for i, _ in each} for each in pairs]
    assert found.spanning.tolist() == sorted(set().union(*spanning))
    assert found.cells_in_spanning.tolist() == [
        any(code in sets and folds[i] != -2 for sets, folds in zip(spanning, repeats, strict=True))
        for i, code in enumerate(codes)
    ]
    total = 0
    for at, (each, overlap) in enumerate(zip(rounds, found.rounds, strict=True)):
        trained = {code for code, inside in zip(codes, each.train, strict=True) if inside} - {
            -1,
            -2,
        }
        leaking = [code for code, inside in zip(codes, each.test, strict=True) if inside]
        leaking = [code for code in leaking if code in trained]
        assert (overlap.index, overlap.repeat) == (each.index, at * len(repeats) // len(rounds))
        assert overlap.leaking == len(leaking)
        assert overlap.shared.tolist() == sorted(set(leaking))
        total += len(leaking)
    assert found.leaking_total == total
    assert found.tested_total == sum(int(each.test.sum()) for each in rounds)


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, scheme=st.sampled_from([kfold_rounds, forward_rounds]))
def test_against_brute_force(rows: list[tuple[int, int, int]], scheme: object) -> None:
    codes = np.array([code for code, *_ in rows], dtype=np.int64)
    folds = np.array([fold for _, fold, _ in rows], dtype=np.int64)
    rounds = scheme(folds)  # type: ignore[operator]
    found = spanned(codes, folds, rounds)
    require_same(codes.tolist(), [folds.tolist()], list(rounds), found)


@settings(max_examples=150, deadline=None)
@given(rows=ROWS)
def test_every_repeat_counts(rows: list[tuple[int, int, int]]) -> None:
    codes = np.array([code for code, *_ in rows], dtype=np.int64)
    repeats = np.array([folds for _, *folds in rows], dtype=np.int64).reshape(-1, 2).T
    rounds = [each for folds in repeats for each in kfold_rounds(folds, 4)]
    found = spanned(codes, repeats, rounds)
    require_same(codes.tolist(), repeats.tolist(), rounds, found)


def test_a_set_may_fall_apart_in_one_repeat() -> None:
    # Row 1 links 0 and 2; in repeat 1, where it is excluded, they are two.
    codes = np.array([0, 0, 0])
    repeats = np.array([[0, 0, 0], [0, -2, 1]])
    rounds = [each for folds in repeats for each in kfold_rounds(folds, 2)]
    assert spanned(codes, repeats, rounds).leaking_total == 2
    parts = np.array([[0, 0, 0], [0, -1, 1]])
    found = spanned(codes, repeats, rounds, parts)
    assert (found.leaking_total, found.cross_fold_pairs, found.spanning.size) == (0, 0, 0)


def test_the_first_repeat_in_which_a_set_leaks_is_told() -> None:
    codes = np.array([0, 0, 1, 1])
    repeats = np.array([[0, 0, 0, 1], [0, 1, 0, 1]])
    rounds = [each for folds in repeats for each in kfold_rounds(folds, 2)]
    found = spanned(codes, repeats, rounds)
    assert [found.repeat_of(code) for code in (0, 1)] == [1, 0]


def test_counts_do_not_overflow() -> None:
    # 200,000 rows of one set: 10**10 pairs, more than 32 bits hold.
    n = 200_000
    folds = np.arange(n) % 2
    found = spanned(np.zeros(n, dtype=np.int64), folds, kfold_rounds(folds))
    assert found.cross_fold_pairs == (n // 2) ** 2
    assert isinstance(found.cross_fold_pairs, int)


@pytest.mark.parametrize("codes", [[], [-1, -1, -1]])
def test_rows_in_no_set_span_nothing(codes: list[int]) -> None:
    folds = np.arange(len(codes))
    found = spanned(np.array(codes, dtype=np.int64), folds, kfold_rounds(folds))
    assert (found.cross_fold_pairs, found.leaking_total, found.spanning.size) == (0, 0, 0)


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, scheme=st.sampled_from([kfold_rounds, forward_rounds]))
def test_cells_that_stand_for_rows_count_as_those(
    rows: list[tuple[int, int, int]], scheme: Any
) -> None:
    codes = np.array([code for code, *_ in rows], dtype=np.int64)
    folds = np.array([fold for _, fold, _ in rows], dtype=np.int64)
    each = spanned(codes, folds, scheme(folds, 4))
    kinds, counts = np.unique(np.stack([codes, folds]), axis=1, return_counts=True)
    cells = cells_of(kinds[1], scheme(kinds[1], 4), counts)
    grouped = spanning_sets(kinds[0], cells)
    for name in ("cross_fold_pairs", "rows_in_spanning", "tested_total", "leaking_total"):
        assert getattr(grouped, name) == getattr(each, name), name
    assert [(r.leaking, r.shared.tolist()) for r in grouped.rounds] == [
        (r.leaking, r.shared.tolist()) for r in each.rounds
    ]
