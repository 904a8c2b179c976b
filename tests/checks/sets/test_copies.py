from __future__ import annotations

from datetime import date
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fold_guard.checks.sets.copies import copy_sets

NUMBER = st.sampled_from([0.0, -0.0, 1.0, float("nan"), None])
TEXT = st.sampled_from(["", "a", "a ", None])


def _same(a: object, b: object) -> bool:
    missing = [each is None or each != each for each in (a, b)]
    return all(missing) or (not any(missing) and a == b)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(NUMBER, TEXT), min_size=1, max_size=10))
def test_against_brute_force(rows: list[tuple[float | None, str | None]]) -> None:
    frame = pl.DataFrame(
        rows, schema={"position": pl.Float64, "id": pl.String}, orient="row", strict=False
    )
    codes = copy_sets(frame, ["position", "id"], pl.Series(range(len(rows))))
    for i, j in combinations(range(len(rows)), 2):
        equal = all(_same(a, b) for a, b in zip(rows[i], rows[j], strict=True))
        assert equal == (codes[i] == codes[j] >= 0)
    known = codes[codes >= 0]
    assert sorted(set(known.tolist())) == list(range(len(set(known.tolist()))))


def test_sets_are_numbered_by_their_smallest_id() -> None:
    frame = pl.DataFrame({"a": [5, 5, 1, 1]})
    assert copy_sets(frame, ["a"], pl.Series([1, 9, 2, 0])).tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([date(2020, 1, 1), date(2020, 1, 1), date(2020, 1, 2), None, None]),
        pl.Series(["x", "x", "y", None, None], dtype=pl.Categorical),
        pl.Series([True, True, False, None, None]),
        pl.Series([[1, None], [1, None], [2], None, None]),
        pl.Series([{"k": 1}, {"k": 1}, {"k": 2}, None, None]),
        pl.Series([b"1", b"1", b"2", None, None]),
    ],
    ids=lambda values: str(values.dtype),
)
def test_columns_of_any_type_are_compared(values: pl.Series) -> None:
    codes = copy_sets(pl.DataFrame({"a": values}), ["a"], pl.Series([1, 2, 3, 4, 5]))
    assert codes.tolist() == [0, 0, -1, 1, 1]


def test_a_column_of_nulls_only_tells_nothing_apart() -> None:
    frame = pl.DataFrame({"a": [None, None], "b": [1, 1]})
    assert copy_sets(frame, ["a", "b"], pl.Series([1, 2])).tolist() == [0, 0]


def test_cells_of_several_rows_are_sets_by_themselves() -> None:
    frame = pl.DataFrame({"a": [5, 1, 1, 7]})
    assert copy_sets(frame, ["a"], counts=np.array([2, 1, 1, 1])).tolist() == [1, 0, 0, -1]


@pytest.mark.parametrize("name", ["^x.*$", "*", "^.*$", ""])
def test_a_name_that_looks_like_a_pattern_is_a_name(name: str) -> None:
    frame = pl.DataFrame({"x1": [1, 2, 3], name: [0.5, 0.5, 1.5]})
    ids = pl.Series([1, 2, 3])
    assert copy_sets(frame, [name], ids).tolist() == [0, 0, -1]
