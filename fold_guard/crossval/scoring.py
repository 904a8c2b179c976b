"""From held-out predictions to a result: scores by round, pooled, and by segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.crossval.fold_pairs import METHOD, nested_intervals, with_nested
from fold_guard.crossval.held_out import HeldOutPredictions
from fold_guard.crossval.inputs import Sizes
from fold_guard.crossval.intervals.nested import Nested
from fold_guard.crossval.metrics.pool import Origin
from fold_guard.crossval.metrics.pooled import Terms, pool
from fold_guard.crossval.metrics.registry import metric_names
from fold_guard.crossval.metrics.segments import score_segments
from fold_guard.crossval.metrics.side import score_side
from fold_guard.crossval.result import Matrix, Result, RoundScore
from fold_guard.crossval.routes import Job, Obtained
from fold_guard.crossval.summary import interval_method, summarise

IntArray = npt.NDArray[np.int64]


def scored(
    obtained: Obtained,
    job: Job,
    *,
    ids: pl.Series,
    segments: Mapping[str, npt.NDArray[Any]],
    confidence: float,
) -> Result:
    """Compute every metric with its interval.

    Parameters
    ----------
    obtained : Obtained
    job : Job
    ids : polars.Series, length n_rows
    segments : mapping of str to ndarray of object (str), shape (n_rows,)
    confidence : float

    Returns
    -------
    Result
    """
    given, sizes, design = obtained.held_out, job.sizes, job.design
    rounds = () if design.single_rows else _round_scores(obtained, sizes)
    repeats = None
    if design.rounds_a_repeat is not None:
        repeats = np.searchsorted(sizes.index, given.rounds) // design.rounds_a_repeat
    origin = Origin(given.rows, repeats, job.units[given.rows])
    terms = Terms(sizes.inflation(design.rounds_a_repeat), confidence, job.seed)
    pooled = pool(given.side(), origin, terms)
    columns = {name: values[given.rows] for name, values in segments.items()}
    by_segment, gaps = score_segments(given.side(), columns, origin, terms)
    train = [obtained.train[at] for at in sorted(obtained.train)]
    summary = {
        name: summarise(
            name,
            rounds,
            pooled.get(name),
            confidence=confidence,
            design=design,
            train=train,
        )
        for name in metric_names(given.task, given.classes)
    }
    interval = interval_method(rounds, design)
    if job.nested:
        bands = _nested(obtained, job, confidence)
        summary = {name: with_nested(name, each, bands) for name, each in summary.items()}
        interval = f"{METHOD} where a metric is a mean of losses of rows; else {interval}"
    return Result(
        task=given.task,
        classes=given.classes,
        n_rounds=len(sizes.index),
        rounds=rounds,
        summary=summary,
        confusion=confusion(given, slice(None)),
        predictions=given.frame(ids, retested=design.retested),
        segments=by_segment,
        gaps=gaps,
        warnings=obtained.warnings,
        failures=obtained.failures,
        concerns=obtained.concerns,
        confidence=confidence,
        interval=interval,
        path=obtained.path,
    )


def _nested(obtained: Obtained, job: Job, confidence: float) -> Mapping[str, Nested]:
    if obtained.paired is None or job.design.rounds_a_repeat is None:
        return {}
    return nested_intervals(
        obtained.held_out,
        obtained.paired,
        job.sizes,
        job.design.rounds_a_repeat,
        job.units,
        confidence=confidence,
    )


def confusion(given: HeldOutPredictions, picked: Any) -> Matrix:
    """Count predictions by actual and predicted class; empty for regression."""
    if given.task == "regression":
        return ()
    k = len(given.classes)
    cells = np.bincount(given.actual[picked] * k + given.predicted[picked], minlength=k * k)
    return tuple(tuple(row) for row in cells.reshape(k, k).tolist())


def _round_scores(obtained: Obtained, sizes: Sizes) -> tuple[RoundScore, ...]:
    given = obtained.held_out
    ends = np.cumsum(sizes.test[list(obtained.positions)])
    found = []
    for at, end in zip(obtained.positions, ends.tolist(), strict=True):
        picked = slice(end - int(sizes.test[at]), end)
        found.append(
            RoundScore(
                index=int(sizes.index[at]),
                train_rows=int(sizes.train[at]),
                test_rows=int(sizes.test[at]),
                train_support=_named(given.classes, sizes.train_support[at]),
                test_support=_named(given.classes, sizes.test_support[at]),
                test=score_side(given.side(picked)),
                train=obtained.train.get(at),
                confusion=confusion(given, picked),
            )
        )
    return tuple(found)


def _named(classes: Sequence[str], counts: IntArray) -> dict[str, int]:
    return dict(zip(classes, counts.tolist(), strict=True))
