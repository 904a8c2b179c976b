"""Purged k-fold: blocks of time; train rows that share time with the test block are left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.errors import UsageError
from fold_guard.partition.blocks import time_blocks
from fold_guard.partition.rounds import Rounds, kfold_rounds, purged_rounds
from fold_guard.splitters.base import Pairs, Splitter, length, positions
from fold_guard.splitters.settings import require_splits
from fold_guard.splitters.times import (
    EmbargoSetting,
    embargo_of,
    label_horizons,
    require_embargo,
)

IntArray = npt.NDArray[np.int64]


class PurgedSplitter(Splitter):
    """Base of the purged splitters: blocks of time, purge and embargo.

    Parameters
    ----------
    n_splits : int
        Blocks of time; at least 2.
    prediction_time, evaluation_time : str, optional
        Columns of X.
    embargo : float, timedelta, {"rows": int} or {"fraction": float}
    """

    def __init__(
        self,
        n_splits: int = 5,
        *,
        prediction_time: str | None = None,
        evaluation_time: str | None = None,
        embargo: EmbargoSetting = 0,
    ) -> None:
        require_splits(n_splits)
        require_embargo(embargo)
        if evaluation_time is not None and prediction_time is None:
            raise UsageError(
                "evaluation_time has no meaning without prediction_time",
                where="prediction_time",
                remedy="Name the column that holds the time of prediction, too.",
            )
        self.n_splits = int(n_splits)
        self.prediction_time = prediction_time
        self.evaluation_time = evaluation_time
        self.embargo = embargo

    def test_folds(self, X: Any) -> IntArray:
        """Return the block of time that each row belongs to.

        Parameters
        ----------
        X : frame with the time columns, or array_like when none is named

        Returns
        -------
        ndarray of int64, shape (n_samples,)
            0 for the earliest block to n_splits-1 for the latest.

        Raises
        ------
        InfeasibleError
            Fewer distinct instants than blocks.
        """
        horizons, _ = label_horizons(X, self.prediction_time, self.evaluation_time)
        return time_blocks(horizons.start, self.n_splits)

    def _rounds(self, X: Any, y: Any, groups: Any) -> Pairs:
        horizons, time = label_horizons(X, self.prediction_time, self.evaluation_time)
        embargo = embargo_of(self.embargo, length(X), time)
        blocks = time_blocks(horizons.start, self.n_splits)
        yield from positions(purged_rounds(self._unpurged(blocks), horizons, embargo))

    def _unpurged(self, blocks: IntArray) -> Rounds:
        raise NotImplementedError


class PurgedKFold(PurgedSplitter):
    """Each block of time is tested once; what overlaps it in time does not train.

    A row's label is predicted at t0 and known at t1. Train rows whose closed interval [t0, t1]
    shares an instant with that of a test row are purged; train rows with t0 up to ``embargo``
    after the last t1 of the test block are left out, too. See Lopez de Prado, Advances in
    Financial Machine Learning (2018), section 7.4.

    Parameters
    ----------
    n_splits : int
        Blocks with about equally many rows; at least 2. Rows of one t0 share a block.
    prediction_time : str, optional
        Column of X with t0: numbers, dates or datetimes. None: rows are in time order, and each
        is an instant.
    evaluation_time : str, optional
        Column of X with t1; None: t1 is t0.
    embargo : float, timedelta, {"rows": int} or {"fraction": float}
        A number counts days of dates and datetimes, units of numbers, rows where no column is
        named. Rows are counted in the order of t0, a fraction is one of all rows, rounded up.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"day": [1, 2, 3, 4, 5, 6], "known": [2, 3, 4, 5, 6, 7]})
    >>> splitter = PurgedKFold(
    ...     3, prediction_time="day", evaluation_time="known", embargo={"rows": 1})
    >>> [(train.tolist(), test.tolist()) for train, test in splitter.split(X)]
    [([4, 5], [0, 1]), ([0], [2, 3]), ([0, 1, 2], [4, 5])]
    """

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Return the number of rounds; the arguments are of no use."""
        return self.n_splits

    def _unpurged(self, blocks: IntArray) -> Rounds:
        return kfold_rounds(blocks, self.n_splits)
