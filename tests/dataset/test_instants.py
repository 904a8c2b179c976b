from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from fold_guard.dataset.instants import instant_at, instants, shown
from fold_guard.errors import DataError


@pytest.mark.parametrize("dtype", [pl.Int8, pl.UInt32, pl.Int64, pl.Float32])
def test_numbers_are_steps(dtype: Any) -> None:
    found = instants(pl.Series("t", [4, None, 2], dtype=dtype))
    assert found.values[[0, 2]].tolist() == [4, 2]
    assert found.known.tolist() == [True, False, True]
    assert (found.per_step, found.unit) == (1, "steps")


def test_nan_is_unknown() -> None:
    assert instants(pl.Series([1.5, float("nan")])).known.tolist() == [True, False]


@pytest.mark.parametrize(
    "dtype", [pl.Date, pl.Datetime("ms"), pl.Datetime("us"), pl.Datetime("ns")]
)
def test_one_step_is_a_day_in_every_unit(dtype: Any) -> None:
    days = [dt.datetime(2020, 5, 4), dt.datetime(2020, 5, 6)]
    found = instants(pl.Series(days).cast(dtype))
    assert (found.values[1] - found.values[0]) / found.per_step == 2
    assert found.unit == "days"


@pytest.mark.parametrize("values", [["2020-05-04"], [dt.time(1)], [True], [dt.timedelta(1)]])
def test_what_is_no_time_is_refused(values: list[Any]) -> None:
    with pytest.raises(DataError, match="must hold numbers, dates") as caught:
        instants(pl.Series("when", values))
    assert caught.value.where == "column when"
    assert "declare the dtype" in caught.value.remedy


def test_an_instant_beyond_64_bits_is_refused() -> None:
    with pytest.raises(DataError, match="64 bits"):
        instants(pl.Series("when", [2**64 - 1], dtype=pl.UInt64))


def test_instants_are_shown_as_people_read_them() -> None:
    assert shown(pl.Series([4.0]), 0) == "4"
    assert shown(pl.Series([dt.date(2020, 5, 4)]), 0) == "2020-05-04"


def test_instants_of_any_year_are_shown() -> None:
    late = pl.Series("t", [3_000_000], dtype=pl.Int32).cast(pl.Date)
    assert (shown(late, 0), instant_at(late, 0)) == ("+10183-09-21",) * 2
    zoned = pl.Series("t", [dt.datetime(2020, 5, 4, 10, tzinfo=dt.UTC)]).alias("^t$")
    assert instant_at(zoned, 0) == "2020-05-04T10:00:00+00:00"


def test_a_date_that_no_calendar_holds_is_refused() -> None:
    wrong = pl.Series("t", [2**31 - 1], dtype=pl.Int32).cast(pl.Date)
    with pytest.raises(DataError, match="1 dates lie more than"):
        instants(wrong)
