"""From the rounds, and the predictions of all of them, to one summary a metric."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fold_guard.crossval.design import Design
from fold_guard.crossval.intervals.means import corrected_interval
from fold_guard.crossval.metrics.registry import metric_of, metric_range
from fold_guard.crossval.result import (
    MetricSummary,
    OverRounds,
    Pooled,
    RoundScore,
    Scores,
    Undefined,
)

SINGLE = Design()

NO_INTERVAL = "no interval"
_CORRECTED = "corrected resampled t interval (Nadeau and Bengio 2003)"
_POOLED = (
    "of the pooled predictions, their variance times 1 + n_test/n_train (after Nadeau and Bengio "
    "2003): Wilson for rates of single rows, bootstrap by unit for the rest"
)


def interval_method(rounds: Sequence[RoundScore], design: Design = SINGLE) -> str:
    """Say in words how the intervals of a whole cross-validation are made.

    Parameters
    ----------
    rounds : sequence of RoundScore
        Empty where each tests one row.
    design : Design
    """
    if design.no_interval:
        return f"{NO_INTERVAL}: {design.no_interval}; {design.wording}"
    text = _POOLED if design.single_rows or not rounds else _corrected(rounds)
    return f"{text}; {design.wording}" if design.wording else text


def _corrected(rounds: Sequence[RoundScore]) -> str:
    ratios = [r.test_rows / r.train_rows for r in rounds]
    text = f"{_CORRECTED}, n_test/n_train = {np.mean(ratios):.4f}"
    if max(r.train_rows for r in rounds) > 1.2 * min(r.train_rows for r in rounds):
        text += ", the mean over rounds whose training sides differ in size"
    return text


def summarise(
    name: str,
    rounds: Sequence[RoundScore],
    pooled: Pooled | None,
    *,
    confidence: float,
    design: Design = SINGLE,
    train: Sequence[Scores] = (),
) -> MetricSummary:
    """Summarise one metric.

    Reported is the mean over rounds. Where rounds test one row each they have no scores of their
    own, and the value of the pooled predictions is reported; of a metric that may not be pooled
    there is none then. A metric that rounds are too small for (the calibration error) is always
    that of the pooled predictions.

    Parameters
    ----------
    name : str
        A metric of the registry.
    rounds : sequence of RoundScore
        Empty where each tests one row.
    pooled : Pooled or None
        None where the metric may not be pooled.
    confidence : float
    design : Design
        How the rounds hang together.
    train : sequence of Scores
        Of the train sides that were scored.

    Returns
    -------
    MetricSummary
    """
    metric = metric_of(name)
    learned = [value for side in train if (value := side.values.get(name)) is not None]
    fitted = float(np.mean(learned)) if learned else None
    if metric.over_rounds and not design.single_rows:
        over = over_rounds(name, rounds, confidence=confidence, design=design)
        return MetricSummary(
            "rounds",
            over.mean,
            over.low,
            over.high,
            over.note,
            over_rounds=over,
            pooled=pooled,
            train=fitted,
            gap=_mean_gap(name, rounds),
        )
    if pooled is None:
        why = metric.why_not_pooled
        note = f"undefined, as predictions of all rounds are scored together here: {why}"
        return MetricSummary("pooled", None, None, None, note, train=fitted)
    gap = None if fitted is None or pooled.value is None else fitted - pooled.value
    return MetricSummary(
        "pooled",
        pooled.value,
        pooled.low,
        pooled.high,
        pooled.note,
        pooled=pooled,
        train=fitted,
        gap=gap,
    )


def over_rounds(
    name: str, rounds: Sequence[RoundScore], *, confidence: float, design: Design = SINGLE
) -> OverRounds:
    """Summarise one metric over the rounds in which it is defined.

    Parameters are those of :func:`summarise`.

    Returns
    -------
    OverRounds
        With the corrected resampled t interval, cut to the range of the metric.
    """
    undefined = tuple(
        Undefined(r.index, r.test.undefined[name]) for r in rounds if r.test.values[name] is None
    )
    kept = [r for r in rounds if r.test.values[name] is not None]
    values = [value for r in kept if (value := r.test.values[name]) is not None]
    if not values:
        return OverRounds(None, None, None, None, 0, undefined, note="defined in no round")
    mean = float(np.mean(values))
    if len(values) < 2:
        note = f"one value only: {NO_INTERVAL}"
        return OverRounds(mean, None, None, None, len(values), undefined, note=note)
    agree = min(values) == max(values)
    sd = 0.0 if agree else float(np.std(values, ddof=1))
    if design.no_interval:
        note = f"{NO_INTERVAL}: {design.no_interval}"
        return OverRounds(mean, sd, None, None, len(values), undefined, note=note)
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
    return OverRounds(mean, sd, low, high, len(values), undefined, _corrected(kept), note)


def _mean_gap(name: str, rounds: Sequence[RoundScore]) -> float | None:
    gaps = [
        learned - held_out
        for r in rounds
        if r.train is not None
        and (learned := r.train.values[name]) is not None
        and (held_out := r.test.values[name]) is not None
    ]
    return float(np.mean(gaps)) if gaps else None
