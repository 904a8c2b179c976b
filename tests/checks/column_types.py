"""Columns of every type that holds single values, with what is odd about each."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import polars as pl

ZOO: dict[str, pl.Series] = {
    "boolean": pl.Series([True, False, None] * 20),
    "small whole": pl.Series([1, 2, None] * 20, dtype=pl.Int8),
    "UInt64": pl.Series([2**64 - 1, 0, 2**63] * 20, dtype=pl.UInt64),
    "Int128": pl.Series([2**100, -(2**100), 5] * 20, dtype=pl.Int128),
    "extremes": pl.Series([-(2**63), 2**63 - 1, 0] * 20, dtype=pl.Int64),
    "float32": pl.Series([0.1, 0.2, float("nan")] * 20, dtype=pl.Float32),
    "infinite": pl.Series([float("inf"), float("-inf"), 1.0] * 20),
    "largest": pl.Series([1.7e308, -1.7e308, 5e-324] * 20),
    "smallest": pl.Series([5e-324, 0.0, 1e-323] * 20),
    "decimal": pl.Series([Decimal("1.10"), Decimal("2.20"), None] * 20),
    "date": pl.Series([date(2020, 1, 1), date(9999, 1, 1), None] * 20),
    "datetime": pl.Series([datetime(2020, 1, 1), datetime(1, 1, 1), None] * 20),
    "zone": pl.Series([datetime(2020, 1, 1, tzinfo=UTC), None] * 20),
    "time": pl.Series([time(1), time(2), None] * 20),
    "duration": pl.Series([timedelta(1), timedelta(-2), None] * 20),
    "text": pl.Series(["", "é", None] * 20),
    "bytes": pl.Series([b"\xff", b"", None] * 20),
    "categorical": pl.Series(["x", "y", None] * 20, dtype=pl.Categorical),
    "enum": pl.Series(["x", "y", None] * 20, dtype=pl.Enum(["y", "unused", "x"])),
    "all null": pl.Series([None] * 60),
    "null numbers": pl.Series([None] * 60, dtype=pl.Float64),
    "all NaN": pl.Series([float("nan")] * 60),
    "constant": pl.Series([3.5] * 60),
    "one row": pl.Series([3.5]),
}
