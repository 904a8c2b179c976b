from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from fold_guard.dataset.declared import Dtype, declared, iso_instants
from fold_guard.errors import DataError

DAY = dt.date(2020, 5, 4)
NOON = dt.datetime(2020, 5, 4, 12)


@pytest.mark.parametrize(
    ("dtype", "given", "read"),
    [
        ("string", ["007", None], ["007", None]),
        ("string", [1, None], ["1", None]),
        ("string", [1.0, None], ["1", None]),
        ("integer", ["-7", None], [-7, None]),
        ("integer", [7.0, None], [7, None]),
        ("number", ["1e3", "-0.5", None], [1000.0, -0.5, None]),
        ("number", [3, None], [3.0, None]),
        ("boolean", ["true", "False", "1", "0", None], [True, False, True, False, None]),
        ("boolean", [1, 0, None], [True, False, None]),
        ("boolean", [True, None], [True, None]),
        ("date", ["2020-05-04", None], [DAY, None]),
        ("date", [DAY, None], [DAY, None]),
        ("date", [dt.datetime(2020, 5, 4), None], [DAY, None]),
        ("datetime", ["2020-05-04T12:00:00", "2020-05-04 12:00", None], [NOON, NOON, None]),
        ("datetime", ["2020-05-04", None], [dt.datetime(2020, 5, 4), None]),
        ("datetime", ["2020-05-04 12:00:00.25"], [NOON.replace(microsecond=250_000)]),
        ("datetime", [DAY, None], [dt.datetime(2020, 5, 4), None]),
        ("integer", [None, None], [None, None]),
        ("date", [None, None], None),
    ],
)
def test_values_that_fit(dtype: Dtype, given: list[Any], read: list[Any] | None) -> None:
    if read is None:
        given, read = [None], [None]
        series = pl.Series("a", given, dtype=pl.String)
    else:
        series = pl.Series("a", given)
    found = declared(series, dtype, source="t.csv")
    assert (found.to_list(), found.name) == (read, "a")


def test_instants_with_a_zone_become_utc() -> None:
    for text in ("2020-05-04T12:00:00+02:00", "2020-05-04T10:00:00Z", "2020-05-04 10:00+00:00"):
        found = declared(pl.Series([text]), "datetime", source="t.csv")
        assert found.to_list() == [dt.datetime(2020, 5, 4, 10, tzinfo=dt.UTC)]


@pytest.mark.parametrize(
    ("dtype", "given", "first"),
    [
        ("integer", [1.0, 1.5], "1.5 in row 1"),
        ("integer", ["1", "1.5"], "'1.5' in row 1"),
        ("integer", [True, False, None], None),
        ("integer", [float("inf")], "inf in row 0"),
        ("number", [2**53 + 1], "9007199254740993 in row 0"),
        ("number", ["1,5"], "'1,5' in row 0"),
        ("number", [DAY], "in row 0"),
        ("boolean", ["true", "yes"], "'yes' in row 1"),
        ("boolean", [2], "2 in row 0"),
        ("date", [20200504], "20200504 in row 0"),
        ("date", ["04/05/2020"], "'04/05/2020' in row 0"),
        ("date", ["2020-02-30"], "'2020-02-30' in row 0"),
        ("date", ["nonsense"], "'nonsense' in row 0"),
        ("date", [NOON], "in row 0"),
        ("datetime", ["2020-05-04", "soon"], "'soon' in row 1"),
        ("datetime", [1_588_588_200], "1588588200 in row 0"),
        ("datetime", ["2020-05-04T10:00:00Z", "2020-05-04T10:00:00"], "in row 0"),
    ],
)
def test_values_that_do_not_fit_are_never_bent(
    dtype: Dtype, given: list[Any], first: str | None
) -> None:
    series = pl.Series("a", given)
    if first is None:
        assert declared(series, dtype, source="t.csv").to_list() == [1, 0, None]
        return
    with pytest.raises(DataError, match=f"no {dtype}") as caught:
        declared(series, dtype, source="t.csv")
    assert first in caught.value.what
    assert caught.value.where == "t.csv, column a"
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["2020-05-04", None], pl.Date()),
        (["2020-05-04T10:00:00", "2020-05-04 10:00"], pl.Datetime("us")),
        (["2020-05-04T10:00:00Z", "2020-05-04T10:00:00+02:00"], pl.Datetime("us", "UTC")),
    ],
)
def test_text_that_is_iso_throughout_is_a_time(values: list[str | None], kind: Any) -> None:
    found = iso_instants(pl.Series("^t$", values))
    assert found is not None
    assert (found.dtype, found.name) == (kind, "^t$")
    assert found.null_count() == values.count(None)


@pytest.mark.parametrize("values", [["2020-5-4"], ["2020-02-30"], ["2020-05-04", "x"], [None]])
def test_other_text_is_no_time(values: list[str | None]) -> None:
    assert iso_instants(pl.Series("t", values, dtype=pl.String)) is None


@pytest.mark.parametrize(
    ("dtype", "given", "read"),
    [
        ("date:%d.%m.%Y", ["04.05.2020", "4.5.2020", None], [DAY, DAY, None]),
        ("date:%Y%m%d", [20200504, None], [DAY, None]),
        ("date:%d %b %y", ["04 May 20"], [DAY]),
        ("date:%d.%m.%Y", [DAY, None], [DAY, None]),
        ("date:%d.%m.%Y %H:%M", ["04.05.2020 00:00"], [DAY]),
        ("datetime:%d.%m.%Y", ["04.05.2020", None], [dt.datetime(2020, 5, 4), None]),
        ("datetime:%d/%m/%Y %H:%M", ["04/05/2020 12:00", None], [NOON, None]),
        ("date:%Y-%m", ["2020-05"], [dt.date(2020, 5, 1)]),
        (
            "datetime:%d.%m.%Y %H:%M%z",
            ["04.05.2020 12:00+0200"],
            [dt.datetime(2020, 5, 4, 10, tzinfo=dt.UTC)],
        ),
    ],
)
def test_dates_in_a_declared_format(dtype: Dtype, given: list[Any], read: list[Any]) -> None:
    assert declared(pl.Series("^a$", given), dtype, source="t.csv").to_list() == read


@pytest.mark.parametrize(
    ("dtype", "given", "first"),
    [
        ("date:%d.%m.%Y", ["04.05.2020", "2020-05-04"], "no date (%d.%m.%Y), the first is"),
        ("date:%d.%m.%Y", ["31.02.2020"], "'31.02.2020' in row 0"),
        # polars would read the year 20.
        ("date:%d.%m.%Y", ["4.5.20"], "'4.5.20' in row 0"),
        # A time of day is not dropped in silence.
        ("date:%d.%m.%Y %H:%M", ["04.05.2020 00:01"], "in row 0"),
        ("datetime:%d.%m.%Y %H", ["04.05.2020 10"], "the format '%d.%m.%Y %H' cannot be read"),
        # One kind for the whole column: with a zone and without cannot be compared.
        ("datetime:%d.%m.%Y %H:%M%z", ["04.05.2020 12:00+0200", "04.05.2020 12:00"], "in row 1"),
    ],
)
def test_values_that_do_not_fit_the_format(dtype: Dtype, given: list[Any], first: str) -> None:
    with pytest.raises(DataError) as caught:
        declared(pl.Series("day", given), dtype, source="t.csv")
    assert first in str(caught.value)
    assert caught.value.where == "t.csv, column day"
    assert caught.value.remedy
