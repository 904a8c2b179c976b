"""Predefined split: folds that the caller has already."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fold_guard.errors import InfeasibleError, UsageError
from fold_guard.partition.rounds import EXCLUDED
from fold_guard.splitters.base import Pairs, Splitter, length


class PredefinedSplit(Splitter):
    """Each fold of a given column is tested once, in ascending order.

    Parameters
    ----------
    test_fold : array_like, shape (n_samples,)
        Whole numbers: the fold that tests each row; -1 is in no test set and always trains, -2 is
        in neither side of any round.

    Examples
    --------
    >>> [(a.tolist(), b.tolist()) for a, b in PredefinedSplit([0, 1, -1, 1, -2]).split()]
    [([1, 2, 3], [0]), ([0, 2], [1, 3])]
    """

    def __init__(self, test_fold: npt.ArrayLike) -> None:
        self.test_fold = _whole(test_fold)

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Return the number of folds; the arguments are of no use."""
        return len(self._tested())

    def split(self, X: Any = None, y: Any = None, groups: Any = None) -> Pairs:
        """Yield the positions of train and test rows of each round.

        Parameters
        ----------
        X : array_like, shape (n_samples, n_features), optional
            Its rows are counted, if it is given.
        y, groups : array_like, optional
            Of no use.

        Yields
        ------
        train, test : ndarray of int64

        Raises
        ------
        UsageError
            X has another number of rows than ``test_fold``.
        InfeasibleError
            There is no fold, or one fold and no other row to train on.
        """
        return super().split(X, y, groups)

    def _rounds(self, X: Any, y: Any, groups: Any) -> Pairs:
        folds, tested = self.test_fold, self._tested()
        if X is not None and length(X) != len(folds):
            raise UsageError(
                f"test_fold has {len(folds):,} rows, X has {length(X):,}", where="test_fold"
            )
        if len(tested) == 0 or (len(tested) == 1 and not (folds == -1).any()):
            raise InfeasibleError(
                "test_fold leaves no row to train on" if len(tested) else "test_fold has no fold",
                where="test_fold",
                remedy="Give two folds, or one and -1 for the rows that always train.",
            )
        for fold in tested:
            test = folds == fold
            yield np.flatnonzero(~test & (folds != EXCLUDED)), np.flatnonzero(test)

    def _tested(self) -> npt.NDArray[np.int64]:
        return np.unique(self.test_fold[self.test_fold >= 0])


def _whole(test_fold: npt.ArrayLike) -> npt.NDArray[np.int64]:
    given = np.asarray(test_fold)
    if given.ndim == 2 and given.shape[1] == 1:
        given = given[:, 0]
    numbers = given.ndim == 1 and given.dtype.kind in "iuf" and bool(np.isfinite(given).all())
    if not numbers or (given != np.rint(given)).any() or (given < EXCLUDED).any():
        raise UsageError(
            "test_fold must hold one whole number of at least -2 a row",
            remedy="Folds are 0, 1, ...; -1 is in no test set, -2 in neither side.",
        )
    return given.astype(np.int64)
