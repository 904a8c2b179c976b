"""Sets of rows (groups, components, copies) that lie on both sides of a round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.partition.rounds import EXCLUDED, Round

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RoundOverlap:
    """What one round shares between its sides.

    Attributes
    ----------
    index : int
        The round.
    shared : ndarray of int64
        Codes of the sets with rows on both sides.
    leaking : ndarray of bool, shape (n_rows,)
        Test rows whose set also has a row in train.
    """

    index: int
    shared: IntArray
    leaking: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Spanning:
    """How sets of rows lie over folds and rounds.

    Attributes
    ----------
    spanning : ndarray of int64
        Codes of the sets with rows in more than one fold (-1 is a fold, -2 is none).
    rows_in_spanning : ndarray of bool, shape (n_rows,)
    cross_fold_pairs : int
        Unordered pairs of rows of one set in different folds.
    rounds : tuple of RoundOverlap
    """

    spanning: IntArray
    rows_in_spanning: npt.NDArray[np.bool_]
    cross_fold_pairs: int
    rounds: tuple[RoundOverlap, ...]

    @property
    def leaking_total(self) -> int:
        """Test rows whose set also has a row in train, summed over the rounds."""
        return sum(int(each.leaking.sum()) for each in self.rounds)

    @property
    def shared(self) -> IntArray:
        """Codes of the sets with rows on both sides of some round, ascending."""
        return np.unique(np.concatenate([each.shared for each in self.rounds]))


def spanning_sets(codes: IntArray, folds: IntArray, rounds: Sequence[Round]) -> Spanning:
    """Find the sets that several folds share, and those that both sides of a round share.

    Parameters
    ----------
    codes : ndarray of int64, shape (n_rows,)
        The set of each row, 0..n_sets-1; negative: in no set.
    folds : ndarray of int64, shape (n_rows,)
    rounds : sequence of Round

    Examples
    --------
    >>> import numpy as np
    >>> from fold_guard.partition.rounds import kfold_rounds
    >>> folds = np.array([0, 1, 1])
    >>> spanning_sets(np.array([7, 7, 2]), folds, kfold_rounds(folds)).leaking_total
    2
    """
    n_sets = int(codes.max(initial=-1)) + 1
    member = (codes >= 0) & (folds != EXCLUDED)
    inside, fold = codes[member], folds[member] + 1
    width = int(folds.max(initial=-1)) + 2
    cells, rows = np.unique(inside * width + fold, return_counts=True)
    owner = cells // width
    folds_of_set = np.bincount(owner, minlength=n_sets)
    rows_of_set = np.bincount(inside, minlength=n_sets).astype(np.int64)
    same_fold = np.zeros(n_sets, dtype=np.int64)
    np.add.at(same_fold, owner, rows.astype(np.int64) ** 2)
    spans = folds_of_set > 1
    overlaps = []
    for each in rounds:
        in_train = np.zeros(n_sets, dtype=np.bool_)
        in_test = np.zeros(n_sets, dtype=np.bool_)
        in_train[codes[each.train & member]] = True
        in_test[codes[each.test & member]] = True
        leaking = each.test & member
        leaking[leaking] = in_train[codes[leaking]]
        overlaps.append(RoundOverlap(each.index, np.flatnonzero(in_train & in_test), leaking))
    in_spanning = member.copy()
    in_spanning[member] = spans[inside]
    return Spanning(
        spanning=np.flatnonzero(spans),
        rows_in_spanning=in_spanning,
        cross_fold_pairs=int((rows_of_set**2 - same_fold).sum()) // 2,
        rounds=tuple(overlaps),
    )


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
