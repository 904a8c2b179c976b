from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.partition.counts import count_labels, count_units


def units_of(codes: list[int]) -> np.ndarray:
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=30))
def test_counts_are_those_of_a_plain_loop(rows: list[tuple[int, int]]) -> None:
    units = units_of([unit for unit, _ in rows])
    strata = np.array([stratum for _, stratum in rows])
    matrix = np.zeros((units.max() + 1, strata.max() + 1), dtype=int)
    for unit, stratum in zip(units, strata, strict=True):
        matrix[unit, stratum] += 1
    counts = count_units(units, strata)
    assert counts.dense().tolist() == matrix.tolist()
    assert counts.sizes.tolist() == matrix.sum(axis=1).tolist()
    folds = np.arange(counts.n_units) % 3 - 1
    by_fold = np.zeros((2, matrix.shape[1] + 1), dtype=int)
    for unit, fold in enumerate(folds):
        if fold >= 0:
            by_fold[fold] += [*matrix[unit], matrix[unit].sum()]
    assert counts.by_fold(folds, 2).tolist() == by_fold.tolist()


@given(st.data())
def test_labels_are_counted_once_a_row_and_sizes_are_rows(data: Any) -> None:
    n = data.draw(st.integers(1, 20))
    units = units_of(data.draw(st.lists(st.integers(0, 4), min_size=n, max_size=n)))
    held = np.array(
        data.draw(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=n, max_size=n))
    )
    indptr = np.concatenate([[0], np.cumsum(held.sum(axis=1))])
    counts = count_labels(units, indptr, np.nonzero(held)[1], 3)
    matrix = np.stack([held[units == unit].sum(axis=0) for unit in range(units.max() + 1)])
    assert counts.dense().tolist() == matrix.tolist()
    assert counts.sizes.tolist() == np.bincount(units).tolist()


def test_without_strata_sizes_alone_count() -> None:
    counts = count_units(np.array([1, 0, 1]))
    assert counts.n_strata == 0
    assert counts.sizes.tolist() == [1, 2]
    assert counts.by_fold(np.array([0, 1]), 2).tolist() == [[1], [2]]
