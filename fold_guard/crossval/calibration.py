"""Calibration of out-of-fold probabilities: what was forecast against what came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fold_guard.crossval.intervals import wilson_interval
from fold_guard.crossval.result import Result, probability_column

BINS = 10


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Rows whose forecast of one class lies in [lower, upper); the last bin is closed.

    Attributes
    ----------
    label : str
    lower, upper : float
    rows : int
        At least 1.
    mean_predicted, observed : float
        Mean forecast, and share of the rows that are of the class.
    low, high : float
        Wilson interval of ``observed``.
    """

    label: str
    lower: float
    upper: float
    rows: int
    mean_predicted: float
    observed: float
    low: float
    high: float


def calibration_bins(result: Result) -> tuple[CalibrationBin, ...]:
    """Bin the pooled out-of-fold probabilities of each class into ten bins of equal width.

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of CalibrationBin
        Empty bins are left out; empty without probabilities.
    """
    bins: list[CalibrationBin] = []
    frame = result.predictions
    for label in result.classes:
        if probability_column(label) not in frame.columns:
            continue
        forecast = frame[probability_column(label)].to_numpy()
        came = frame["label"].to_numpy() == label
        place = np.minimum((forecast * BINS).astype(np.int64), BINS - 1)
        for number in np.unique(place).tolist():
            mine = place == number
            rows, hits = int(mine.sum()), int(came[mine].sum())
            band = wilson_interval(hits, rows, confidence=result.confidence)
            bins.append(
                CalibrationBin(
                    label=label,
                    lower=number / BINS,
                    upper=(number + 1) / BINS,
                    rows=rows,
                    mean_predicted=float(forecast[mine].mean()),
                    observed=hits / rows,
                    low=band.low,
                    high=band.high,
                )
            )
    return tuple(bins)
