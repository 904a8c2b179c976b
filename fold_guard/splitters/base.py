"""What the splitters share: scikit-learn's protocol, and k folds of units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.model_selection import BaseCrossValidator
from sklearn.utils import indexable

from fold_guard.errors import InfeasibleError
from fold_guard.identity.seeds import row_keys
from fold_guard.partition.assignment import Quality, assign_units
from fold_guard.partition.counts import count_labels, count_units
from fold_guard.partition.dealing import deal_rows
from fold_guard.partition.giant import largest_unit
from fold_guard.partition.rounds import Round
from fold_guard.partition.units import connected_units, rank_units
from fold_guard.splitters.settings import (
    RandomState,
    WrongType,
    require_shuffle,
    require_splits,
    seed_of,
    warn_caller,
)

IntArray = npt.NDArray[np.int64]
Pairs = Iterator[tuple[IntArray, IntArray]]

_CHECKED_AHEAD = 1000


class Splitter(BaseCrossValidator):  # type: ignore[misc]  # scikit-learn has no types
    """Base of all splitters; a subclass says which rounds there are in ``_rounds``."""

    _uses_groups: ClassVar[bool] = False
    _needs_y: ClassVar[bool] = False

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Pairs:
        """Yield the positions of train and test rows of each round.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features)
        y : array_like, shape (n_samples,) or (n_samples, n_labels), optional
        groups : array_like, shape (n_samples,) or (n_samples, n_keys), optional

        Yields
        ------
        train, test : ndarray of int64
            Ascending; neither is empty.

        Raises
        ------
        UsageError
            The splitter needs y, groups or a column and did not get it.
        DataError
            Null labels, values of mixed types, a label of another kind.
        InfeasibleError
            Too few rows or groups; the message names the largest k that works.

        Warns
        -----
        UserWarning
            Groups were given to a splitter that does not look at them.
        """
        if groups is not None and not self._uses_groups:
            warn_caller(f"The groups parameter is ignored by {type(self).__name__}")
            groups = None
        if y is None and self._needs_y:
            raise WrongType(
                f"{type(self).__name__} needs the labels, y is None: split() is missing 1 required "
                "positional argument: 'y'",
                remedy="Pass y, or use KFold or GroupKFold.",
            )
        return self._checked_rounds(X, y, groups)

    def _checked_rounds(self, X: Any, y: Any, groups: Any) -> Pairs:
        yield from self._rounds(*indexable(X, y, groups))

    def _rounds(self, X: Any, y: Any, groups: Any) -> Pairs:
        raise NotImplementedError


class Grouped:
    """Mixin of the splitters that use groups."""

    _uses_groups = True
    # scikit-learn's metadata routing: cross_validate(..., params={"groups": ...}).
    __metadata_request__split = {"groups": True}  # noqa: RUF012


class UnitSplitter(Splitter):
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
    random_state : int or numpy generator, optional
        The seed, 0 <= seed < 2**64; None is 0, so that every split can be repeated. A generator
        is asked for a seed at each ``split``. Only with ``shuffle``.
    """

    def __init__(
        self, n_splits: int = 5, *, shuffle: bool = False, random_state: RandomState = None
    ) -> None:
        require_splits(n_splits)
        require_shuffle(shuffle, random_state)
        self.n_splits = int(n_splits)
        self.shuffle = shuffle
        self.random_state = random_state

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Return the number of rounds; the arguments are of no use."""
        return self.n_splits

    def _rounds(self, X: Any, y: Any, groups: Any) -> Pairs:
        seed = seed_of(self.random_state) if self.shuffle else None
        folds = self._folds(length(X), y, groups, seed)
        for fold in range(self.n_splits):
            test = folds == fold
            yield np.flatnonzero(~test), np.flatnonzero(test)

    def _folds(self, n_rows: int, y: Any, groups: Any, seed: int | None) -> IntArray:
        raise NotImplementedError


def dealt_rows(strata: IntArray, n_splits: int, seed: int | None) -> IntArray:
    """Deal single rows: each fold gets its share of every stratum, and of all, to within a row.

    Without a seed each stratum is cut into contiguous stretches, as scikit-learn does; with one,
    the order of a seeded hash of the positions is cut.
    """
    require_units(len(strata), n_splits, "samples")
    keys = np.arange(len(strata), dtype=np.uint64) if seed is None else row_keys(len(strata), seed)
    return deal_rows(strata, keys, n_splits, lambda: np.argsort(keys))


def dealt_groups(
    n_rows: int,
    keys: Sequence[IntArray],
    strata: IntArray | csr_array | None,
    n_splits: int,
    seed: int | None,
    quality: Quality = "standard",
) -> IntArray:
    """Deal the connected components of the keys."""
    units = connected_units(n_rows, keys)
    sizes = np.bincount(units)
    if len(sizes) < n_splits:
        require_units(len(sizes), n_splits, "groups", _linked(units, keys))
    largest = int(sizes.max())
    if largest * n_splits > n_rows:
        warn_caller(
            f"the largest group has {largest:,} of {n_rows:,} rows, more than one fold in "
            f"{n_splits} holds: folds cannot be of equal size{_linked(units, keys)}"
        )
    return assigned(units, strata, n_splits, seed, quality)


def _linked(units: IntArray, keys: Sequence[IntArray]) -> str:
    """Say what the largest group would be without each of several keys."""
    if len(keys) < 2:
        return ""
    parts = enumerate(largest_unit(units, keys), 1)
    return "".join(
        f"; without key {at} the largest group has {part.without:,} rows" for at, part in parts
    )


def assigned(
    units: IntArray,
    strata: IntArray | csr_array | None,
    n_splits: int,
    seed: int | None,
    quality: Quality = "standard",
) -> IntArray:
    """Return the fold of each row: the one place where splitters call the kernel.

    Parameters
    ----------
    units : ndarray of int64, shape (n_rows,)
    strata : ndarray of int64, shape (n_rows,), or sparse array, shape (n_rows, n_labels), optional
        Classes, or which labels a row has; None balances sizes alone.
    n_splits : int
    seed : int, optional
        None: units of equal counts are dealt by position.
    quality : {"standard", "high"}

    Returns
    -------
    ndarray of int64, shape (n_rows,)
    """
    if isinstance(strata, csr_array):
        indptr, labels = (part.astype(np.int64) for part in (strata.indptr, strata.indices))
        counts = count_labels(units, indptr, labels, strata.shape[1])
    else:
        counts = count_units(units, strata)
    if seed is None:  # units are numbered by their first row already
        rank = np.arange(counts.n_units, dtype=np.int64)
        return assign_units(counts, rank, n_splits, quality=quality)[units]
    keys = row_keys(len(units), seed)
    rank = rank_units(units, keys, lambda: np.argsort(keys, kind="stable"))
    return assign_units(counts, rank, n_splits, quality=quality, seed=seed, shuffled=True)[units]


def positions(rounds: Iterable[Round]) -> Pairs:
    """Yield the rounds as scikit-learn has them; refuse an empty side.

    Raises
    ------
    InfeasibleError
        Purge and embargo leave a round without a train row: of the first thousand rounds before
        any of them is yielded, of a later one in its turn.
    """
    # There may be more rounds than anyone can wait for.
    for each in islice(rounds, _CHECKED_AHEAD):
        _require_sides(each)
    for each in rounds:
        _require_sides(each)
        yield np.flatnonzero(each.train), np.flatnonzero(each.test)


def _require_sides(each: Round) -> None:
    if not each.train.any() or not each.test.any():
        side = "train" if each.test.any() else "test"
        raise InfeasibleError(
            f"round {each.index} has no {side} row left",
            remedy="Use a shorter embargo or label horizon, other groups, or fewer splits.",
        )


def length(X: Any) -> int:
    """Return the number of rows."""
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def require_units(n_units: int, n_splits: int, noun: str, why: str = "") -> None:
    """Refuse more folds than there is something to put in."""
    if n_units < n_splits:
        raise InfeasibleError(
            f"Cannot have number of splits n_splits={n_splits} greater than the number of {noun}: "
            f"there are {n_units}{why}",
            remedy=f"Use n_splits <= {n_units}." if n_units > 1 else "Add data.",
        )


def require_classes(codes: IntArray, n_splits: int) -> None:
    """Refuse labels of which no class can be in every fold; warn when one cannot."""
    require_units(len(codes), n_splits, "samples")
    counts = np.bincount(codes)
    if (most := int(counts.max())) < n_splits:
        raise InfeasibleError(
            f"n_splits={n_splits} cannot be greater than the number of members in each class: the "
            f"largest has {most}",
            remedy=f"Use n_splits <= {most}." if most > 1 else "Merge classes, or use KFold.",
        )
    if (least := int(counts.min())) < n_splits:
        warn_caller(
            f"The least populated class has {least} row{'s' * (least != 1)}, fewer than "
            f"n_splits={n_splits}: some folds cannot be scored on it"
        )
