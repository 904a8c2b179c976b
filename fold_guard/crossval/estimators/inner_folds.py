"""Inner folds of a fold map as scikit-learn's ``cv=``, within the train rows of one round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from fold_guard.errors import UsageError

IntArray = npt.NDArray[np.int64]
Splits = Sequence[tuple[IntArray, IntArray]]


class InnerFolds:
    """Explicit splits of the rows that a fit is handed, and of no others.

    A list of positions would do for scikit-learn; it would also split, without a word, other rows
    than it was made for.

    Parameters
    ----------
    splits : sequence of (train, test)
        Positions within the train rows; together they name each of these.

    Examples
    --------
    >>> folds = InnerFolds([(np.array([0, 1]), np.array([2])), (np.array([2]), np.array([0, 1]))])
    >>> folds.get_n_splits(), [test.tolist() for _, test in folds.split(["a", "b", "c"])]
    (2, [[2], [0, 1]])
    """

    def __init__(self, splits: Splits) -> None:
        self.splits = [(np.asarray(train), np.asarray(test)) for train, test in splits]
        self.n_rows = 1 + max(int(side.max()) for pair in self.splits for side in pair if len(side))

    def get_n_splits(self, X: object = None, y: object = None, groups: object = None) -> int:
        """Return the number of inner folds."""
        return len(self.splits)

    def split(
        self, X: object, y: object = None, groups: object = None
    ) -> Iterator[tuple[IntArray, IntArray]]:
        """Yield (train, test) positions.

        Raises
        ------
        UsageError
            Not the rows that the folds were made for.
        """
        n_rows: int = X.shape[0] if hasattr(X, "shape") else len(X)  # type: ignore[arg-type]
        if n_rows != self.n_rows:
            raise UsageError(
                f"inner folds of {self.n_rows:,} train rows are asked to split {n_rows:,} rows",
                where="estimator",
                remedy="Nothing before a search may add rows to those of the train side or take "
                "some away: put it inside the search.",
            )
        yield from self.splits
