"""What the splitters share: settings, units and strata in, rounds out."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import indexable

from fold_guard.errors import InfeasibleError, UsageError
from fold_guard.identity.hashing import xxh64_integers
from fold_guard.partition.assignment import assign_units
from fold_guard.partition.units import connected_units, count_matrix

IntArray = npt.NDArray[np.int64]


class UnitSplitter(BaseCrossValidator):  # type: ignore[misc]  # scikit-learn has no types
    """Base of the splitters that deal units to folds.

    Without ids rows are known by position: with ``shuffle`` units of equal counts are ordered by
    a seeded hash of their rows' positions, else by position. The folds of a table in another row
    order are other folds; `fold_guard.make_folds` does not depend on it.

    Parameters
    ----------
    n_splits : int
        k >= 2.
    shuffle : bool
        Whether the seed decides among equal candidates.
    random_state : int, optional
        The seed, 0 <= seed < 2**64; None is 0, so that every split can be repeated. Only with
        ``shuffle``.
    """

    def __init__(
        self, n_splits: int = 5, *, shuffle: bool = False, random_state: int | None = None
    ) -> None:
        self.n_splits = n_splits
        self.shuffle = shuffle
        self.random_state = random_state
        _require_settings(n_splits, shuffle, random_state)

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Return the number of rounds; the arguments are of no use."""
        return int(self.n_splits)

    def split(
        self,
        X: Any,
        y: Any = None,
        groups: Any = None,
    ) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield the positions of train and test rows of each round.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features)
        y : array_like, shape (n_samples,), optional
        groups : array_like, shape (n_samples,) or (n_samples, n_keys), optional

        Yields
        ------
        train, test : ndarray of int64
            Ascending. Every row is tested exactly once; no fold is empty.

        Raises
        ------
        UsageError
            The splitter needs y or groups and did not get it.
        DataError
            Null labels, values of mixed types, a continuous label.
        InfeasibleError
            Fewer rows or groups than folds.
        """
        X, y, groups = indexable(X, y, groups)
        folds = self._folds(_length(X), y, groups)
        for fold in range(int(self.n_splits)):
            test = folds == fold
            yield np.flatnonzero(~test), np.flatnonzero(test)

    def _folds(self, n_rows: int, y: object, groups: object) -> IntArray:
        raise NotImplementedError

    def _rank(self, units: IntArray) -> IntArray:
        """Order units; they are numbered by their first row already."""
        n_units = int(units.max(initial=-1)) + 1
        if not self.shuffle:
            return np.arange(n_units, dtype=np.int64)
        hashes = xxh64_integers(np.arange(len(units), dtype=np.int64), int(self.random_state or 0))
        _, first = np.unique(units[np.argsort(hashes, kind="stable")], return_index=True)
        rank = np.empty(n_units, dtype=np.int64)
        rank[np.argsort(first)] = np.arange(n_units)
        return rank

    def _dealt_rows(self, strata: IntArray) -> IntArray:
        """Deal single rows; without shuffling each stratum is cut into contiguous stretches."""
        n_rows = len(strata)
        _require_units(n_rows, self.n_splits, "rows")
        units = np.arange(n_rows, dtype=np.int64)
        folds = assign_units(count_matrix(units, strata), self._rank(units), int(self.n_splits))
        if self.shuffle:
            return folds
        order = np.argsort(strata, kind="stable")
        return _scattered(folds[np.lexsort((folds, strata))], order)

    def _dealt_groups(
        self, n_rows: int, keys: Sequence[IntArray], strata: IntArray | None
    ) -> IntArray:
        """Deal the connected components of the keys."""
        units = connected_units(n_rows, keys)
        sizes = np.bincount(units)
        _require_units(len(sizes), self.n_splits, "groups")
        largest = int(sizes.max())
        if largest * self.n_splits > n_rows:
            warnings.warn(
                f"the largest group has {largest:,} of {n_rows:,} rows, more than one fold in "
                f"{self.n_splits} holds: folds cannot be of equal size",
                stacklevel=4,
            )
        counts = count_matrix(units, strata)
        return assign_units(counts, self._rank(units), int(self.n_splits))[units]

    def _warn_of_rare_classes(self, codes: IntArray) -> None:
        rarest = int(np.bincount(codes).min())
        if rarest < self.n_splits:
            warnings.warn(
                f"the rarest class has {rarest} row{'s' * (rarest != 1)}, fewer than "
                f"n_splits={self.n_splits}: some folds cannot be scored on it",
                stacklevel=4,
            )


def _scattered(values: IntArray, order: IntArray) -> IntArray:
    out = np.empty_like(values)
    out[order] = values
    return out


def _length(X: Any) -> int:
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def _require_units(n_units: int, n_splits: int, noun: str) -> None:
    if n_units < n_splits:
        raise InfeasibleError(
            f"{n_splits} folds need at least {n_splits} {noun}, there are {n_units}",
            remedy=f"Use n_splits <= {n_units}." if n_units > 1 else "Add data.",
        )


def _require_settings(n_splits: object, shuffle: object, random_state: object) -> None:
    if isinstance(n_splits, bool) or not isinstance(n_splits, Integral) or int(n_splits) < 2:
        raise UsageError(f"n_splits must be a whole number of at least 2, got {n_splits!r}")
    if not isinstance(shuffle, bool):
        raise UsageError(f"shuffle must be True or False, got {shuffle!r}")
    if random_state is None:
        return
    whole = isinstance(random_state, Integral) and not isinstance(random_state, bool)
    if not whole or not 0 <= int(random_state) < 2**64:  # type: ignore[call-overload]
        raise UsageError(
            f"random_state must be a whole number in 0..2**64-1 or None, got {random_state!r}",
            remedy="A generator would give other folds each time.",
        )
    if not shuffle:
        raise UsageError(
            "random_state has no effect without shuffle",
            remedy="Set shuffle=True, or leave random_state out.",
        )
