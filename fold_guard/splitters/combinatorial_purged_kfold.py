"""Combinatorial purged k-fold: every choice of blocks of time is a test set."""

from __future__ import annotations

from math import comb

import numpy as np
import numpy.typing as npt

from fold_guard.errors import UsageError
from fold_guard.partition.paths import backtest_paths
from fold_guard.partition.rounds import Rounds, combinatorial_rounds
from fold_guard.splitters.purged_kfold import PurgedSplitter
from fold_guard.splitters.settings import require_whole
from fold_guard.splitters.times import EmbargoSetting

IntArray = npt.NDArray[np.int64]


class CombinatorialPurgedKFold(PurgedSplitter):
    """Each choice of ``n_test_splits`` blocks of time is tested once; see `PurgedKFold`.

    The test predictions make up several paths through all blocks, each as if a model had been
    tested on the whole of time once. See Lopez de Prado, Advances in Financial Machine Learning
    (2018), chapter 12.

    Parameters
    ----------
    n_splits : int
        N blocks with about equally many rows; at least 2. Rows of one t0 share a block.
    n_test_splits : int
        k blocks are tested at once, 1 <= k < N.
    prediction_time, evaluation_time : str, optional
        Columns of X; see `PurgedKFold`.
    embargo : float, timedelta, {"rows": int} or {"fraction": float}
        After each stretch of test blocks; see `PurgedKFold`.

    Examples
    --------
    Rounds test blocks 0 and 1, 0 and 2, 1 and 2. The first path takes the predictions for block 0
    and block 1 from round 0, and those for block 2 from round 1:

    >>> splitter = CombinatorialPurgedKFold(3, 2)
    >>> [test.tolist() for _, test in splitter.split([[0.0]] * 6)]
    [[0, 1, 2, 3], [0, 1, 4, 5], [2, 3, 4, 5]]
    >>> splitter.backtest_paths().tolist()
    [[0, 0, 1], [1, 2, 2]]
    >>> splitter.test_folds([[0.0]] * 6).tolist()
    [0, 0, 1, 1, 2, 2]
    """

    def __init__(
        self,
        n_splits: int = 6,
        n_test_splits: int = 2,
        *,
        prediction_time: str | None = None,
        evaluation_time: str | None = None,
        embargo: EmbargoSetting = 0,
    ) -> None:
        super().__init__(
            n_splits,
            prediction_time=prediction_time,
            evaluation_time=evaluation_time,
            embargo=embargo,
        )
        require_whole(n_test_splits, "n_test_splits", 1)
        if n_test_splits >= n_splits:
            raise UsageError(
                f"n_test_splits={n_test_splits} leaves no block of n_splits={n_splits} to train on",
                remedy=f"Use n_test_splits <= {n_splits - 1}.",
            )
        self.n_test_splits = int(n_test_splits)

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Return the number of rounds, C(N, k); the arguments are of no use."""
        return comb(self.n_splits, self.n_test_splits)

    def get_n_paths(self) -> int:
        """Return the number of backtest paths, C(N, k) * k / N."""
        return comb(self.n_splits - 1, self.n_test_splits - 1)

    def backtest_paths(self) -> IntArray:
        """Say which round's predictions make up each path.

        Returns
        -------
        ndarray of int64, shape (n_paths, n_splits)
            Number of the round that tests block g (see ``test_folds``) of path i. Each test
            prediction belongs to exactly one path.
        """
        return backtest_paths(self.n_splits, self.n_test_splits)

    def _unpurged(self, blocks: IntArray) -> Rounds:
        return combinatorial_rounds(blocks, self.n_test_splits, self.n_splits)
