from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from fold_guard.dataset.strata import Strata, label_sets, labels_of
from fold_guard.errors import DataError

TABLE = pl.DataFrame(
    {"a": [1, 0, 1, 0], "b": [True, True, False, False], "c": [0.0, 1.0, 1.0, 0.0]}
)


def test_labels_of_every_row() -> None:
    strata = labels_of(TABLE, ["a", "b", "c"])
    assert strata.rows.tolist() == [0, 0, 1, 1, 2, 2]
    assert [strata.names[code] for code in strata.codes] == ["a", "b", "b", "c", "a", "c"]
    assert label_sets(strata).to_list() == ['["a", "b"]', '["b", "c"]', '["a", "c"]', "[]"]


def test_rows_are_counted_by_fold_and_label() -> None:
    strata = labels_of(TABLE, ["a", "b", "c"])
    folds = np.array([0, 1, 1, -1])
    assert strata.by_fold(folds, 2).tolist() == [[1, 1, 0], [1, 1, 2]]
    assert Strata(("x", "y"), np.array([0, 1, 1, 0])).by_fold(folds, 2).tolist() == [[1, 0], [0, 2]]


def test_some_rows() -> None:
    part = labels_of(TABLE, ["a", "b", "c"]).take(np.array([False, True, False, True]))
    assert part.codes.tolist() == [1, 2]
    assert part.indptr is not None
    assert part.indptr.tolist() == [0, 2, 2]


@pytest.mark.parametrize("values", [[1, 2], [1, None], ["0", "1"], [0.5, 1.0]])
def test_other_values_are_refused_by_the_name_of_the_column(values: list[object]) -> None:
    with pytest.raises(DataError, match="0 or 1") as caught:
        labels_of(pl.DataFrame({"a": [1, 0], "wrong": values}), ["a", "wrong"])
    assert caught.value.where == "column wrong"
