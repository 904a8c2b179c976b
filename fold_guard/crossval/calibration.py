"""Calibration of out-of-fold probabilities: what was forecast against what came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fold_guard.crossval.intervals.means import wilson_interval
from fold_guard.crossval.metrics.calibration_error import bin_tops, bins_of
from fold_guard.crossval.result import Result, probability_column


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Rows whose forecasts of one class lie close together.

    Attributes
    ----------
    label : str
    lower, upper : float
        The lowest and the highest forecast among them.
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
    """Bin the pooled out-of-fold probabilities of each class.

    The bins are those of the calibration error, with about as many rows in each
    (:func:`fold_guard.crossval.metrics.calibration_error.bin_tops`).

    Predictions of one row share its label: they are no trials of their own. A row that is n times
    in a bin is one trial of weight n, and the interval is that of sum(n)^2 / sum(n^2) trials, the
    effective size of a weighted sample (L. Kish, Survey Sampling, 1965).

    Parameters
    ----------
    result : Result

    Returns
    -------
    tuple of CalibrationBin
        By class, in the order of the forecasts. Empty without probabilities, and with too few rows
        for two bins.
    """
    frame = result.predictions
    if not result.classes or probability_column(result.classes[0]) not in frame.columns:
        return ()
    times = len(frame) / frame["row_id"].n_unique()
    bins: list[CalibrationBin] = []
    for label in result.classes:
        forecast = frame[probability_column(label)].to_numpy()
        came = frame["label"].to_numpy() == label
        tops = bin_tops(forecast, times=times)
        place = bins_of(forecast, tops)
        for number in range(len(tops)):
            mine = np.flatnonzero(place == number)
            predictions, hits = len(mine), int(came[mine].sum())
            times_each = (
                frame["row_id"].gather(mine).unique_counts().to_numpy()
                if result.retested
                else np.ones(predictions, dtype=np.int64)
            )
            trials = predictions**2 / int((times_each**2).sum())
            # Rounding must not bring the successes above the trials.
            successes = trials if hits == predictions else hits * trials / predictions
            band = wilson_interval(successes, trials, confidence=result.confidence)
            bins.append(
                CalibrationBin(
                    label=label,
                    lower=float(forecast[mine].min()),
                    upper=float(tops[number]),
                    rows=len(times_each),
                    mean_predicted=float(forecast[mine].mean()),
                    observed=hits / predictions,
                    low=band.low,
                    high=band.high,
                    predictions=predictions,
                )
            )
    return tuple(bins)
