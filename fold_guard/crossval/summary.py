"""From the rounds to one summary a metric."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fold_guard.crossval.design import Design
from fold_guard.crossval.intervals import corrected_interval
from fold_guard.crossval.metrics import metric_range
from fold_guard.crossval.result import MetricSummary, RoundScore, Undefined

SINGLE = Design()

NO_INTERVAL = "no interval"


def interval_method(rounds: Sequence[RoundScore], design: Design = SINGLE) -> str:
    """Say in words how the intervals are made for these rounds."""
    if design.no_interval:
        return f"{NO_INTERVAL}: {design.no_interval}; {design.wording}"
    ratios = [r.test_rows / r.train_rows for r in rounds]
    grown = max(r.train_rows for r in rounds) > 1.2 * min(r.train_rows for r in rounds)
    text = (
        "corrected resampled t interval (Nadeau and Bengio 2003), "
        f"n_test/n_train = {np.mean(ratios):.4f}"
    )
    if grown:
        text += ", the mean over rounds whose training sides differ in size"
    return f"{text}; {design.wording}" if design.wording else text


def summarise(
    name: str, rounds: Sequence[RoundScore], *, confidence: float, design: Design = SINGLE
) -> MetricSummary:
    """Summarise one metric over the rounds in which it is defined.

    Parameters
    ----------
    name : str
        A metric that every round has, defined or not.
    rounds : sequence of RoundScore
    confidence : float
    design : Design
        How the rounds hang together.

    Returns
    -------
    MetricSummary
    """
    undefined = tuple(
        Undefined(r.index, r.test.undefined[name]) for r in rounds if r.test.values[name] is None
    )
    kept = [r for r in rounds if r.test.values[name] is not None]
    values = [value for r in kept if (value := r.test.values[name]) is not None]
    gaps = [
        learned - held_out
        for r in kept
        if (learned := r.train.values[name]) is not None
        and (held_out := r.test.values[name]) is not None
    ]
    gap = float(np.mean(gaps)) if gaps else None
    if not values:
        return MetricSummary(None, None, None, None, 0, None, undefined, "defined in no round")
    mean = float(np.mean(values))
    if len(values) < 2:
        note = "one value only: no interval"
        return MetricSummary(mean, None, None, None, len(values), gap, undefined, note)
    agree = min(values) == max(values)
    sd = 0.0 if agree else float(np.std(values, ddof=1))
    if design.no_interval:
        note = f"{NO_INTERVAL}: {design.no_interval}"
        return MetricSummary(mean, sd, None, None, len(values), gap, undefined, note)
    band = corrected_interval(
        values,
        [r.train_rows for r in kept],
        [r.test_rows for r in kept],
        confidence=confidence,
        parts=design.parts,
    )
    lowest, highest = metric_range(name)
    note = "all rounds agree: no width of the interval, which is not certainty" if agree else ""
    low, high = max(lowest, band.low), min(highest, band.high)
    return MetricSummary(mean, sd, low, high, len(values), gap, undefined, note)
