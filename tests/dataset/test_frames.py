from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from fold_guard.dataset.frames import to_polars
from fold_guard.errors import DataError, UsageError
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan

NAIVE = dt.datetime(2020, 1, 1, 5)
AWARE = NAIVE.replace(tzinfo=dt.UTC)
FRAME = pl.DataFrame({"id": [1, 2], "y": ["a", None], "x": [0.5, None]})


@pytest.mark.parametrize(
    "given",
    [FRAME, FRAME.lazy(), FRAME.to_pandas(), FRAME.to_arrow(), FRAME.to_arrow().to_batches()[0]],
    ids=["polars", "lazy", "pandas", "arrow table", "arrow batch"],
)
def test_every_kind_of_table_gives_the_same(given: Any) -> None:
    assert to_polars(given).equals(FRAME)


def test_a_pandas_index_is_no_column_and_names_become_text() -> None:
    frame = pd.DataFrame({1: [5, 6]}, index=pd.Index(["a", "b"], name="who"))
    assert to_polars(frame).to_dict(as_series=False) == {"1": [5, 6]}


def test_nan_becomes_null() -> None:
    frame = pd.DataFrame({"x": [0.5, np.nan], "n": pd.array([1, None], dtype="Int64")})
    assert to_polars(frame).to_dict(as_series=False) == {"x": [0.5, None], "n": [1, None]}


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ([1, "x"], "int, str"),
        (["x", 1.5, None], "float, str"),
        ([True, 1], "bool, int"),
        (["a", b"a"], "bytes, str"),
        # Arrow would cut the second to a date without a word.
        ([dt.date(2020, 1, 1), dt.datetime(2020, 1, 1, 5)], "date, datetime"),
        # It would take the time zone of the one for the other, in either order.
        ([None, NAIVE, AWARE], "datetime, datetime with a time zone"),
        ([AWARE, NAIVE], "datetime, datetime with a time zone"),
        ([pd.Timestamp(AWARE), pd.NaT, NAIVE], "datetime, datetime with a time zone"),
        ([dt.date(2020, 1, 1), AWARE], "date, datetime with a time zone"),
    ],
)
def test_a_column_that_mixes_types_is_named(values: list[Any], kinds: str) -> None:
    frame = pd.DataFrame({"id": range(len(values)), "odd": pd.Series(values, dtype=object)})
    with pytest.raises(DataError, match=rf"mixes types \({kinds}\)") as caught:
        to_polars(frame)
    assert caught.value.where == "column odd"
    assert caught.value.remedy


@pytest.mark.parametrize("role", [{"id": "when"}, {"id": "row", "time": "when"}])
def test_a_datetime_without_a_time_zone_is_not_taken_for_utc(role: dict[str, str]) -> None:
    """Neither as a name nor as an instant of a row."""
    when = [(AWARE if at % 2 else NAIVE) + dt.timedelta(days=at) for at in range(12)]
    frame = pd.DataFrame({"row": range(12), "when": pd.Series(when, dtype=object)})
    plan = FoldPlan("purged", n_splits=3) if "time" in role else FoldPlan("kfold", n_splits=3)
    with pytest.raises(DataError, match="mixes types") as caught:
        make_folds(frame, plan, **role)
    assert caught.value.where == "column when"
    assert caught.value.remedy == "Give every datetime a time zone, or none."


def test_datetimes_of_one_kind_are_read() -> None:
    east = AWARE.astimezone(dt.timezone(dt.timedelta(hours=2)))
    for values in ([AWARE, None, east], [NAIVE, pd.NaT, NAIVE]):
        found = to_polars(pd.DataFrame({"t": pd.Series(values, dtype=object)}))["t"]
        assert found[0] == found[2]
        assert found.null_count() == 1


def test_objects_are_not_called_a_mixture() -> None:
    with pytest.raises(DataError, match="cannot read values of object"):
        to_polars(pd.DataFrame({"odd": pd.Series([object()], dtype=object)}))


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(DataError, match="1 column names occur more than once") as caught:
        to_polars(pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"]))
    assert caught.value.where == "column a"


@pytest.mark.parametrize("given", [None, [1], {"a": [1]}, pd.Series([1]), pa.array([1]), "t.csv"])
def test_what_is_no_table_is_refused(given: Any) -> None:
    with pytest.raises(UsageError, match="expected a table"):
        to_polars(given)
