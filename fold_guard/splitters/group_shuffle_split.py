"""Shuffle splits of whole groups, round after round."""

from __future__ import annotations

from typing import Any

from fold_guard.errors import InfeasibleError
from fold_guard.identity.seeds import shuffled_units
from fold_guard.partition.counts import count_units
from fold_guard.partition.portions import portioned_units
from fold_guard.partition.samples import sampled
from fold_guard.partition.units import connected_units
from fold_guard.splitters.base import Grouped, Pairs, length
from fold_guard.splitters.columns import group_keys, label_codes
from fold_guard.splitters.settings import RandomState
from fold_guard.splitters.shuffle_split import ShuffleSplitter, sides
from fold_guard.splitters.sizes import Size


class GroupShuffleSplitter(Grouped, ShuffleSplitter):
    """Base of the group splitters: fewer rounds and a larger test side, as scikit-learn has it."""

    _test_share = 0.2

    def __init__(
        self,
        n_splits: int = 5,
        *,
        test_size: Size = None,
        train_size: Size = None,
        random_state: RandomState = None,
    ) -> None:
        super().__init__(
            n_splits, test_size=test_size, train_size=train_size, random_state=random_state
        )


class GroupShuffleSplit(GroupShuffleSplitter):
    """Random samples of whole groups.

    Rows that share any key are one group: ``groups`` may have several columns. A row without a
    key is a group of its own.

    Parameters
    ----------
    n_splits : int
        Rounds; at least 1.
    test_size, train_size : float or int, optional
        A share of the groups in (0, 1), or a number of groups; one that is None is what the other
        leaves. Both None: a test share of 0.2.
    random_state : int or numpy generator, optional
        The seed; None is 0.

    Examples
    --------
    >>> splitter = GroupShuffleSplit(2, test_size=1)
    >>> patient = ["a", "a", "b", "b", "c", "c"]
    >>> [(len(train), len(test)) for train, test in splitter.split(patient, groups=patient)]
    [(4, 2), (4, 2)]
    """

    def _rounds(self, X: Any, y: Any, groups: Any) -> Pairs:
        units = connected_units(length(X), group_keys(groups, "GroupShuffleSplit"))
        n_train, n_test = self._sizes(int(units.max(initial=-1)) + 1, "groups")
        for seed in self._seeds():
            yield sides(sampled(shuffled_units(units, seed), n_test, n_train)[units])


class StratifiedGroupShuffleSplit(GroupShuffleSplitter):
    """Random samples of whole groups with about the class shares of the whole.

    Sizes count rows here, since class shares do: whole groups meet them as nearly as the search
    gets. Each round starts from another random sample and moves single groups as long as class
    shares and sizes come closer to the ideal.

    Rows that share any key are one group: ``groups`` may have several columns. A row without a
    key is a group of its own.

    Parameters
    ----------
    n_splits : int
        Rounds; at least 1.
    test_size, train_size : float or int, optional
        A share of the rows in (0, 1), or a number of rows; one that is None is what the other
        leaves. Both None: a test share of 0.2.
    random_state : int or numpy generator, optional
        The seed; None is 0.

    Examples
    --------
    >>> import numpy as np
    >>> y, patient = np.array([0, 1] * 6), np.arange(12) // 2
    >>> splitter = StratifiedGroupShuffleSplit(2, test_size=1 / 3)
    >>> [np.bincount(y[test]).tolist() for _, test in splitter.split(y, y, patient)]
    [[2, 2], [2, 2]]
    """

    _needs_y = True

    def _rounds(self, X: Any, y: Any, groups: Any) -> Pairs:
        name = "StratifiedGroupShuffleSplit"
        codes, n_rows = label_codes(y, name), length(X)
        units = connected_units(n_rows, group_keys(groups, name))
        n_train, n_test = self._sizes(n_rows)
        sizes = (n_test, n_train, n_rows - n_train - n_test)
        counts = count_units(units, codes).dense()
        if len(counts) < (needed := sum(size > 0 for size in sizes)):
            raise InfeasibleError(
                f"{len(counts)} groups cannot fill {needed} sides (test, train"
                f"{', unused' if sizes[2] else ''})",
                where="groups",
                remedy="Leave train_size out." if sizes[2] and len(counts) > 1 else "Add data.",
            )
        for seed in self._seeds():
            # The order of the sizes is that of TEST, TRAIN and UNUSED.
            yield sides(portioned_units(counts, shuffled_units(units, seed), sizes)[units])
