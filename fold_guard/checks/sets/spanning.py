"""Sets of rows (groups, components, copies) that lie on both sides of a round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.checks.subjects.cells import Cells, weighted
from fold_guard.partition.counting import distinct_counts
from fold_guard.partition.rounds import EXCLUDED

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RoundOverlap:
    """What one round shares between its sides.

    Attributes
    ----------
    index, repeat : int
        The round, and the repeat that it belongs to.
    shared : ndarray of int64
        Codes of the sets with rows on both sides.
    leaking : int
        Test rows whose set also has a row in train.
    """

    index: int
    repeat: int
    shared: IntArray
    leaking: int


@dataclass(frozen=True, slots=True, eq=False)
class Spanning:
    """How sets of rows lie over folds and rounds.

    Attributes
    ----------
    spanning : ndarray of int64
        Codes of the sets with rows in more than one fold of some repeat (-1 is a fold, -2 is
        none).
    cells_in_spanning : ndarray of bool, shape (n_cells,)
        Their cells, in some repeat.
    rows_in_spanning : int
        The rows of those.
    cross_fold_pairs : int
        Unordered pairs of rows of one set in different folds, summed over the repeats.
    rounds : tuple of RoundOverlap
    tested_total : int
        Test rows, summed over the rounds.
    """

    spanning: IntArray
    cells_in_spanning: BoolArray
    rows_in_spanning: int
    cross_fold_pairs: int
    rounds: tuple[RoundOverlap, ...]
    tested_total: int

    @property
    def leaking_total(self) -> int:
        """Test rows whose set also has a row in train, summed over the rounds."""
        return sum(each.leaking for each in self.rounds)

    @property
    def shared(self) -> IntArray:
        """Codes of the sets with rows on both sides of some round, ascending."""
        return _distinct(np.concatenate([each.shared for each in self.rounds]))

    def repeat_of(self, code: int) -> int:
        """Return the first repeat in which a set lies on both sides of a round; 0 for none."""
        return next((each.repeat for each in self.rounds if code in each.shared), 0)


def spanning_sets(
    codes: IntArray,
    cells: Cells,
    *,
    tested: IntArray | None = None,
    parts: IntArray | None = None,
) -> Spanning:
    """Find the sets that several folds share, and those that both sides of a round share.

    Parameters
    ----------
    codes : ndarray of int64, shape (n_cells,)
        The set of each cell, 0..n_sets-1; negative: in no set.
    cells : Cells
        All rows, or those that are in sets.
    tested : ndarray of int64, shape (n_rounds,), optional
        Test rows of each round, when ``cells`` are not all rows; see `tested_rows`.
    parts : ndarray of int64, shape (n_repeats, n_cells), optional
        What holds together in each repeat, when that is less than the set: one set may fall apart
        where a row that links it is excluded.
    """
    in_spanning = np.zeros(codes.shape, dtype=np.bool_)
    pairs = 0
    for part, dealt in zip(_within(codes, cells, parts), cells.folds, strict=True):
        member = (part >= 0) & (dealt != EXCLUDED)
        inside = part[member]
        rows = None if cells.counts is None else cells.counts[member]
        spans, apart = _over_folds(inside, dealt[member], rows)
        in_spanning[member] |= spans[inside]
        pairs += apart
    return Spanning(
        spanning=_distinct(codes[in_spanning]),
        cells_in_spanning=in_spanning,
        rows_in_spanning=cells.count(in_spanning),
        cross_fold_pairs=pairs,
        rounds=tuple(
            RoundOverlap(
                each.index,
                each.repeat,
                _distinct(codes[each.where]),
                len(each.where) if cells.counts is None else int(cells.counts[each.where].sum()),
            )
            for each in leaking_cells(codes, cells, parts=parts)
        ),
        tested_total=int((tested_rows(cells) if tested is None else tested).sum()),
    )


@dataclass(frozen=True, slots=True, eq=False)
class LeakingCells:
    """The test cells of one round whose set also has a row in its train.

    Attributes
    ----------
    index, repeat : int
        The round, and the repeat that it belongs to.
    where : ndarray of int64
        Positions of the cells, ascending.
    """

    index: int
    repeat: int
    where: IntArray


def leaking_cells(
    codes: IntArray, cells: Cells, *, parts: IntArray | None = None
) -> Iterator[LeakingCells]:
    """Yield what leaks in each round; parameters as for `spanning_sets`.

    Examples
    --------
    >>> from fold_guard.partition.rounds import kfold_rounds
    >>> import polars as pl
    >>> folds = np.array([0, 1, 1])
    >>> cells = Cells(pl.DataFrame(), folds[None], kfold_rounds(folds), None, lambda at: ())
    >>> [each.where.tolist() for each in leaking_cells(np.array([0, 0, -1]), cells)]
    [[0], [1]]
    """
    rounds_a_repeat = len(cells.rounds) // len(cells.folds)
    for repeat, part in enumerate(_within(codes, cells, parts)):
        member = (part >= 0) & (cells.folds[repeat] != EXCLUDED)
        inside = part[member]
        # A cell that is alone in its set has no other on the other side.
        accompanied = member.copy()
        accompanied[member] = np.bincount(inside)[inside] > 1
        where = np.flatnonzero(accompanied)
        its_part = part[where]
        start = repeat * rounds_a_repeat
        for each in cells.rounds[start : start + rounds_a_repeat]:
            in_train = np.zeros(int(inside.max(initial=-1)) + 1, dtype=np.bool_)
            in_train[its_part[each.train[where]]] = True
            test = np.flatnonzero(each.test[where])
            yield LeakingCells(each.index, repeat, where[test[in_train[its_part[test]]]])


def _within(codes: IntArray, cells: Cells, parts: IntArray | None) -> list[IntArray]:
    return [codes] * len(cells.folds) if parts is None else list(parts)


def tested_rows(cells: Cells) -> IntArray:
    """Return the test rows of each round, shape (n_rounds,)."""
    return np.array([cells.count(each.test) for each in cells.rounds], dtype=np.int64)


def _over_folds(sets: IntArray, folds: IntArray, counts: IntArray | None) -> tuple[BoolArray, int]:
    """Return which sets lie in several folds, and the pairs of rows that folds part."""
    n_sets = int(sets.max(initial=-1)) + 1
    width = int(folds.max(initial=-1)) + 2
    places = sets * width + folds + 1
    cells, rows = distinct_counts(places, counts)
    owner = cells // width
    rows_of_set = weighted(sets, n_sets, counts)
    spans = np.bincount(owner, minlength=n_sets) > 1
    # Each pair is counted twice, and so is each row with itself, on both sides of the difference.
    return spans, int((rows_of_set**2).sum() - (rows**2).sum()) // 2


def _distinct(codes: IntArray) -> IntArray:
    """Return codes ascending, each once; without the sort that numpy would do."""
    return np.flatnonzero(np.bincount(codes))


def largest_sets(
    codes: IntArray, among: IntArray, counts: IntArray | None = None, shown: int = 5
) -> list[int]:
    """Return the sets with the most rows among some, largest first, for findings.

    Parameters
    ----------
    codes : ndarray of int64, shape (n_cells,)
        The set of each cell; negative: in no set.
    among : ndarray of int64
        Codes of the sets to choose from.
    counts : ndarray of int64, shape (n_cells,), optional
        The rows of each cell.
    shown : int
        How many to return at most.

    Examples
    --------
    >>> import numpy as np
    >>> largest_sets(np.array([0, 1, 1, 2, 2, -1]), np.array([0, 1, 2]), shown=2)
    [1, 2]
    """
    inside = codes >= 0
    rows = weighted(codes[inside], 0, None if counts is None else counts[inside])
    largest: list[int] = among[np.lexsort((among, -rows[among]))][:shown].tolist()
    return largest
