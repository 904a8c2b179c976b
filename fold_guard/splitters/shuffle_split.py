"""Shuffle splits: independent random samples of rows, round after round."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from fold_guard.errors import InfeasibleError
from fold_guard.identity.seeds import derived_seed, shuffled_rows
from fold_guard.partition.samples import TEST, TRAIN, sampled, sampled_by_class
from fold_guard.splitters.base import Pairs, Splitter, length
from fold_guard.splitters.columns import label_set_codes
from fold_guard.splitters.settings import RandomState, require_random_state, require_whole, seed_of
from fold_guard.splitters.sizes import Size, sample_sizes

IntArray = npt.NDArray[np.int64]


class ShuffleSplitter(Splitter):
    """Base of the shuffle splits.

    Round i follows from ``random_state`` and i alone: more rounds leave the earlier as they are.

    Parameters
    ----------
    n_splits : int
        Rounds; at least 1.
    test_size, train_size : float or int, optional
        A share in (0, 1) or a number; one that is None is what the other leaves.
    random_state : int or numpy generator, optional
        The seed; None is 0.
    """

    _test_share: ClassVar[float] = 0.1

    def __init__(
        self,
        n_splits: int = 10,
        *,
        test_size: Size = None,
        train_size: Size = None,
        random_state: RandomState = None,
    ) -> None:
        require_whole(n_splits, "n_splits", 1)
        require_random_state(random_state)
        self.n_splits = int(n_splits)
        self.test_size = test_size
        self.train_size = train_size
        self.random_state = random_state

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Return the number of rounds; the arguments are of no use."""
        return self.n_splits

    def _seeds(self) -> list[int]:
        seed = seed_of(self.random_state)
        return [derived_seed(seed, at) for at in range(self.n_splits)]

    def _sizes(self, n: int, noun: str = "samples") -> tuple[int, int]:
        return sample_sizes(n, self.test_size, self.train_size, self._test_share, noun)


class ShuffleSplit(ShuffleSplitter):
    """Random samples of rows.

    Parameters
    ----------
    n_splits : int
        Rounds; at least 1.
    test_size, train_size : float or int, optional
        A share in (0, 1) or a number of rows; one that is None is what the other leaves. Both
        None: a test share of 0.1.
    random_state : int or numpy generator, optional
        The seed; None is 0.

    Examples
    --------
    >>> splitter = ShuffleSplit(2, test_size=0.25)
    >>> [(len(train), len(test)) for train, test in splitter.split([[0.0]] * 8)]
    [(6, 2), (6, 2)]
    """

    def _rounds(self, X: Any, y: Any, groups: Any) -> Pairs:
        n_rows = length(X)
        n_train, n_test = self._sizes(n_rows)
        for seed in self._seeds():
            yield sides(sampled(shuffled_rows(n_rows, seed), n_test, n_train))


class StratifiedShuffleSplit(ShuffleSplitter):
    """Random samples of rows with the class shares of the whole, each class on both sides.

    Where y has several columns, rows equal in all of them are one class.

    Parameters
    ----------
    n_splits : int
        Rounds; at least 1.
    test_size, train_size : float or int, optional
        A share in (0, 1) or a number of rows; one that is None is what the other leaves. Both
        None: a test share of 0.1.
    random_state : int or numpy generator, optional
        The seed; None is 0.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> [y[test].tolist() for _, test in StratifiedShuffleSplit(2, test_size=0.25).split(y, y)]
    [[0, 1], [0, 1]]
    """

    _needs_y = True

    def _rounds(self, X: Any, y: Any, groups: Any) -> Pairs:
        codes = label_set_codes(y, "StratifiedShuffleSplit")
        n_train, n_test = self._sizes(len(codes))
        totals = np.bincount(codes)
        _require_room(totals, n_train, n_test)
        for seed in self._seeds():
            # A seed of its own: classes must not be favoured for the hashes of their numbers.
            rank = shuffled_rows(len(totals), derived_seed(seed, 0))
            order = shuffled_rows(len(codes), seed)
            yield sides(sampled_by_class(codes, order, rank, n_test, n_train))


def sides(placed: IntArray) -> tuple[IntArray, IntArray]:
    """Return the positions of train and test rows, ascending."""
    return np.flatnonzero(placed == TRAIN), np.flatnonzero(placed == TEST)


def _require_room(totals: IntArray, n_train: int, n_test: int) -> None:
    least, n_classes = int(totals.min()), len(totals)
    if least < 2:
        raise InfeasibleError(
            "The least populated class has 1 row: it cannot be on both sides",
            where="y",
            remedy="Merge it with another class, leave it out, or use ShuffleSplit.",
        )
    for size, side in ((n_train, "train"), (n_test, "test")):
        if size < n_classes:
            raise InfeasibleError(
                f"{n_classes} classes do not fit {size} {side} rows",
                remedy=f"Ask for a {side}_size of at least {n_classes} rows.",
            )
