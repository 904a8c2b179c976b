"""Ascending order of a column, by sorting numbers that carry their row with them.

Polars sorts plain 64-bit numbers several times faster than it finds the order of a column, and
text forty times faster than the order of text. So the leading bits of each value and its position
share one number; what ties in those bits is put in order by the bits that follow.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.buffers import Bytes, blocks, bytes_of

Positions = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

_WORD = 8
_NONE = np.uint64(0)


def ascending(values: pl.Series) -> Positions | None:
    """Return the positions of values in ascending order, equal ones in the order of their rows.

    Parameters
    ----------
    values : polars.Series of Int64 or String, no nulls
        Text is compared byte by byte, which is also the order of its code points.

    Returns
    -------
    ndarray of int64, shape (n,), or None
        None when the values are in ascending order as they are.

    Examples
    --------
    >>> ascending(pl.Series(["b", "", "a"]))
    array([1, 2, 0])
    >>> ascending(pl.Series([3, 3, 7])) is None
    True
    """
    if values.is_sorted():
        return None
    if values.dtype == pl.Int64:
        whole = values.to_numpy()
        # What is counted from the least needs no sign.
        return _order_of(whole.view(np.uint64), int(whole.min()), int(whole.max()))
    return _order_of_text(bytes_of(values))


def order_of(keys: Keys) -> Positions:
    """Return the positions of whole numbers in ascending order, equal ones as they stand.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n,)

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> order_of(np.array([2**64 - 1, 0, 7, 0], dtype=np.uint64))
    array([1, 3, 2, 0])
    """
    if len(keys) < 2:
        return np.arange(len(keys))
    return _order_of(keys, int(keys.min()), int(keys.max()))


def _order_of(keys: Keys, least: int, most: int) -> Positions:
    low = np.uint64(least % 2**64)
    hidden = np.uint64(max(0, (most - least).bit_length() - _room(len(keys))))
    order, tied = _by_leading(keys, low, hidden)
    found = keys[order[tied]] - low if hidden else keys[:0]
    falls = np.flatnonzero(found[1:] < found[:-1])
    if falls.size:
        # Among equal keys there is nothing to do; numbers that tie without being equal are few.
        tied = tied[np.isin(found >> hidden, found[falls] >> hidden)]
        members = order[tied]
        order[tied] = members[np.argsort(keys[members] - low, kind="stable")]
    return order


def _room(rows: int) -> int:
    """Bits of a number that are left beside the position of its row."""
    return 64 - (rows - 1).bit_length()


def _by_leading(
    keys: Keys, low: np.uint64 = _NONE, hidden: np.uint64 = _NONE
) -> tuple[Positions, Positions]:
    """Order keys above ``low`` by all but the lowest bits; also tell which places are tied."""
    rows = len(keys)
    bits = np.uint64(64 - _room(rows))
    packed = np.empty(rows, dtype=np.uint64)
    for block in blocks(rows):
        part = keys[block] - low
        part >>= hidden
        part <<= bits
        part |= np.arange(block.start, block.stop, dtype=np.uint64)
        packed[block] = part
    in_order = pl.Series(packed).sort().to_numpy()
    # Memory that was touched before costs less than new.
    order, tied = packed.view(np.int64), []
    mask, last = (np.uint64(1) << bits) - np.uint64(1), in_order[:0]
    for block in blocks(rows):
        part = in_order[block]
        np.bitwise_and(part, mask, out=packed[block])
        # With the end of the block before, for a tie that begins there.
        heads = np.concatenate([last, part >> bits])
        same = np.flatnonzero(heads[1:] == heads[:-1]) + (block.start - len(last))
        tied += [same, same + 1] if same.size else []
        last = heads[-1:]
    if not tied:
        return order, np.zeros(0, dtype=np.int64)
    places = np.zeros(rows, dtype=np.bool_)
    places[np.concatenate(tied)] = True
    return order, np.flatnonzero(places)


def _order_of_text(text: Bytes) -> Positions:
    # Beyond the last value nothing can be read, so a word of nothing is put there.
    data = np.concatenate([text.data, np.zeros(_WORD, dtype=np.uint8)])
    words = np.ndarray((len(data) - _WORD + 1,), dtype=np.uint64, buffer=data, strides=(1,))
    starts, lengths = text.offsets[:-1], text.lengths
    groups = np.zeros(len(starts), dtype=np.uint64)
    return _order_within(groups, words, starts, lengths, at=0, seen=0)


def _order_within(
    groups: Keys, words: Keys, starts: Positions, lengths: Positions, *, at: int, seen: int
) -> Positions:
    """Order rows by group, then by their bytes from ``at`` on without the bits ``seen`` there."""
    room = _room(len(groups))
    used, keys, longest = int(groups.max()).bit_length(), groups, int(lengths.max())
    while at < longest:
        word = _word(words, starts, lengths, at)
        varying = int(np.bitwise_or.reduce(word ^ word[0])) & ~seen
        taken = _leading(varying, room - used)
        keys, used = _appended(keys, word, taken), used + taken.bit_count()
        if taken != varying:
            seen |= taken
            break
        at, seen = at + _WORD, 0
    order, tied = _by_leading(keys)
    if not tied.size:
        return order
    members = order[tied]
    if at >= longest:
        # Equal to the last byte but for zero bytes at the end: the shorter one comes first.
        inner = np.lexsort((lengths[members], keys[members]))
    else:
        heads = keys[members]
        again = np.concatenate([[0], np.cumsum(heads[1:] != heads[:-1])]).astype(np.uint64)
        inner = _order_within(again, words, starts[members], lengths[members], at=at, seen=seen)
    order[tied] = members[inner]
    return order


def _word(words: Keys, starts: Positions, lengths: Positions, at: int) -> Keys:
    """Eight bytes of each value as a number, the first byte the highest; zero past the end."""
    found = np.empty(len(starts), dtype=np.uint64)
    for block in blocks(len(starts)):
        # A value that has ended may be the last one, with less than a word behind it.
        part = words[np.minimum(starts[block] + at, len(words) - 1)]
        if sys.byteorder == "little":
            part.byteswap(inplace=True)
        left = lengths[block] - at
        if left.min() < _WORD:
            cut = (_WORD * (_WORD - np.clip(left, 0, _WORD))).astype(np.uint64)
            # In two steps: what a shift by all 64 bits gives is undefined.
            half = cut >> np.uint64(1)
            part = part >> half >> half << half << half
        found[block] = part
    return found


def _leading(mask: int, count: int) -> int:
    """Keep the highest bits of a mask, at most so many.

    >>> bin(_leading(0b1011, 2))
    '0b1010'
    """
    for _ in range(mask.bit_count() - count):
        mask &= mask - 1
    return mask


def _appended(keys: Keys, word: Keys, mask: int) -> Keys:
    """Put those bits of a word that a mask names behind the keys, in their order."""
    runs = list(_runs(mask))
    longer = np.empty_like(keys)
    for block in blocks(len(keys)):
        part, source = keys[block], word[block]
        for shift, run in runs:
            bits = (source >> np.uint64(shift)) & np.uint64((1 << run) - 1)
            part = (part << np.uint64(run)) | bits
        longer[block] = part
    return longer


def _runs(mask: int) -> Iterator[tuple[int, int]]:
    """Yield (lowest bit, length) of each run of ones, the highest run first.

    >>> list(_runs(0b11001))
    [(3, 2), (0, 1)]
    """
    while mask:
        high = mask.bit_length()
        low = (~mask & ((1 << high) - 1)).bit_length()
        yield low, high - low
        mask &= (1 << low) - 1
