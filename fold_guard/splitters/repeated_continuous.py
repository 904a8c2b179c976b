"""Repeated k-fold of a continuous label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from fold_guard.splitters.base import Grouped, UnitSplitter
from fold_guard.splitters.continuous import (
    StratifiedGroupKFoldContinuous,
    StratifiedKFoldContinuous,
)
from fold_guard.splitters.repeated import RepeatedSplitter
from fold_guard.splitters.settings import RandomState


class RepeatedStratifiedKFoldContinuous(RepeatedSplitter):
    """`StratifiedKFoldContinuous`, several times.

    Parameters
    ----------
    n_splits, n_repeats : int
    n_bins : int
        Quantile bins. Not used with ``bins``.
    bins : sequence of float, optional
        Edges between bins, ascending.
    random_state : int or numpy generator, optional
        The seed; None is 0.

    Examples
    --------
    >>> splitter = RepeatedStratifiedKFoldContinuous(n_splits=2, n_repeats=2, n_bins=2)
    >>> [len(test) for _, test in splitter.split([[0.0]] * 8, [0.1 * i for i in range(8)])]
    [4, 4, 4, 4]
    """

    _repeated: ClassVar[type[StratifiedKFoldContinuous]] = StratifiedKFoldContinuous
    _needs_y = True

    def __init__(
        self,
        *,
        n_splits: int = 5,
        n_repeats: int = 10,
        n_bins: int = 10,
        bins: Sequence[float] | None = None,
        random_state: RandomState = None,
    ) -> None:
        super().__init__(n_splits=n_splits, n_repeats=n_repeats, random_state=random_state)
        # Whatever is wrong with the bins is said here, as by the splitter itself.
        StratifiedKFoldContinuous(n_splits, n_bins=n_bins, bins=bins)
        self.n_bins = int(n_bins)
        self.bins = bins

    def _once(self, seed: int) -> UnitSplitter:
        return self._repeated(
            self.n_splits, n_bins=self.n_bins, bins=self.bins, shuffle=True, random_state=seed
        )


class RepeatedStratifiedGroupKFoldContinuous(Grouped, RepeatedStratifiedKFoldContinuous):
    """`StratifiedGroupKFoldContinuous`, several times.

    Parameters
    ----------
    n_splits, n_repeats : int
    n_bins : int
        Quantile bins. Not used with ``bins``.
    bins : sequence of float, optional
        Edges between bins, ascending.
    random_state : int or numpy generator, optional
        The seed; None is 0.

    Examples
    --------
    >>> splitter = RepeatedStratifiedGroupKFoldContinuous(n_splits=2, n_repeats=2, n_bins=2)
    >>> y, plot = [0.1 * i for i in range(8)], [0, 0, 1, 1, 2, 2, 3, 3]
    >>> [len(test) for _, test in splitter.split([[0.0]] * 8, y, plot)]
    [4, 4, 4, 4]
    """

    _repeated = StratifiedGroupKFoldContinuous
