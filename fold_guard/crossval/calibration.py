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
        Different rows, at least 1.
    mean_predicted, observed : float
        Mean forecast, and share of the class, over the predictions.
    low, high : float
        Wilson interval of ``observed``.
    predictions : int
        More than ``rows`` where a row was tested in several rounds.
    """

    label: str
    lower: float
    upper: float
    rows: int
    mean_predicted: float
    observed: float
    low: float
    high: float
    predictions: int


def calibration_bins(result: Result) -> tuple[CalibrationBin, ...]:
    """Bin the pooled out-of-fold probabilities of each class into ten bins of equal width.

    Predictions of one row share its label: they are no trials of their own. A row that is n times
    in a bin is one trial of weight n, and the interval is that of sum(n)^2 / sum(n^2) trials, the
    effective size of a weighted sample (L. Kish, Survey Sampling, 1965).

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
            predictions, hits = int(mine.sum()), int(came[mine].sum())
            times = frame["row_id"].filter(mine).unique_counts().to_numpy()
            trials = predictions**2 / int((times**2).sum())
            # Rounding must not bring the successes above the trials.
            successes = trials if hits == predictions else hits * trials / predictions
            band = wilson_interval(successes, trials, confidence=result.confidence)
            bins.append(
                CalibrationBin(
                    label=label,
                    lower=number / BINS,
                    upper=(number + 1) / BINS,
                    rows=len(times),
                    mean_predicted=float(forecast[mine].mean()),
                    observed=hits / predictions,
                    low=band.low,
                    high=band.high,
                    predictions=predictions,
                )
            )
    return tuple(bins)
