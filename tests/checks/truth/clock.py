"""Time columns as numbers that SQLite can compare, and as a report writes them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DAY = 86_400


@dataclass(frozen=True)
class Clock:
    """A time column.

    ``values`` are numbers or None; ``text`` writes one of them; ``step`` is what a step of an
    embargo is: a day of a calendar, 1 of other numbers.
    """

    values: list[int | float | None]
    text: Callable[[int | float], int | float | str]
    step: int


def clock_of(column: pa.ChunkedArray) -> Clock:
    """Read a time column: numbers, dates, datetimes, or text in ISO 8601."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        per_second = _PER_SECOND[kind.unit]
        ticks = column.cast(pa.int64()).to_pylist()
        return Clock(ticks, lambda each: _written(each, per_second, kind.tz), _DAY * per_second)
    if pa.types.is_date(kind):
        return _calendar(column.to_pylist())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _of_text(column.to_pylist())
    numbers = [None if _missing(each) else each for each in column.to_pylist()]
    return Clock(numbers, lambda each: int(each) if float(each).is_integer() else each, 1)


def _calendar(days: list[date | None]) -> Clock:
    numbers = [None if each is None else each.toordinal() for each in days]
    return Clock(numbers, lambda each: date.fromordinal(int(each)).isoformat(), 1)


def _of_text(texts: list[str | None]) -> Clock:
    known = [each for each in texts if each is not None]
    if all(len(each) == len("2020-03-04") for each in known):
        return _calendar([None if each is None else date.fromisoformat(each) for each in texts])
    moments = [None if each is None else datetime.fromisoformat(each) for each in texts]
    aware = any(each.tzinfo is not None for each in moments if each is not None)
    ticks = [None if each is None else _ticks(each) for each in moments]
    return Clock(ticks, lambda each: _written(each, 10**6, "UTC" if aware else None), _DAY * 10**6)


def _ticks(moment: datetime) -> int:
    since = moment - datetime(1970, 1, 1, tzinfo=None if moment.tzinfo is None else UTC)
    return since // timedelta(microseconds=1)


def _written(ticks: Any, per_second: int, zone: str | None) -> str:
    seconds, rest = divmod(int(ticks), per_second)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    if zone is not None:
        moment = moment.astimezone(ZoneInfo(zone))
    offset = moment.isoformat()[-len("+00:00") :] if zone is not None else ""
    fraction = f".{rest * (10**9 // per_second):09d}" if rest else ""
    while fraction.endswith("000"):
        fraction = fraction[:-3]
    return moment.replace(tzinfo=None).isoformat() + fraction + offset


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
