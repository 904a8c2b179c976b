"""Near pairs of rows with one end in test and the other in train."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.partition.rounds import Round

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class NearSides:
    """What the rounds have near duplicates of on both sides.

    Attributes
    ----------
    indices : tuple of int
        The rounds.
    rows : tuple of ndarray of int64
        Positions of the test rows of each round that are near a train row, ascending.
    tested : int
        Test rows, summed over the rounds.
    """

    indices: tuple[int, ...]
    rows: tuple[IntArray, ...]
    tested: int

    @property
    def leaking(self) -> tuple[int, ...]:
        """How many rows those are, of each round."""
        return tuple(map(len, self.rows))

    def first(self, n_rows: int) -> IntArray:
        """Return the position of the first round in which each row leaks; -1 for none."""
        found = np.full(n_rows, -1, dtype=np.int64)
        for position in reversed(range(len(self.rows))):
            found[self.rows[position]] = position
        return found


def near_sides(
    nodes: IntArray, left: IntArray, right: IntArray, rounds: Sequence[Round]
) -> NearSides:
    """Find the test rows that are near a train row, pair by pair: a chain is no near pair.

    Parameters
    ----------
    nodes : ndarray of int64, shape (n_rows,)
        0..n_nodes-1; rows of one node are near each other.
    left, right : ndarray of int64, shape (n_pairs,)
        Nodes whose rows are near each other.
    rounds : sequence of Round

    Examples
    --------
    >>> from fold_guard.partition.rounds import kfold_rounds
    >>> folds = np.array([0, 0, 1])  # the first row is near the second, the second near the third
    >>> near_sides(np.arange(3), np.array([0, 1]), np.array([1, 2]), kfold_rounds(folds)).leaking
    (1, 1)
    """
    n_nodes = int(nodes.max(initial=-1)) + 1
    linked = np.bincount(nodes, minlength=n_nodes) > 1
    linked[left] = linked[right] = True
    where = np.flatnonzero(linked[nodes])
    at = nodes[where]
    indices, rows, tested = list[int](), list[IntArray](), 0
    for each in rounds:
        in_train = np.zeros(n_nodes, dtype=np.bool_)
        in_train[at[each.train[where]]] = True
        near_train = in_train.copy()
        near_train[left[in_train[right]]] = True
        near_train[right[in_train[left]]] = True
        rows.append(where[each.test[where] & near_train[at]])
        indices.append(each.index)
        tested += int(np.count_nonzero(each.test))
    return NearSides(tuple(indices), tuple(rows), tested)
