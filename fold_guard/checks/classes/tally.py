"""Rows of each class in each of many sides, a block of sides at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from fold_guard.checks.subjects.cells import weighted
from fold_guard.dataset.strata import Strata

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
# Leave-one-out has as many sides as rows: all counts at once would be rows times classes.
_CELLS = 2**20


@dataclass(frozen=True, slots=True)
class Cell:
    """A stratum in one side, with fewer rows than asked for."""

    have: int
    stratum: int
    at: int


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What came of the counts of all sides.

    Attributes
    ----------
    least, most : ndarray of int64, shape (n_strata,)
        Of each stratum, over the sides.
    short : int
        Pairs of side and stratum with fewer rows than asked for.
    worst : tuple of Cell
        The first of them: fewest rows, then by stratum, then by side.
    """

    least: IntArray
    most: IntArray
    short: int
    worst: tuple[Cell, ...]


def tallied(
    strata: Strata,
    sides: Iterable[BoolArray],
    need: int,
    shown: int,
    counts: IntArray | None = None,
) -> Tally:
    """Count the rows of each stratum in each side.

    Parameters
    ----------
    strata : Strata
        Of the cells; at least one.
    sides : iterable of ndarray of bool, shape (n_cells,)
        At least one; each is looked at once.
    need : int
        The rows asked for.
    shown : int
        How many cells that have fewer are listed.
    counts : ndarray of int64, shape (n_cells,), optional
        The rows of each cell; default: one.

    Examples
    --------
    >>> sides = [np.array([True, False, True]), np.array([False, True, True])]
    >>> tallied(Strata(("a", "b"), np.array([0, 1, 1])), sides, 1, 5).worst
    (Cell(have=0, stratum=0, at=1),)
    """
    n_strata = len(strata.names)
    counts_of = _Counter(strata, counts)
    least = np.full(n_strata, np.iinfo(np.int64).max)
    most = np.zeros(n_strata, dtype=np.int64)
    short, worst, start = 0, list[Cell](), 0
    for found in _blocks(map(counts_of, sides), max(1, _CELLS // n_strata)):
        np.minimum(least, found.min(axis=0), out=least)
        np.maximum(most, found.max(axis=0), out=most)
        at, stratum = np.nonzero(found < need)
        short += len(at)
        have = found[at, stratum]
        for i in np.lexsort((at, stratum, have))[:shown].tolist():
            worst.append(Cell(int(have[i]), int(stratum[i]), start + int(at[i])))
        worst = sorted(worst, key=lambda each: (each.have, each.stratum, each.at))[:shown]
        start += len(found)
    return Tally(least, most, short, tuple(worst))


def _blocks(counts: Iterator[IntArray], size: int) -> Iterator[IntArray]:
    while block := list(islice(counts, size)):
        yield np.stack(block)


class _Counter:
    """Counts the strata of the rows of a side, or of those outside when they are fewer."""

    def __init__(self, strata: Strata, counts: IntArray | None) -> None:
        known = strata.codes >= 0
        self._codes = strata.codes[known]
        # With one class in each cell, entries are cells.
        whole = strata.indptr is None and bool(known.all())
        self._cells = None if whole else strata.rows[known]
        self._weights = counts
        if counts is not None and self._cells is not None:
            self._weights = counts[self._cells]
        self._n_strata = len(strata.names)
        self._totals = self._count(np.ones(len(self._codes), dtype=np.bool_))

    def __call__(self, side: BoolArray) -> IntArray:
        inside = side if self._cells is None else side[self._cells]
        if 2 * np.count_nonzero(inside) <= len(inside):
            return self._count(inside)
        return self._totals - self._count(~inside)

    def _count(self, inside: BoolArray) -> IntArray:
        weights = None if self._weights is None else self._weights[inside]
        return weighted(self._codes[inside], self._n_strata, weights)
