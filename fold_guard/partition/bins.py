"""Bins of a continuous label, and how much the folds hang on their number."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.errors import DataError

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


def quantile_bins(values: FloatArray, n_bins: int) -> IntArray:
    """Bin values so that bins hold about equally many rows; equal values share a bin.

    A value belongs to the quantile in which the middle of its ranks lies, so that no bin is cut
    through a tie. Where ties fill more than a bin there are fewer bins than asked for.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows,)
        Finite.
    n_bins : int
        At least 1.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        0 for the lowest bin; every number up to the highest is used.

    Raises
    ------
    DataError
        NaN or infinite values.

    Examples
    --------
    >>> quantile_bins(np.array([0.0, 0.0, 0.0, 1.0, 2.0, 3.0]), 3).tolist()
    [0, 0, 0, 1, 2, 2]
    """
    _require_finite(values)
    _, value_of, per_value = np.unique(values, return_inverse=True, return_counts=True)
    upto = np.cumsum(per_value)
    # The middle rank (first + last) / 2, as a share of n, in whole numbers.
    bins = (n_bins * (2 * upto - per_value - 1)) // (2 * max(len(values), 1))
    return _dense(bins)[value_of.reshape(-1)]


def given_bins(values: FloatArray, edges: Sequence[float]) -> IntArray:
    """Bin values at given edges; an edge belongs to the bin above it.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows,)
        Finite.
    edges : sequence of float
        Ascending; what lies below the first or above the last has a bin, too.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        0 for the lowest bin that holds a row; empty bins take no number.

    Raises
    ------
    DataError
        NaN or infinite values.

    Examples
    --------
    >>> given_bins(np.array([-1.0, 0.0, 5.0, 10.0]), [0, 10]).tolist()
    [0, 1, 1, 2]
    """
    _require_finite(values)
    return _dense(np.searchsorted(np.asarray(edges, dtype=np.float64), values, side="right"))


@dataclass(frozen=True, slots=True)
class Spread:
    """How far a label's distribution in the folds is from that of the whole.

    Attributes
    ----------
    max_mean_gap : float
        Largest distance between the means of two folds, or of a fold and the whole, in standard
        deviations of the whole; 0 for a constant label.
    max_ks : float
        Largest Kolmogorov-Smirnov distance of a fold from the whole, 0..1.
    """

    max_mean_gap: float
    max_ks: float


def fold_spread(values: FloatArray, folds: IntArray) -> Spread:
    """Measure the spread of a continuous label over folds.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows,)
    folds : ndarray of int64, shape (n_rows,)
        Rows below 0 count for the whole, but are no fold.

    Examples
    --------
    >>> fold_spread(np.array([0.0, 1.0, 0.0, 1.0]), np.array([0, 0, 1, 1]))
    Spread(max_mean_gap=0.0, max_ks=0.0)
    """
    distinct, value_of = np.unique(values, return_inverse=True)
    if (most := np.abs(distinct).max(initial=0)) > _LARGE:
        # What is measured knows no unit, and squares of such values have no place in a float.
        distinct = distinct / most
    whole = np.bincount(value_of.reshape(-1))
    mean = _mean(distinct, whole)
    deviation = math.sqrt(_mean((distinct - mean) ** 2, whole))
    means, distances = [mean], [0.0]
    for fold in np.unique(folds[folds >= 0]):
        counts = np.bincount(value_of.reshape(-1)[folds == fold], minlength=len(distinct))
        steps = np.cumsum(counts) / counts.sum() - np.cumsum(whole) / whole.sum()
        distances.append(float(np.abs(steps).max()))
        means.append(_mean(distinct, counts))
    gap = (max(means) - min(means)) / deviation if deviation > 0 else 0.0
    return Spread(gap, max(distances))


_LARGE = 1e100


def _mean(distinct: FloatArray, counts: IntArray) -> float:
    # An exact sum: the order of rows must not show in the last digit of a manifest.
    return math.fsum((distinct * counts).tolist()) / int(counts.sum())


@dataclass(frozen=True, slots=True)
class BinTrial:
    """The folds that one number of bins leads to.

    Attributes
    ----------
    n_bins : int
        As asked for.
    bins : int
        As made; ties may leave fewer.
    spread : Spread
    """

    n_bins: int
    bins: int
    spread: Spread


def bin_sensitivity(
    values: FloatArray, n_bins: int, deal: Callable[[IntArray], IntArray]
) -> tuple[BinTrial, ...]:
    """Deal the rows with half as many bins, as many, and twice as many.

    Parameters
    ----------
    values : ndarray of float64, shape (n_rows,)
    n_bins : int
        The number in use.
    deal : callable ndarray of int64 -> ndarray of int64
        Folds from bins; both of shape (n_rows,).

    Returns
    -------
    tuple of BinTrial
        By ascending number of bins; numbers that coincide are tried once.

    Examples
    --------
    >>> trials = bin_sensitivity(np.arange(8.0), 2, lambda bins: np.arange(8) % 2)
    >>> [(trial.n_bins, trial.bins) for trial in trials]
    [(1, 1), (2, 2), (4, 4)]
    """
    trials = []
    for tried in sorted({max(n_bins // 2, 1), n_bins, 2 * n_bins}):
        bins = quantile_bins(values, tried)
        spread = fold_spread(values, deal(bins))
        trials.append(BinTrial(tried, int(bins.max(initial=-1)) + 1, spread))
    return tuple(trials)


def _require_finite(values: FloatArray) -> None:
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise DataError(
            f"{wrong.size:,} {'label is' if wrong.size == 1 else 'labels are'} missing or "
            f"infinite, the first at position {wrong[0]}",
            remedy="Fill them in or leave the rows out.",
        )


def _dense(codes: IntArray) -> IntArray:
    return np.unique(codes, return_inverse=True)[1].reshape(-1).astype(np.int64)
