"""The bytes of a text column as one array, without a Python object for each value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

_BLOCK = 2**15


@dataclass(frozen=True, slots=True)
class Bytes:
    """Values one after another.

    Attributes
    ----------
    offsets : ndarray of int64, shape (n + 1,)
        Value ``i`` is ``data[offsets[i]:offsets[i + 1]]``.
    data : ndarray of uint8
    """

    offsets: npt.NDArray[np.int64]
    data: npt.NDArray[np.uint8]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Bytes of each value."""
        return np.diff(self.offsets)

    @property
    def joined(self) -> npt.NDArray[np.uint8]:
        """All values, and nothing that lies around them in memory."""
        return self.data[self.offsets[0] : self.offsets[-1]]


def bytes_of(series: pl.Series) -> Bytes:
    """Lay out a column of text or bytes; a null has no bytes.

    Parameters
    ----------
    series : polars.Series of String or Binary

    Examples
    --------
    >>> found = bytes_of(pl.Series(["é", None, "ab"]))
    >>> found.offsets.tolist(), found.joined.tobytes().decode()
    ([0, 2, 2, 4], 'éab')
    """
    # Below a null Arrow allows any bytes; and the name may be a pattern to polars.
    series = series.alias("value").fill_null("" if series.dtype == pl.String else b"")
    array = series.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    if not len(series):
        return Bytes(np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.uint8))
    found = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(series) + 1]
    return Bytes(found, np.frombuffer(data or b"", dtype=np.uint8))


def blocks(rows: int) -> Iterator[slice]:
    """Yield slices short enough that what is worked out on one stays in the cache.

    >>> list(blocks(3))
    [slice(0, 3, None)]
    """
    for start in range(0, rows, _BLOCK):
        yield slice(start, min(start + _BLOCK, rows))
