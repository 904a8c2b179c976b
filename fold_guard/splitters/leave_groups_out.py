"""Leave-p-groups-out: every choice of p whole groups is a test set."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.errors import InfeasibleError
from fold_guard.partition.units import connected_units
from fold_guard.splitters.base import Grouped, Pairs, Splitter, length
from fold_guard.splitters.columns import group_keys
from fold_guard.splitters.settings import require_whole

IntArray = npt.NDArray[np.int64]


class LeavePGroupsOut(Grouped, Splitter):
    """Each choice of ``n_groups`` groups is tested once.

    Rows that share any key are one group: ``groups`` may have several columns. A row without a
    key is a group of its own. Groups come in ascending order of their (first) key; those without
    come last.

    Parameters
    ----------
    n_groups : int
        How many groups are left out at once; at least 1.

    Examples
    --------
    >>> splitter = LeavePGroupsOut(2)
    >>> [test.tolist() for _, test in splitter.split([[0.0]] * 4, groups=["b", "b", "a", "c"])]
    [[0, 1, 2], [2, 3], [0, 1, 3]]
    """

    def __init__(self, n_groups: int) -> None:
        require_whole(n_groups, "n_groups", 1)
        self.n_groups = int(n_groups)

    def get_n_splits(self, X: object = None, y: object = None, groups: Any = None) -> int:
        """Return the number of choices of groups.

        Parameters
        ----------
        X, y : object
            Of no use.
        groups : array_like, shape (n_samples,) or (n_samples, n_keys)

        Raises
        ------
        UsageError
            Groups are None.
        """
        keys = group_keys(groups, type(self).__name__)
        return comb(int(_units(length(keys[0]), keys).max(initial=-1)) + 1, self._left_out)

    @property
    def _left_out(self) -> int:
        return self.n_groups

    def _rounds(self, X: Any, y: Any, groups: Any) -> Pairs:
        name = type(self).__name__
        units = _units(length(X), group_keys(groups, name))
        n_units, left_out = int(units.max(initial=-1)) + 1, self._left_out
        if n_units <= left_out:
            raise InfeasibleError(
                f"{name} expects at least {left_out + 1} groups to leave out {left_out} of them, "
                f"there are {n_units}",
                where="groups",
                remedy=f"Use n_groups <= {n_units - 1}." if n_units > 1 else "Add data.",
            )
        for chosen in combinations(range(n_units), left_out):
            test = np.isin(units, chosen)
            yield np.flatnonzero(~test), np.flatnonzero(test)


class LeaveOneGroupOut(LeavePGroupsOut):
    """Each group is tested once.

    Rows that share any key are one group: ``groups`` may have several columns. A row without a
    key is a group of its own. Groups come in ascending order of their (first) key; those without
    come last.

    Examples
    --------
    >>> splitter = LeaveOneGroupOut()
    >>> [test.tolist() for _, test in splitter.split([[0.0]] * 4, groups=["b", "b", "a", None])]
    [[2], [0, 1], [3]]
    """

    def __init__(self) -> None:
        pass

    @property
    def _left_out(self) -> int:
        return 1


def _units(n_rows: int, keys: Sequence[IntArray]) -> IntArray:
    """Return units numbered by their smallest key; without one by the next key, or the row."""
    units = connected_units(n_rows, keys)
    n_units = int(units.max(initial=-1)) + 1
    smallest = []
    for key in keys:
        least = np.full(n_units, np.iinfo(np.int64).max)
        np.minimum.at(least, units[key >= 0], key[key >= 0])
        smallest.append(least)
    order = np.lexsort([np.arange(n_units), *reversed(smallest)])
    number = np.empty(n_units, dtype=np.int64)
    number[order] = np.arange(n_units)
    return number[units]
