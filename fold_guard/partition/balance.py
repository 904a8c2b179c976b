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
        return self.max_share_deviation <= self.lower_bound + 1e-9


def share_balance(counts: IntArray, sizes: IntArray | None = None) -> Balance:
    """Measure the balance of folds.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_folds, n_classes)
        Rows of each class, or with each label, in each fold.
    sizes : ndarray of int64, shape (n_folds,), optional
        Rows of each fold, where a row has any number of labels; else the sums of ``counts``.

    Examples
    --------
    >>> import numpy as np
    >>> share_balance(np.array([[8, 2], [9, 1]])).max_share_deviation.__round__(3)
    0.05
    >>> labels = np.array([[2, 4], [3, 4]])
    >>> share_balance(labels, sizes=np.array([5, 5])).max_share_deviation.__round__(3)
    0.1
    """
    sizes = counts.sum(axis=1) if sizes is None else sizes
    totals, n = counts.sum(axis=0), sizes.sum()
    deviation = np.abs(counts / np.maximum(sizes, 1)[:, None] - totals / n)
    worst_fold, worst_class = np.unravel_index(int(deviation.argmax()), deviation.shape)
    return Balance(
        max_share_deviation=float(deviation.max()),
        mean_share_deviation=float(deviation.mean()),
        lower_bound=_lower_bound(sizes[sizes > 0], totals),
        size_cv=float(sizes.std() / sizes.mean()),
        worst_fold=int(worst_fold),
        worst_class=int(worst_class),
    )


_HALVINGS = 40


def _lower_bound(sizes: IntArray, totals: IntArray) -> float:
    """Return the least maximum deviation that whole rows allow, each class by itself."""
    shares = totals / sizes.sum()
    if sizes.min() == sizes.max():
        # Some fold holds at least, and some at most, the mean of each class.
        mean = totals / len(sizes)
        off = np.maximum(np.ceil(mean) - mean, mean - np.floor(mean))
        return float(off.max() / sizes[0])
    # A deviation is possible when the most that the folds may hold covers the class, and the
    # least does not exceed it; with each step the one in question is halved.
    lowest, highest = np.zeros(len(totals)), np.ones(len(totals))
    for _ in range(_HALVINGS):
        middle = (lowest + highest) / 2
        most = np.floor(np.outer(sizes, shares + middle) + _ROUNDING)
        least = np.maximum(np.ceil(np.outer(sizes, shares - middle) - _ROUNDING), 0)
        possible = (most.sum(axis=0) >= totals) & (least.sum(axis=0) <= totals)
        possible &= (most >= least).all(axis=0)
        highest, lowest = np.where(possible, middle, highest), np.where(possible, lowest, middle)
    return float(lowest.max())


_ROUNDING = 1e-9
