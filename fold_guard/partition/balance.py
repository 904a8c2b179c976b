"""How far folds are from the whole: class shares and sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Balance:
    """Deviation of the folds from the ideal.

    Attributes
    ----------
    max_share_deviation, mean_share_deviation : float
        Of ``|share of a class in a fold - its share overall|``, over folds and classes.
    lower_bound : float
        No assignment of whole rows into folds of these sizes has a smaller maximum.
    size_cv : float
        Standard deviation of the fold sizes over their mean.
    worst_fold, worst_class : int
        Where the maximum lies.
    """

    max_share_deviation: float
    mean_share_deviation: float
    lower_bound: float
    size_cv: float
    worst_fold: int
    worst_class: int

    @property
    def bound_reached(self) -> bool:
        """Whether no assignment could be better, rounding aside."""
        return self.max_share_deviation <= self.lower_bound + 1e-12


def class_balance(counts: IntArray) -> Balance:
    """Measure the balance of folds.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_folds, n_classes)
        Rows of each class in each fold.

    Examples
    --------
    >>> import numpy as np
    >>> class_balance(np.array([[8, 2], [9, 1]])).max_share_deviation.__round__(3)
    0.05
    """
    sizes = counts.sum(axis=1, keepdims=True)
    overall = counts.sum(axis=0) / counts.sum()
    deviation = np.abs(counts / np.maximum(sizes, 1) - overall)
    ideal = overall * sizes
    # A count is whole: it cannot come closer to the ideal than the nearest whole number, and a
    # class whose total is no multiple of the folds cannot be at the nearest in all of them.
    nearest = np.abs(np.rint(ideal) - ideal) / np.maximum(sizes, 1)
    worst_fold, worst_class = np.unravel_index(int(deviation.argmax()), deviation.shape)
    return Balance(
        max_share_deviation=float(deviation.max()),
        mean_share_deviation=float(deviation.mean()),
        lower_bound=float(max(nearest.max(), _unavoidable(counts))),
        size_cv=float(sizes.std() / sizes.mean()),
        worst_fold=int(worst_fold),
        worst_class=int(worst_class),
    )


def _unavoidable(counts: IntArray) -> float:
    """Bound from the totals: some fold holds at least, and some at most, the mean of each class."""
    sizes, totals, n = counts.sum(axis=1), counts.sum(axis=0), counts.sum()
    if (sizes == 0).any() or sizes.min() != sizes.max():
        return 0.0
    ideal = totals / len(sizes)
    off = np.maximum(np.ceil(ideal) - ideal, ideal - np.floor(ideal))
    return float((off * len(sizes) / n).max())
