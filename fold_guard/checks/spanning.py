"""Sets of rows (groups, components, copies) that lie on both sides of a round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.partition.rounds import EXCLUDED, Round

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
    tested : int
        Test rows.
    leaking : int
        Test rows whose set also has a row in train.
    """

    index: int
    repeat: int
    shared: IntArray
    tested: int
    leaking: int


@dataclass(frozen=True, slots=True, eq=False)
class Spanning:
    """How sets of rows lie over folds and rounds.

    Attributes
    ----------
    spanning : ndarray of int64
        Codes of the sets with rows in more than one fold of some repeat (-1 is a fold, -2 is
        none).
    rows_in_spanning : ndarray of bool, shape (n_rows,)
        Their rows, in some repeat.
    cross_fold_pairs : int
        Unordered pairs of rows of one set in different folds, summed over the repeats.
    rounds : tuple of RoundOverlap
    """

    spanning: IntArray
    rows_in_spanning: BoolArray
    cross_fold_pairs: int
    rounds: tuple[RoundOverlap, ...]

    @property
    def tested_total(self) -> int:
        """Test rows, summed over the rounds."""
        return sum(each.tested for each in self.rounds)

    @property
    def leaking_total(self) -> int:
        """Test rows whose set also has a row in train, summed over the rounds."""
        return sum(each.leaking for each in self.rounds)

    @property
    def shared(self) -> IntArray:
        """Codes of the sets with rows on both sides of some round, ascending."""
        return np.unique(np.concatenate([each.shared for each in self.rounds]))

    def repeat_of(self, code: int) -> int:
        """Return the first repeat in which a set lies on both sides of a round; 0 for none."""
        return next((each.repeat for each in self.rounds if code in each.shared), 0)


def spanning_sets(
    codes: IntArray, folds: IntArray, rounds: Sequence[Round], parts: IntArray | None = None
) -> Spanning:
    """Find the sets that several folds share, and those that both sides of a round share.

    Parameters
    ----------
    codes : ndarray of int64, shape (n_rows,)
        The set of each row, 0..n_sets-1; negative: in no set.
    folds : ndarray of int64, shape (n_rows,) or (n_repeats, n_rows)
    rounds : sequence of Round
        As many for each repeat, one repeat after the other.
    parts : ndarray of int64, shape (n_repeats, n_rows), optional
        What holds together in each repeat, when that is less than the set: one set may fall apart
        where a row that links it is excluded.

    Examples
    --------
    >>> import numpy as np
    >>> from fold_guard.partition.rounds import kfold_rounds
    >>> folds = np.array([0, 1, 1])
    >>> spanning_sets(np.array([7, 7, 2]), folds, kfold_rounds(folds)).leaking_total
    2
    """
    repeats = np.atleast_2d(folds)
    within = [codes] * len(repeats) if parts is None else list(parts)
    rounds_a_repeat = len(rounds) // len(repeats)
    in_spanning = np.zeros(codes.shape, dtype=np.bool_)
    pairs, overlaps = 0, list[RoundOverlap]()
    for repeat, (part, dealt) in enumerate(zip(within, repeats, strict=True)):
        member = (part >= 0) & (dealt != EXCLUDED)
        inside = part[member]
        spans, apart = _over_folds(inside, dealt[member])
        in_spanning[member] |= spans[inside]
        pairs += apart
        # A row that is alone in its set has no other on the other side.
        accompanied = member.copy()
        accompanied[member] = np.bincount(inside)[inside] > 1
        where = np.flatnonzero(accompanied)
        own = rounds[repeat * rounds_a_repeat : (repeat + 1) * rounds_a_repeat]
        overlaps += _over_rounds(codes[where], part[where], where, own, repeat)
    return Spanning(
        spanning=_distinct(codes[in_spanning]),
        rows_in_spanning=in_spanning,
        cross_fold_pairs=pairs,
        rounds=tuple(overlaps),
    )


def _over_folds(sets: IntArray, folds: IntArray) -> tuple[BoolArray, int]:
    """Return which sets lie in several folds, and the pairs of rows that folds part."""
    n_sets = int(sets.max(initial=-1)) + 1
    width = int(folds.max(initial=-1)) + 2
    cells, rows = np.unique(sets * width + folds + 1, return_counts=True)
    owner = cells // width
    rows_of_set = np.bincount(sets, minlength=n_sets).astype(np.int64)
    same_fold = np.zeros(n_sets, dtype=np.int64)
    np.add.at(same_fold, owner, rows.astype(np.int64) ** 2)
    spans = np.bincount(owner, minlength=n_sets) > 1
    return spans, int((rows_of_set**2 - same_fold).sum()) // 2


def _over_rounds(
    codes: IntArray, parts: IntArray, where: IntArray, rounds: Sequence[Round], repeat: int
) -> list[RoundOverlap]:
    """Return what each round shares, of the rows ``where`` and their sets alone."""
    n_parts = int(parts.max(initial=-1)) + 1
    found = []
    for each in rounds:
        in_train = np.zeros(n_parts, dtype=np.bool_)
        in_train[parts[each.train[where]]] = True
        test = np.flatnonzero(each.test[where])
        leaking = test[in_train[parts[test]]]
        found.append(
            RoundOverlap(
                each.index,
                repeat,
                _distinct(codes[leaking]),
                int(np.count_nonzero(each.test)),
                len(leaking),
            )
        )
    return found


def _distinct(codes: IntArray) -> IntArray:
    """Return codes ascending, each once; without the sort that numpy would do."""
    return np.flatnonzero(np.bincount(codes))


def largest_sets(codes: IntArray, among: IntArray, shown: int = 5) -> list[int]:
    """Return the sets with the most rows among some, largest first, for findings.

    Parameters
    ----------
    codes : ndarray of int64, shape (n_rows,)
        The set of each row; negative: in no set.
    among : ndarray of int64
        Codes of the sets to choose from.
    shown : int
        How many to return at most.

    Examples
    --------
    >>> import numpy as np
    >>> largest_sets(np.array([0, 1, 1, 2, 2, -1]), np.array([0, 1, 2]), shown=2)
    [1, 2]
    """
    rows = np.bincount(codes[codes >= 0])
    largest: list[int] = among[np.lexsort((among, -rows[among]))][:shown].tolist()
    return largest
