"""Repeated multi-label k-fold."""

from __future__ import annotations

from typing import ClassVar

from fold_guard.partition.assignment import Quality
from fold_guard.splitters.base import Grouped, UnitSplitter
from fold_guard.splitters.multilabel import (
    MultilabelStratifiedGroupKFold,
    MultilabelStratifiedKFold,
    require_quality,
)
from fold_guard.splitters.repeated import RepeatedSplitter
from fold_guard.splitters.settings import RandomState


class RepeatedMultilabelStratifiedKFold(RepeatedSplitter):
    """`MultilabelStratifiedKFold`, several times.

    Parameters
    ----------
    n_splits, n_repeats : int
    random_state : int or numpy generator, optional
        The seed; None is 0.
    quality : {"standard", "high"}

    Examples
    --------
    >>> splitter = RepeatedMultilabelStratifiedKFold(n_splits=2, n_repeats=2)
    >>> y = [[0, 1], [0, 1], [1, 1], [1, 1]]
    >>> [len(test) for _, test in splitter.split([[0.0]] * 4, y)]
    [2, 2, 2, 2]
    """

    _repeated: ClassVar[type[MultilabelStratifiedKFold]] = MultilabelStratifiedKFold
    _needs_y = True

    def __init__(
        self,
        *,
        n_splits: int = 5,
        n_repeats: int = 10,
        random_state: RandomState = None,
        quality: Quality = "standard",
    ) -> None:
        super().__init__(n_splits=n_splits, n_repeats=n_repeats, random_state=random_state)
        require_quality(quality)
        self.quality = quality

    def _once(self, seed: int) -> UnitSplitter:
        return self._repeated(self.n_splits, shuffle=True, random_state=seed, quality=self.quality)


class RepeatedMultilabelStratifiedGroupKFold(Grouped, RepeatedMultilabelStratifiedKFold):
    """`MultilabelStratifiedGroupKFold`, several times.

    Parameters
    ----------
    n_splits, n_repeats : int
    random_state : int or numpy generator, optional
        The seed; None is 0.
    quality : {"standard", "high"}

    Examples
    --------
    >>> splitter = RepeatedMultilabelStratifiedGroupKFold(n_splits=2, n_repeats=2)
    >>> y = [[0, 1], [0, 1], [1, 1], [1, 1]]
    >>> [len(test) for _, test in splitter.split([[0.0]] * 4, y, ["a", "b", "a", "b"])]
    [2, 2, 2, 2]
    """

    _repeated = MultilabelStratifiedGroupKFold
