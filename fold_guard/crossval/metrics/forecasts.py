"""Metrics of probabilities: losses row by row, and how well a class is ranked first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def log_losses(actual: IntArray, probabilities: FloatArray) -> FloatArray:
    """Return minus the logarithm of the probability of each row's class.

    Probabilities are clipped as scikit-learn does, so a row of a class that the model never saw
    costs about 36.

    Parameters
    ----------
    actual : ndarray of int64, shape (n_rows,)
    probabilities : ndarray of float64, shape (n_rows, n_classes)
    """
    least = float(np.finfo(np.float64).eps)
    mine = probabilities[np.arange(len(actual)), actual]
    return np.asarray(-np.log(np.clip(mine, least, 1 - least)), dtype=np.float64)


def brier_losses(actual: IntArray, probabilities: FloatArray) -> FloatArray:
    """Return each row's sum over classes of (probability - indicator)^2, from 0 to 2.

    The score of Brier (1950) for any number of classes; with two it is twice the binary one.

    Parameters
    ----------
    actual : ndarray of int64, shape (n_rows,)
    probabilities : ndarray of float64, shape (n_rows, n_classes)
    """
    mine = probabilities[np.arange(len(actual)), actual]
    squares = np.einsum("ij,ij->i", probabilities, probabilities)
    # What the other classes got is left of the squares but for rounding, which may fall below 0.
    return np.asarray(np.maximum(squares - mine**2, 0.0) + (1 - mine) ** 2, dtype=np.float64)


def ranking(came: BoolArray, scores: FloatArray) -> tuple[float, float]:
    """Return ROC AUC and average precision of a class against the rest.

    One sort serves both, which scikit-learn's functions would do twice and with several passes
    each: it is what a round with many classes takes longest over.

    Parameters
    ----------
    came : ndarray of bool, shape (n_rows,)
        Some rows, and not all, are of the class.
    scores : ndarray of float64, shape (n_rows,)
        Equal scores are one place in the ranking.

    Returns
    -------
    tuple of float
        The share of pairs of a row of the class and another in which the former scores higher, a
        tie counting half; and the sum over distinct scores of precision at the score times the
        recall gained there, without interpolation.

    Examples
    --------
    >>> import numpy as np
    >>> ranking(np.array([True, False, True]), np.array([0.9, 0.5, 0.5]))
    (0.75, 0.8333333333333333)
    """
    order = np.argsort(scores)
    ordered = scores[order]
    last = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)
    mine_up_to = np.cumsum(came[order], dtype=np.int64)[last]
    rows_up_to = last + 1
    mine, rows = int(mine_up_to[-1]), len(ordered)
    mine_here = np.diff(mine_up_to, prepend=0)
    others_up_to = rows_up_to - mine_up_to
    others_below = others_up_to - np.diff(others_up_to, prepend=0)
    # Twice the pairs won: whole numbers, whose sum is exact.
    won = int(np.sum(mine_here * (others_below + others_up_to)))
    mine_from = mine - mine_up_to + mine_here
    rows_from = rows - rows_up_to + np.diff(rows_up_to, prepend=0)
    gained = float(np.sum(mine_here * (mine_from / rows_from)))
    return won / (2 * mine * (rows - mine)), gained / mine
