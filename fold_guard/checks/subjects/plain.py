"""Values as the checks compare them: null for NaN, 0.0 for -0.0."""

from __future__ import annotations

import polars as pl


def plain(series: pl.Series) -> pl.Series:
    """Return a column in which values that count as equal are equal.

    File formats disagree whether a missing number is null or NaN.

    >>> plain(pl.Series([float("nan"), 1.0])).to_list()
    [None, 1.0]
    """
    if not series.dtype.is_float():
        return series
    # Polars itself takes -0.0 for 0.0, in hashes and in groups. By another name: it looks the
    # column up by its own, and ^x$ would be a pattern.
    return series.alias("value").fill_nan(None).alias(series.name)
