"""A column as bins: what a feature's held-out score is counted over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.errors import DataError

IntArray = npt.NDArray[np.integer[Any]]
BoolArray = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64] | npt.NDArray[np.float64]
By = Literal["value", "range", "length"]

RANGES = 128
MOST_VALUES = 2**21
# Ranges of fewer rows would say more about chance than about the feature.
_ROWS_A_RANGE = 4
_CELLS = 2**16
# Rows on which it is found out whether values repeat at all.
_PROBED = 2**15


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """One way to cut a column into bins.

    Attributes
    ----------
    codes : ndarray of int, shape (n_rows,)
        0..n_bins-1.
    n_bins : int
    ordered : bool
        Whether neighbouring bins hold neighbouring values. The bin of missing values has no
        neighbours.
    missing : int or None
        The bin of the missing values, the last one; None when nothing is missing.
    by : {"value", "range", "length"}
        Each value has a bin; ranges of values have; or ranges of the length of texts.
    joined : int
        Values with two rows or more that share a bin, for there are too many.
    """

    codes: IntArray
    n_bins: int
    ordered: bool
    missing: int | None
    by: By
    joined: int = 0


def binned(series: pl.Series, most: int = MOST_VALUES) -> tuple[Bins, ...]:
    """Cut a column into bins, in the one or two ways in which it may tell something.

    Numbers, dates, times and durations are cut into at most `RANGES` ranges of about equally many
    rows, in which a value with more rows than a range has a range of its own; and, where values
    repeat, by value. Text, bytes and categories are cut by value, and by length when most values
    differ. Null and NaN share a bin. Values that occur once share a bin: no other row tells
    anything about them.

    Parameters
    ----------
    series : polars.Series
    most : int
        Bins of values at most; the rarest values share one.

    Returns
    -------
    tuple of Bins
        They depend on the values alone, not on the order of rows.

    Raises
    ------
    DataError
        Lists, structs and other values that are no single value.

    Examples
    --------
    >>> [bins] = binned(pl.Series(["a", None, "b", "a", "b"]))
    >>> bins.n_bins, bins.missing, (bins.codes[0] == bins.codes[3]).item()
    (3, 2, True)
    """
    name, series, dtype = series.name, series.alias("value"), series.dtype
    if dtype.is_float():
        series = series.fill_nan(None)
    missing = series.is_null().to_numpy() if series.null_count() else None
    if missing is not None and missing.all():
        return (Bins(np.zeros(len(series), dtype=np.int64), 1, False, 0, "value"),)
    if dtype.is_numeric() or dtype.is_temporal() or dtype == pl.Boolean:
        found = _binned_numbers(_numbers(series.drop_nulls()), most)
    elif dtype in (pl.Categorical, pl.Enum):
        found = _by_value(*_dense(series.drop_nulls().to_physical().to_numpy()), most)
    elif dtype in (pl.String, pl.Binary):
        found = _binned_texts(series.drop_nulls(), most)
    else:
        raise DataError(
            f"values of type {dtype} are no single values",
            where=f"column {name}",
            remedy="Leave the column out of the features, or take it apart into columns.",
        )
    return tuple(_with_missing(each, missing) for each in found)


def bins_of_codes(codes: npt.NDArray[np.int64], most: int = MOST_VALUES) -> Bins:
    """Give each code a bin, as `binned` does with values; -1 is missing.

    Examples
    --------
    >>> bins_of_codes(np.array([0, 1, 1, 0, -1])).codes.tolist()
    [0, 1, 1, 0, 2]
    """
    missing = codes < 0
    if missing.all():
        return Bins(np.zeros(len(codes), dtype=np.int64), 1, False, 0, "value")
    [found] = _by_value(codes[~missing], int(codes.max()) + 1, most)
    return _with_missing(found, missing if missing.any() else None)


def _with_missing(bins: Bins, missing: BoolArray | None) -> Bins:
    if missing is None:
        return bins
    codes = np.full(len(missing), bins.n_bins, dtype=np.int64)
    codes[~missing] = bins.codes
    return Bins(codes, bins.n_bins + 1, bins.ordered, bins.n_bins, bins.by, bins.joined)


def _numbers(series: pl.Series) -> Numbers:
    """Return values as numbers in the same order; two may become one where 64 bits end."""
    series = series.to_physical() if series.dtype.is_temporal() else series
    if series.dtype.is_float() or series.dtype.is_decimal():
        return _floats(series)
    whole = series.cast(pl.Int64, strict=False)
    return _floats(series) if whole.null_count() else whole.to_numpy()


def _floats(series: pl.Series) -> npt.NDArray[np.float64]:
    # Adding zero makes one of -0.0 and 0.0.
    found: npt.NDArray[np.float64] = series.cast(pl.Float64).to_numpy() + 0.0
    return found


def _binned_numbers(values: Numbers, most: int) -> tuple[Bins, ...]:
    ranges = int(np.clip(len(values) // _ROWS_A_RANGE, 2, RANGES))
    for cells in _cell_maps(values):
        counts = np.bincount(cells, minlength=_CELLS)
        apart = _apart(values, cells)
        heavy = counts > len(values) / ranges
        if apart is None:
            occupied = int(np.count_nonzero(counts))
            codes = _renumbered(counts > 0, cells)
            if occupied <= ranges:
                return (Bins(codes, occupied, True, None, "value"),)
            by_range = _ranges(counts, ranges, heavy, cells)
            if 2 * occupied > len(values):
                return (by_range,)
            return (by_range, *_by_value(codes, occupied, most))
        if not (heavy & apart).any():
            by_range = _ranges(counts, ranges, heavy, cells)
            return (by_range, *_values_if_repeated(values, cells, most))
    distinct, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    by_range = _ranges(counts, ranges, counts > len(values) / ranges, codes)
    if 2 * len(distinct) > len(values):
        return (by_range,)
    return (by_range, *_by_value(codes, len(distinct), most))


def _cell_maps(values: Numbers) -> Iterator[IntArray]:
    """Yield cells, 0.._CELLS-1, in the order of the values: sorting would take ten times as long.

    First of equal width; then, for what is skewed, of equal width in the bits of the number, which
    is nearly in its logarithm.
    """
    low, high = values.min(), values.max()
    if values.dtype == np.int64:
        span = int(high) - int(low)
        if span < 2**62:
            yield (values - low) >> max(0, span.bit_length() - 16)
        values = values.astype(np.float64)
    else:
        width = float(high) - float(low)
        # Neither infinite values nor the smallest numbers that there are can be divided up.
        if 1e-290 < width < 1e300:
            yield ((values - low) * ((_CELLS - 1) / width)).astype(np.int64)
    bits = values.view(np.int64)
    if low < 0:
        # Below zero the bits of a greater number are the smaller ones.
        bits = np.where(bits < 0, bits ^ np.int64(2**63 - 1), bits)
    span = int(bits.max()) - int(bits.min())
    if span < 2**63:
        yield (bits - bits.min()) >> max(0, span.bit_length() - 16)


def _apart(values: Numbers, cells: IntArray) -> BoolArray | None:
    """Say of each cell whether it holds more than one value; None if none does."""
    one = np.zeros(_CELLS, dtype=values.dtype)
    one[cells] = values
    several = np.zeros(_CELLS, dtype=np.bool_)
    several[cells[one[cells] != values]] = True
    return several if several.any() else None


def _ranges(counts: IntArray, ranges: int, heavy: BoolArray, cells: IntArray) -> Bins:
    """Join neighbouring cells to ranges of about equally many rows; a heavy cell stays alone."""
    upto = np.cumsum(counts)
    wanted = (ranges * (2 * upto - counts - 1)) // (2 * upto[-1])
    starts = np.diff(wanted, prepend=wanted[0]) != 0
    starts |= heavy
    starts[1:] |= heavy[:-1]
    # Of cells without rows a range may consist as well: they are left out.
    bins = np.cumsum(starts)
    used = np.bincount(bins, weights=counts) > 0
    place = (np.cumsum(used) - 1)[bins]
    return Bins(place[cells], int(used.sum()), True, None, "range")


def _values_if_repeated(values: Numbers, cells: IntArray, most: int) -> tuple[Bins, ...]:
    """Cut by value, if a share of the cells shows that values have two rows or more on average."""
    step = -(-len(values) // _PROBED)
    probe = values[cells % step == 0] if step > 1 else values
    if not len(probe) or 2 * _distinct(probe) > len(probe):
        return ()
    distinct, codes = np.unique(values, return_inverse=True)
    if 2 * len(distinct) > len(values):
        return ()
    return _by_value(codes, len(distinct), most)


def _distinct(values: Numbers) -> int:
    in_order = np.sort(values)
    return 1 + int(np.count_nonzero(in_order[1:] != in_order[:-1]))


def _binned_texts(series: pl.Series, most: int) -> tuple[Bins, ...]:
    codes, distinct = _coded_hashes(series.hash().to_numpy())
    by_value = _by_value(codes, distinct, most)
    if 2 * distinct <= len(series):
        return by_value
    lengths = series.str.len_chars() if series.dtype == pl.String else series.bin.size()
    by_length = _binned_numbers(lengths.cast(pl.Int64).to_numpy(), most)[0]
    length = Bins(by_length.codes, by_length.n_bins, True, None, "length")
    return (*by_value, length)


def _coded_hashes(hashes: npt.NDArray[np.uint64]) -> tuple[IntArray, int]:
    """Give 64-bit hashes numbers; a few of their bits tell few of them apart."""
    for shift in (48, 32, 16, 0):
        cells = ((hashes >> np.uint64(shift)) & np.uint64(_CELLS - 1)).astype(np.int64)
        used = np.bincount(cells, minlength=_CELLS) > 0
        if np.count_nonzero(used) > _CELLS // 64:
            break
        one = np.empty(_CELLS, dtype=np.uint64)
        one[cells] = hashes
        if (one[cells] == hashes).all():
            return _renumbered(used, cells), int(np.count_nonzero(used))
    distinct, codes = np.unique(hashes, return_inverse=True)
    return codes, len(distinct)


def _dense(codes: IntArray) -> tuple[IntArray, int]:
    used = np.bincount(codes) > 0
    return _renumbered(used, codes), int(np.count_nonzero(used))


def _renumbered(used: BoolArray, cells: IntArray) -> IntArray:
    codes: IntArray = (np.cumsum(used) - 1)[cells]
    return codes


def _by_value(codes: IntArray, distinct: int, most: int) -> tuple[Bins, ...]:
    """Give each value a bin; those that occur once, and the rarest beyond ``most``, share one."""
    counts = np.bincount(codes, minlength=distinct)
    repeated = counts >= 2
    kept, several = repeated, int(np.count_nonzero(repeated))
    if several >= most:
        kept = counts > np.partition(counts, -most)[-most]
    n_kept = int(np.count_nonzero(kept))
    # One value that occurs once has its bin to itself either way.
    if distinct - n_kept <= 1:
        return (Bins(codes, distinct, False, None, "value"),)
    place = np.where(kept, np.cumsum(kept) - 1, n_kept)
    return (Bins(place[codes], n_kept + 1, False, None, "value", several - n_kept),)
