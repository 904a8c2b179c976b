"""Canonical encoding of values: equal values, equal text, whatever file they came from.

The rules have a name (``ENCODING``) that every manifest repeats; committed test vectors pin them.

========================  =====================================================================
value                     text
========================  =====================================================================
null, NaN                 ``~``
boolean                   ``b0;`` ``b1;``
integer, integral float   ``i`` decimal ``;`` (any width; ``4`` is ``4.0``, ``-0.0`` is ``0``)
other float               ``f`` 16 hex digits of the IEEE 754 double ``;`` (also from 2**53 on)
text, category            ``s`` length in bytes ``:`` UTF-8
date                      ``d`` days since 1970-01-01 ``;``
datetime                  ``t`` (no zone) or ``z`` (UTC) nanoseconds since 1970-01-01 ``;``
duration, time of day     ``u`` nanoseconds ``;``
decimal                   ``m`` digits without trailing zeros ``;`` (1.50 is 1.5)
bytes                     ``x`` hex ``;``
========================  =====================================================================

Each text says where it ends, so texts can be joined without one row imitating another.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from fold_guard.errors import DataError

ENCODING = "fold-guard/canonical/1"
_NULL = "~"
_EXACT = 2.0**53


def encode(series: pl.Series) -> pl.Series:
    """Encode a column.

    Parameters
    ----------
    series : polars.Series
        Any scalar dtype.

    Returns
    -------
    polars.Series of String, same length, no nulls

    Raises
    ------
    DataError
        A nested or opaque dtype (list, struct, object).

    Examples
    --------
    >>> encode(pl.Series("a", [1.0, 1.5, None])).to_list()
    ['i1;', 'f3ff8000000000000;', '~']
    >>> encode(pl.Series("a", ["é"])).to_list()
    ['s2:é']
    """
    dtype = series.dtype
    if dtype in (pl.Categorical, pl.Enum):
        series, dtype = series.cast(pl.String), pl.String()
    if dtype == pl.Null:
        return pl.Series(series.name, [_NULL] * len(series), dtype=pl.String)
    if dtype.is_float():
        # Several Series methods look the column up by name, where ^x$ would be a pattern.
        return _encode_float(series.alias("v")).alias(series.name)
    frame = series.alias("v").to_frame()
    value = pl.col("v")
    text: pl.Expr
    if dtype == pl.Boolean:
        text = _tagged("b", value.cast(pl.Int8))
    elif dtype.is_integer():
        text = _tagged("i", value)
    elif dtype == pl.String:
        text = pl.concat_str(pl.lit("s"), value.str.len_bytes().cast(pl.String), pl.lit(":"), value)
    elif dtype == pl.Date:
        text = _tagged("d", value.to_physical())
    elif isinstance(dtype, pl.Datetime):
        text = _tagged("z" if dtype.time_zone else "t", _nanoseconds(value, dtype.time_unit))
    elif isinstance(dtype, pl.Duration):
        text = _tagged("u", _nanoseconds(value, dtype.time_unit))
    elif dtype == pl.Time:
        text = _tagged("u", value.to_physical())
    elif isinstance(dtype, pl.Decimal):
        digits = value.cast(pl.String)
        if dtype.scale:
            # The scale belongs to the column, not to the value: writers choose it freely.
            digits = digits.str.strip_chars_end("0").str.strip_chars_end(".")
        text = _tagged("m", digits)
    elif dtype == pl.Binary:
        text = pl.concat_str(pl.lit("x"), value.bin.encode("hex"), pl.lit(";"))
    else:
        raise DataError(
            f"values of type {dtype} have no canonical encoding",
            where=f"column {series.name}",
            remedy="Leave the column out or turn it into text or numbers.",
        )
    return frame.select(text.fill_null(_NULL).alias(series.name)).to_series()


def _tagged(tag: str, value: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit(tag), value.cast(pl.String), pl.lit(";"))


def _nanoseconds(value: pl.Expr, unit: str) -> pl.Expr:
    # 128 bits: a date far from 1970 in microseconds would overflow 64 bits of nanoseconds.
    return value.to_physical().cast(pl.Int128) * {"ns": 1, "us": 1_000, "ms": 1_000_000}[unit]


def _encode_float(series: pl.Series) -> pl.Series:
    values = series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    integral = (np.abs(values) < _EXACT) & (values == np.trunc(values))
    whole = pl.Series(np.where(integral, values, 0).astype(np.int64))
    # Hexadecimal by way of the bytes: how polars formats floats may change between versions.
    bits = np.where(np.isnan(values), 0.0, values).astype(">f8").view("S8")
    raw = pl.Series(bits.tolist(), dtype=pl.Binary) if not integral.all() else None
    frame = pl.DataFrame({"whole": whole, "integral": integral, "missing": np.isnan(values)})
    if raw is None:
        text = _tagged("i", pl.col("whole"))
    else:
        # numpy's S8 drops trailing zero bytes: pad them back.
        frame = frame.with_columns(raw.bin.encode("hex").str.pad_end(16, "0").alias("hex"))
        text = (
            pl.when("integral")
            .then(_tagged("i", pl.col("whole")))
            .otherwise(_tagged("f", pl.col("hex")))
        )
    return frame.select(
        pl.when("missing").then(pl.lit(_NULL)).otherwise(text).alias(series.name)
    ).to_series()
