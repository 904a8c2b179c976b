from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from fold_guard.dataset.instants import instant_at, instants, shown, spans
from fold_guard.errors import DataError
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan


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


@pytest.mark.parametrize("dtype", [pl.Float32, pl.Float64])
@pytest.mark.parametrize("value", [float("inf"), -float("inf")])
def test_infinity_is_no_instant(value: float, dtype: Any) -> None:
    series = pl.Series("when", [None, float("nan"), 1.0, value, value], dtype=dtype)
    with pytest.raises(
        DataError, match="2 instants are infinite, the first at position 3"
    ) as caught:
        instants(series, source="t.csv")
    assert caught.value.where == "t.csv, column when"
    assert "null" in caught.value.remedy
    assert instants(series.head(3)).known.tolist() == [False, False, True]


_DAYS = pl.Series(range(12))
_KINDS = {
    "numbers": _DAYS,
    "dates": _DAYS.cast(pl.Date),
    "datetimes": _DAYS.cast(pl.Date).cast(pl.Datetime("us")),
    "milliseconds": _DAYS.cast(pl.Date).cast(pl.Datetime("ms")),
    "zoned": _DAYS.cast(pl.Date).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
}


@pytest.mark.parametrize("start", _KINDS)
@pytest.mark.parametrize("end", _KINDS)
def test_prediction_and_evaluation_are_of_one_kind(start: str, end: str) -> None:
    """Day 3 and the number 3 are the same number, and so are noon in UTC and noon somewhere."""
    frame = pl.DataFrame({"row": range(12), "t": _KINDS[start], "known": _KINDS[end]})
    plan, roles = FoldPlan("purged", n_splits=3), {"time": "t", "evaluation_time": "known"}
    if start == end:
        assert make_folds(frame, plan, id="row", **roles).manifest.n_folds == 3
        return
    with pytest.raises(DataError, match="t and known are times of different kinds"):
        spans(frame["t"], frame["known"])
    # Where one of them ends before it starts that is the lesser fault, and not what is said.
    with pytest.raises(DataError, match="t and known are times of different kinds"):
        make_folds(frame, plan, id="row", **roles)


def test_whole_numbers_and_fractions_are_one_kind_and_so_are_two_time_zones() -> None:
    found = spans(_DAYS, _DAYS + 0.5)
    assert (found[1].values - found[0].values).tolist() == [0.5] * 12
    zoned = _KINDS["zoned"]
    here, there = spans(zoned, zoned.dt.convert_time_zone("Asia/Tokyo"))
    assert here.values.tolist() == there.values.tolist()


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
