"""Backtest paths of combinatorial cross-validation."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


def backtest_paths(n_splits: int, n_test_folds: int) -> IntArray:
    """Say which round's predictions make up each path through all folds.

    Every fold is tested in ``C(k-1, p-1)`` rounds; the i-th path takes the i-th of them for each
    fold, so that every test prediction is used exactly once. See Lopez de Prado, Advances in
    Financial Machine Learning (2018), section 12.4.1.

    Parameters
    ----------
    n_splits : int
        k folds.
    n_test_folds : int
        p folds are tested at once, 1 <= p < k.

    Returns
    -------
    ndarray of int64, shape (n_paths, n_splits)
        Number of the round (see `combinatorial_rounds`) that tests fold g of path i.

    Examples
    --------
    >>> backtest_paths(3, 2).tolist()
    [[0, 0, 1], [1, 2, 2]]
    """
    tested = [set(chosen) for chosen in combinations(range(n_splits), n_test_folds)]
    rounds_of = [[at for at, chosen in enumerate(tested) if g in chosen] for g in range(n_splits)]
    return np.array(rounds_of, dtype=np.int64).T
