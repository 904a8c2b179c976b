"""How far probabilities are from what came: bins of equal mass, and the error over them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

MOST_BINS = 10
LEAST_ROWS = 20
"""A bin holds at least so many rows; two bins have to."""


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """The calibration error of one class.

    Attributes
    ----------
    value : float
    by_chance : float
        What a calibrated forecast of these rows has on average, as what comes is random: each bin
        then misses by about ``sqrt(2 / pi)`` standard deviations, and by twice the variance where
        that is less (forecasts near 0 or 1). Rows are taken as independent.
    """

    value: float
    by_chance: float


def bin_tops(forecasts: FloatArray, *, times: float = 1.0) -> FloatArray:
    """Return the highest forecast of each bin.

    Bins hold about as many rows each, which keeps all of them above the noise where forecasts
    crowd at one end; ten bins of equal width would have most of the rows in one. Equal forecasts
    are never parted. There are ten bins, or as many as leave each 20 rows.

    Parameters
    ----------
    forecasts : ndarray of float64, shape (n_predictions,)
    times : float
        How often each row was predicted.

    Returns
    -------
    ndarray of float64, shape (n_bins,)
        Increasing. Empty with too few rows for two bins. One bin where equal forecasts leave no
        more.

    References
    ----------
    M. P. Naeini, G. F. Cooper and M. Hauskrecht, Obtaining well calibrated probabilities using
    Bayesian binning, AAAI 2015. J. Nixon, M. Dusenberry, L. Zhang, G. Jerfel and D. Tran,
    Measuring calibration in deep learning, CVPR Workshops 2019 (the adaptive error).

    Examples
    --------
    >>> import numpy as np
    >>> bin_tops(np.repeat([0.0, 0.1, 0.2, 0.9], [60, 10, 10, 20]))
    array([0. , 0.2, 0.9])
    """
    least = LEAST_ROWS * times
    n_bins = min(MOST_BINS, int(len(forecasts) // least))
    if n_bins < 2:
        return np.empty(0)
    ordered = np.sort(forecasts)
    last = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)
    tops: list[int] = []
    below = 0
    while below < len(ordered):
        left = len(ordered) - below
        wanted = max(least, left / max(1, n_bins - len(tops)))
        if left - wanted < least:
            # What would remain is too little for a bin of its own.
            tops.append(len(ordered) - 1)
            break
        tops.append(int(last[np.searchsorted(last, below + math.ceil(wanted) - 1)]))
        below = tops[-1] + 1
    if len(tops) > 1 and tops[-1] - tops[-2] < least:
        del tops[-2]
    return ordered[tops]


def bins_of(forecasts: FloatArray, tops: FloatArray) -> IntArray:
    """Return the number of the bin of each forecast."""
    return np.searchsorted(tops, forecasts).astype(np.int64)


def calibration_error(
    came: BoolArray, forecasts: FloatArray, repeats: IntArray, n_repeats: int
) -> CalibrationError | None:
    """Return the mean over rows of how far their bin's forecasts are from what came in it.

    It is the sum over bins of |sum of forecasts - rows of the class|, over the rows. The bins are
    those of all predictions; where rows are dealt several times it is the mean over the repeats.

    Parameters
    ----------
    came : ndarray of bool, shape (n_predictions,)
        Whether the row is of the class.
    forecasts : ndarray of float64, shape (n_predictions,)
        The probability of the class.
    repeats : ndarray of int64, shape (n_predictions,)
        From 0 to ``n_repeats`` - 1.
    n_repeats : int

    Returns
    -------
    CalibrationError or None
        None with too few rows for two bins.

    Examples
    --------
    >>> import numpy as np
    >>> forecasts = np.repeat([0.2, 0.6], 50)
    >>> came = np.arange(100) % 50 < np.repeat([10, 20], 50)  # 20% and 40% of them
    >>> round(calibration_error(came, forecasts, np.zeros(100, dtype=np.int64), 1).value, 6)
    0.1
    """
    tops = bin_tops(forecasts, times=n_repeats)
    if not len(tops):
        return None
    cell = repeats * len(tops) + bins_of(forecasts, tops)
    shape = n_repeats, len(tops)
    cells = n_repeats * len(tops)
    missed = np.bincount(cell, weights=forecasts - came, minlength=cells).reshape(shape)
    # Rounding may leave a forecast a hair above 1.
    spread = np.maximum(forecasts * (1 - forecasts), 0.0)
    variance = np.bincount(cell, weights=spread, minlength=cells).reshape(shape)
    rows = np.bincount(repeats, minlength=n_repeats)
    chance = np.minimum(math.sqrt(2 / math.pi) * np.sqrt(variance), 2 * variance).sum(axis=1)
    return CalibrationError(
        float(np.mean(np.abs(missed).sum(axis=1) / rows)), float(np.mean(chance / rows))
    )
