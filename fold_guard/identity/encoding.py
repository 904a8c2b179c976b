"""Canonical encoding of values: equal values, equal bytes, whatever file they came from.

A value is a tag (one byte), a word (eight bytes, little-endian) and, where eight bytes cannot hold
it, a tail. The rules have a name (``ENCODING``) that every manifest repeats; committed test vectors
pin them.

====================  =====  ==============================  =======================
value                 tag    word                            tail
====================  =====  ==============================  =======================
null, NaN             ``~``  0
boolean               ``b``  0 or 1
integer               ``i``  the integer, two's complement
other float           ``f``  bits of the IEEE 754 double
text, category        ``s``  length of the tail              UTF-8
date                  ``d``  days since 1970-01-01
datetime, no zone     ``t``  nanoseconds since 1970-01-01
datetime, with zone   ``z``  the same, in UTC
duration, clock time  ``u``  nanoseconds
decimal               ``m``  length of the tail              digits, 1.50 as 1.5
bytes                 ``x``  length of the tail              the bytes
beyond 64 bits        ``I``  length of the tail              decimal digits
====================  =====  ==============================  =======================

Integers of any width are the same, and so are integral floats below 2**53: ``4.0`` is ``4``, and
``-0.0`` is ``0``. Beyond 64 bits, ``t``, ``z`` and ``u`` become ``T``, ``Z`` and ``U`` likewise.

The tag tells whether there is a tail and the word how long it is. So a column can be read back from
its bytes, and no two columns of equal length have the same: for each ``CHUNK`` rows (fewer at the
end) all tags, all words, all tails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.buffers import blocks, bytes_of
from fold_guard.errors import DataError

ENCODING = "fold-guard/canonical/2"
CHUNK = 2**16
_NULL = ord("~")
_TAILED = np.isin(np.arange(256), [ord(tag) for tag in "smxITZU"])
_EXACT = 2.0**53
_NANOSECONDS = {"ns": 1, "us": 1_000, "ms": 1_000_000}


@dataclass(frozen=True, slots=True)
class Canonical:
    """A column in canonical form.

    Attributes
    ----------
    tags : ndarray of uint8, shape (n,) or (1,)
        One for all rows when all have the same.
    words : ndarray of uint64, shape (n,)
    tails : polars.Series of String or Binary, no nulls, or None
        Empty where a value has none; None when no value has one.
    """

    tags: npt.NDArray[np.uint8]
    words: npt.NDArray[np.uint64]
    tails: pl.Series | None = None

    @property
    def tailed(self) -> npt.NDArray[np.bool_]:
        """Whether each value has a tail, by its tag; the shape is that of the tags."""
        found: npt.NDArray[np.bool_] = _TAILED[self.tags]
        return found

    def parts(self) -> Iterator[memoryview]:
        """Yield the bytes: number of tags (as eight bytes), tags, words, tails."""
        yield np.array([len(self.tags)], dtype="<u8").data
        yield self.tags.data
        yield self.words.astype("<u8", copy=False).data
        if self.tails is not None:
            yield bytes_of(self.tails).joined.data


def encode(series: pl.Series) -> Canonical:
    """Encode a column.

    Parameters
    ----------
    series : polars.Series
        Any scalar dtype.

    Raises
    ------
    DataError
        A nested or opaque dtype (list, struct, object).

    Examples
    --------
    >>> column = encode(pl.Series("a", [1.0, 1.5, None]))
    >>> column.tags.tobytes(), list(map(hex, column.words.tolist()))
    (b'if~', ['0x1', '0x3ff8000000000000', '0x0'])
    >>> column = encode(pl.Series("a", ["é"]))
    >>> column.tags.tobytes(), column.words.tolist(), column.tails.to_list()
    (b's', [2], ['é'])
    """
    dtype = series.dtype
    # Several Series methods look the column up by name, where ^x$ would be a pattern.
    name, series = series.name, series.alias("v")
    if dtype == pl.Null:
        return _encoded("i", np.zeros(len(series), dtype=np.int64), series.is_null())
    if dtype.is_float():
        return _encode_float(series)
    if dtype == pl.Boolean:
        return _encode_whole("b", series.cast(pl.Int64))
    if dtype.is_integer():
        return _encode_whole("i", series)
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return _encode_tails("s", series.cast(pl.String))
    if dtype == pl.Binary:
        return _encode_tails("x", series)
    if dtype == pl.Date:
        return _encode_whole("d", series.to_physical())
    if isinstance(dtype, pl.Datetime):
        tag = "z" if dtype.time_zone else "t"
        return _encode_whole(tag, series.to_physical(), _NANOSECONDS[dtype.time_unit])
    if isinstance(dtype, pl.Duration):
        return _encode_whole("u", series.to_physical(), _NANOSECONDS[dtype.time_unit])
    if dtype == pl.Time:
        return _encode_whole("u", series.to_physical())
    if isinstance(dtype, pl.Decimal):
        digits = series.cast(pl.String)
        if dtype.scale:
            # The scale belongs to the column, not to the value: writers choose it freely.
            digits = digits.str.strip_chars_end("0").str.strip_chars_end(".")
        return _encode_tails("m", digits)
    raise DataError(
        f"values of type {dtype} have no canonical encoding",
        where=f"column {name}",
        remedy="Leave the column out or turn it into text or numbers.",
    )


def _encoded(
    tags: str | npt.NDArray[np.uint8],
    words: npt.NDArray[np.int64] | npt.NDArray[np.uint64],
    missing: pl.Series | None,
    tails: pl.Series | None = None,
) -> Canonical:
    """Put nulls in, and one tag for all rows that have the same."""
    each = np.array([ord(tags)], dtype=np.uint8) if isinstance(tags, str) else tags
    if missing is not None:
        none = missing.to_numpy()
        each, words = np.where(none, np.uint8(_NULL), each), np.where(none, 0, words)
    if len(each) and (each == each[0]).all():
        each = each[:1]
    return Canonical(each if len(words) else each[:0], words.view(np.uint64), tails)


def _encode_whole(tag: str, series: pl.Series, factor: int = 1) -> Canonical:
    wide = series if factor == 1 else _scaled(series, factor)
    whole = wide.cast(pl.Int64, strict=False)
    missing = series.is_null() if series.null_count() else None
    words = whole.fill_null(0).to_numpy()
    if whole.null_count() == series.null_count():
        return _encoded(tag, words, missing)
    large = (whole.is_null() & wide.is_not_null()).to_numpy()
    tails = wide.set(pl.Series(~large), None).cast(pl.String).fill_null("")
    tags = np.where(large, np.uint8(ord(tag.upper())), np.uint8(ord(tag)))
    words = np.where(large, tails.str.len_bytes().cast(pl.Int64).to_numpy(), words)
    return _encoded(tags, words, missing, tails)


def _scaled(series: pl.Series, factor: int) -> pl.Series:
    low, high = series.min(), series.max()
    most = (2**63 - 1) // factor
    if low is None or (-most <= low and high <= most):  # type: ignore[operator]
        return series * factor
    # 128 bits: a date far from 1970 in microseconds would overflow 64 bits of nanoseconds.
    return series.to_frame().select(pl.col("v").cast(pl.Int128) * factor).to_series()


def _encode_tails(tag: str, series: pl.Series) -> Canonical:
    missing = series.is_null() if series.null_count() else None
    tails = series.fill_null("" if series.dtype == pl.String else b"")
    size = tails.str.len_bytes() if series.dtype == pl.String else tails.bin.size()
    return _encoded(tag, size.cast(pl.Int64).to_numpy(), missing, tails)


def _encode_float(series: pl.Series) -> Canonical:
    values = series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    tags = np.empty(len(values), dtype=np.uint8)
    words = np.empty(len(values), dtype=np.uint64)
    for block in blocks(len(values)):
        part = values[block]
        missing = np.isnan(part)
        integral = (np.abs(part) < _EXACT) & (part == np.trunc(part))
        whole = np.where(integral, part, 0).astype(np.int64).view(np.uint64)
        words[block] = np.where(integral, whole, np.where(missing, 0.0, part).view(np.uint64))
        tags[block] = np.where(missing, _NULL, np.where(integral, ord("i"), ord("f")))
    return _encoded(tags, words, None)
