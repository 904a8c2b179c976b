"""Texts as sets of shingles (runs of three characters), and how much two sets share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fold_guard.partition.near.groups import BoolArray, IntArray

# Three characters fit into one 64-bit number, so that equal numbers are equal shingles.
SHINGLE = 3
_BITS = 21
# Characters that are cut into shingles at once.
_AT_ONCE = 2**22
# Cells of two sets compared at once.
_COMPARED = 2**22


@dataclass(frozen=True, slots=True, eq=False)
class ShingleSets:
    """Sets of shingles, one a text, laid end to end.

    Attributes
    ----------
    starts : ndarray of int64, shape (n_texts + 1,)
        The shingles of text i are ``shingles[starts[i]:starts[i + 1]]``.
    shingles : ndarray of int64
        Three code points of 21 bits; ascending within a text, each once.
    """

    starts: IntArray
    shingles: IntArray

    @classmethod
    def of(cls, texts: Sequence[str]) -> ShingleSets:
        """Cut texts into shingles; one shorter than a shingle is one shingle by itself.

        Examples
        --------
        >>> ShingleSets.of(["abab", "ab", ""]).sizes.tolist()  # aba and bab; ab; nothing
        [2, 1, 1]
        """
        sizes, parts, start = list[IntArray](), list[IntArray](), 0
        while start < len(texts):
            stop, length = start, 0
            while stop < len(texts) and (stop == start or length + len(texts[stop]) <= _AT_ONCE):
                length += len(texts[stop])
                stop += 1
            size, shingles = _cut(texts[start:stop])
            sizes.append(size)
            parts.append(shingles)
            start = stop
        lengths = np.concatenate([[0], *sizes]).astype(np.int64)
        return cls(np.cumsum(lengths), np.concatenate([np.empty(0, dtype=np.int64), *parts]))

    @property
    def sizes(self) -> IntArray:
        """Shingles of each text."""
        return np.diff(self.starts)

    def similar(self, left: IntArray, right: IntArray, least: float) -> BoolArray:
        """Say of pairs of texts whether the Jaccard similarity of their sets is at least ``least``.

        Parameters
        ----------
        left, right : ndarray of int64, shape (n_pairs,)
        least : float

        Examples
        --------
        >>> sets = ShingleSets.of(["abcd", "abcde", "xyz"])
        >>> sets.similar(np.array([0, 0]), np.array([1, 2]), 0.6).tolist()
        [True, False]
        """
        sizes = self.sizes
        small = np.minimum(sizes[left], sizes[right])
        # The shared part is at most the smaller set, the union at least the larger one.
        possible = np.flatnonzero(_at_least(small, np.maximum(sizes[left], sizes[right]), least))
        similar = np.zeros(len(left), dtype=np.bool_)
        cells = np.cumsum(sizes[left[possible]] + sizes[right[possible]])
        start, done = 0, 0
        while start < len(possible):
            stop = max(start + 1, int(np.searchsorted(cells, done + _COMPARED, side="right")))
            here = possible[start:stop]
            shared = self._shared(left[here], right[here])
            union = sizes[left[here]] + sizes[right[here]] - shared
            similar[here] = _at_least(shared, union, least)
            start, done = stop, int(cells[stop - 1])
        return similar

    def _shared(self, left: IntArray, right: IntArray) -> IntArray:
        pair = np.arange(len(left), dtype=np.int64)
        both = np.concatenate([left, right])
        owner = np.repeat(np.concatenate([pair, pair]), self.sizes[both])
        shingles = self.shingles[_spans(self.starts[both], self.sizes[both])]
        order = np.lexsort((shingles, owner))
        owner, shingles = owner[order], shingles[order]
        twice = (owner[1:] == owner[:-1]) & (shingles[1:] == shingles[:-1])
        return np.bincount(owner[1:][twice], minlength=len(left)).astype(np.int64)


def _at_least(shared: IntArray, union: IntArray, least: float) -> BoolArray:
    at_least: BoolArray = shared >= union * least * (1 - 1e-12)
    return at_least


def _spans(starts: IntArray, sizes: IntArray) -> IntArray:
    past = np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.repeat(starts, sizes) + np.arange(len(past)) - past


def _cut(texts: Sequence[str]) -> tuple[IntArray, IntArray]:
    """Return the number of distinct shingles of each text, and the shingles."""
    # A text shorter than a shingle would have none.
    joined = "".join(each.ljust(SHINGLE, "\0") for each in texts)
    # A lone surrogate, which pandas lets through, has a code point as well.
    points = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    points = points.astype(np.int64)
    lengths = np.array([max(len(each), SHINGLE) for each in texts], dtype=np.int64)
    counts = lengths - SHINGLE + 1
    at = _spans(np.cumsum(lengths) - lengths, counts)
    shingles = (points[at] << 2 * _BITS) | (points[at + 1] << _BITS) | points[at + 2]
    owner = np.repeat(np.arange(len(texts), dtype=np.int64), counts)
    order = np.lexsort((shingles, owner))
    owner, shingles = owner[order], shingles[order]
    new = np.concatenate([[True], (owner[1:] != owner[:-1]) | (shingles[1:] != shingles[:-1])])
    return np.bincount(owner[new], minlength=len(texts)).astype(np.int64), shingles[new]
