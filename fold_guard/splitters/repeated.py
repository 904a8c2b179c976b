"""Repeated k-fold: the same folds dealt again under other seeds."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from fold_guard.identity.seeds import derived_seed
from fold_guard.splitters.base import Grouped, Pairs, Splitter, UnitSplitter, length
from fold_guard.splitters.columns import numbered_by_first_row
from fold_guard.splitters.group_kfold import GroupKFold
from fold_guard.splitters.kfold import KFold
from fold_guard.splitters.settings import (
    RandomState,
    require_random_state,
    require_splits,
    require_whole,
    seed_of,
    warn_caller,
)
from fold_guard.splitters.stratified_group_kfold import StratifiedGroupKFold
from fold_guard.splitters.stratified_kfold import StratifiedKFold


class RepeatedSplitter(Splitter):
    """Base of the repeated splitters.

    The first repeat is the splitter of that name with ``shuffle=True`` and ``random_state``, repeat
    r the same with a seed derived from both: more repeats leave the earlier ones as they are.

    Parameters
    ----------
    n_splits : int
        k >= 2.
    n_repeats : int
        At least 1.
    random_state : int or numpy generator, optional
        The seed; None is 0.

    Warns
    -----
    UserWarning
        A repeat has the same folds as an earlier one.
    """

    _repeated: ClassVar[type[UnitSplitter]]

    def __init__(
        self, *, n_splits: int = 5, n_repeats: int = 10, random_state: RandomState = None
    ) -> None:
        require_splits(n_splits)
        require_whole(n_repeats, "n_repeats", 1)
        require_random_state(random_state)
        self.n_splits = int(n_splits)
        self.n_repeats = int(n_repeats)
        self.random_state = random_state

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Return the number of rounds of all repeats; the arguments are of no use."""
        return self.n_splits * self.n_repeats

    def _rounds(self, X: Any, y: Any, groups: Any) -> Pairs:
        root, dealt = seed_of(self.random_state), set()
        for repeat in range(self.n_repeats):
            seed = root if repeat == 0 else derived_seed(root, repeat)
            folds = self._once(seed)._folds(length(X), y, groups, seed)
            dealt.add(numbered_by_first_row(folds).tobytes())
            if len(dealt) <= repeat:
                warn_caller(
                    f"repeat {repeat} has the folds of an earlier one: there are few ways to deal "
                    "so few units, or units so different, evenly. Averages over such repeats look "
                    "surer than they are"
                )
            for fold in range(self.n_splits):
                test = folds == fold
                yield np.flatnonzero(~test), np.flatnonzero(test)

    def _once(self, seed: int) -> UnitSplitter:
        return self._repeated(self.n_splits, shuffle=True, random_state=seed)


class RepeatedKFold(RepeatedSplitter):
    """`KFold`, several times.

    Parameters
    ----------
    n_splits, n_repeats : int
    random_state : int or numpy generator, optional
        The seed; None is 0.

    Examples
    --------
    >>> splitter = RepeatedKFold(n_splits=2, n_repeats=3)
    >>> [len(test) for _, test in splitter.split([[0.0]] * 4)]
    [2, 2, 2, 2, 2, 2]
    """

    _repeated = KFold


class RepeatedStratifiedKFold(RepeatedSplitter):
    """`StratifiedKFold`, several times.

    Parameters
    ----------
    n_splits, n_repeats : int
    random_state : int or numpy generator, optional
        The seed; None is 0.

    Examples
    --------
    >>> splitter = RepeatedStratifiedKFold(n_splits=2, n_repeats=3)
    >>> [len(test) for _, test in splitter.split([[0.0]] * 4, [0, 0, 1, 1])]
    [2, 2, 2, 2, 2, 2]
    """

    _repeated = StratifiedKFold
    _needs_y = True


class RepeatedGroupKFold(Grouped, RepeatedSplitter):
    """`GroupKFold`, several times.

    The search starts from another order of the groups each time; where it ends in the same folds
    again, a warning says so.

    Parameters
    ----------
    n_splits, n_repeats : int
    random_state : int or numpy generator, optional
        The seed; None is 0.

    Examples
    --------
    >>> splitter = RepeatedGroupKFold(n_splits=2, n_repeats=2)
    >>> [len(test) for _, test in splitter.split([[0.0]] * 4, groups=[1, 1, 2, 2])]
    [2, 2, 2, 2]
    """

    _repeated = GroupKFold


class RepeatedStratifiedGroupKFold(Grouped, RepeatedSplitter):
    """`StratifiedGroupKFold`, several times.

    The search starts from another order of the groups each time; where it ends in the same folds
    again, a warning says so.

    Parameters
    ----------
    n_splits, n_repeats : int
    random_state : int or numpy generator, optional
        The seed; None is 0.

    Examples
    --------
    >>> splitter = RepeatedStratifiedGroupKFold(n_splits=2, n_repeats=2)
    >>> [len(test) for _, test in splitter.split([[0.0]] * 4, [0, 1, 0, 1], [1, 1, 2, 2])]
    [2, 2, 2, 2]
    """

    _repeated = StratifiedGroupKFold
    _needs_y = True
