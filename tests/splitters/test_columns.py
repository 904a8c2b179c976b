from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from fold_guard.errors import DataError, UsageError
from fold_guard.splitters import GroupKFold, MultilabelStratifiedKFold, StratifiedKFold
from fold_guard.splitters.columns import columns_of, group_keys, indicator

NAIVE = dt.datetime(2020, 5, 4)
AWARE = NAIVE.replace(tzinfo=dt.UTC)
STRUCTURED = np.array([(1, 2.0)] * 6, dtype=[("a", "i4"), ("b", "f4")])


@pytest.mark.parametrize(
    "empty",
    [np.zeros((6, 0)), pd.DataFrame(index=range(6)), pl.DataFrame(), [[]] * 6],
    ids=["numpy", "pandas", "polars", "list"],
)
def test_groups_without_a_column_are_no_groups(empty: Any) -> None:
    with pytest.raises(UsageError, match="GroupKFold needs the group of each row") as caught:
        group_keys(empty, "GroupKFold")
    assert caught.value.where == "groups"
    assert caught.value.remedy


@pytest.mark.parametrize(
    "values",
    [
        STRUCTURED,
        STRUCTURED.view(np.recarray),
        np.zeros(6, dtype=complex),
        np.zeros(6, dtype="V8"),
        np.array([object()] * 6),
        pl.Series([object()] * 6),
    ],
    ids=["structured", "record", "complex", "void", "objects", "polars objects"],
)
def test_values_that_polars_has_no_type_for_are_refused(values: Any) -> None:
    with pytest.raises(UsageError, match="neither numbers nor text nor dates") as caught:
        list(GroupKFold(2).split(np.zeros((6, 1)), groups=values))
    assert caught.value.where == "groups"
    with pytest.raises(UsageError, match="neither numbers nor text nor dates") as caught:
        list(StratifiedKFold(2).split(np.zeros((6, 1)), values))
    assert caught.value.where == "y"


@pytest.mark.parametrize("values", [[NAIVE, AWARE], [AWARE, NAIVE], [NAIVE.date(), NAIVE]])
@pytest.mark.parametrize("make", [list, pd.Series, lambda v: pd.DataFrame({"a": v}, dtype=object)])
def test_calendars_that_mix_are_refused(values: list[Any], make: Any) -> None:
    given = make(pd.Series(values, dtype=object))
    with pytest.raises(DataError, match=r"mixes types \(date") as caught:
        columns_of(given, "groups")
    assert caught.value.where == "groups"


def test_datetimes_of_several_time_zones_are_instants_all_the_same() -> None:
    east = AWARE.astimezone(dt.timezone(dt.timedelta(hours=2)))
    assert group_keys([AWARE, east, None], "GroupKFold")[0].tolist() == [0, 0, -1]


Y = np.array([[1, 0], [0, 1], [1, 1], [0, 0]])


@pytest.mark.parametrize(
    "made",
    [
        Y.astype(object),
        Y.astype(bool).astype(object),
        Y.astype(float).astype(object),
        np.array([[np.int8(v) for v in row] for row in Y], dtype=object),
        pd.DataFrame({"a": Y[:, 0], "b": Y[:, 1].astype(bool)}),
        pd.DataFrame(Y).astype("Int64"),
        pd.DataFrame(Y).astype("boolean"),
        [[True, 0], [0, True], [1, True], [False, 0]],
    ],
    ids=["int", "bool", "float", "numpy", "two dtypes", "Int64", "boolean", "list"],
)
def test_indicators_may_come_as_objects(made: Any) -> None:
    found = indicator(made, "M")
    assert found.dtype == np.int64
    assert found.toarray().tolist() == Y.tolist()


@pytest.mark.parametrize(
    "odd", ["1", None, pd.NA, 2, -1, 0.5, float("nan"), b"1", 10**400, 1 + 0j, dt.date(2020, 1, 1)]
)
def test_objects_other_than_0_and_1_are_refused(odd: Any) -> None:
    table = Y.astype(object)
    table[2, 1] = odd
    with pytest.raises(DataError, match="labels must be 0 or 1") as caught:
        indicator(table, "M")
    assert (caught.value.where, bool(caught.value.remedy)) == ("y", True)


@pytest.mark.parametrize("make", [np.asarray, pd.DataFrame, lambda y: y.astype(object)])
def test_no_label_at_all_is_refused(make: Any) -> None:
    y = make(np.zeros((6, 0)))
    with pytest.raises(UsageError, match=r"one column a label, y has shape \(6, 0\)") as caught:
        list(MultilabelStratifiedKFold(2).split(np.zeros((6, 1)), y))
    assert caught.value.where == "y"
