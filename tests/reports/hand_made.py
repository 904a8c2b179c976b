"""Results laid out by hand around predictions that are drawn at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.crossval.metrics.registry import default_headline, metric_names, metric_of
from fold_guard.crossval.metrics.side import Side, score_side
from fold_guard.crossval.requirements.requirement import Requirement, RequirementOutcome
from fold_guard.crossval.result import (
    Concern,
    Failure,
    Matrix,
    MetricSummary,
    OverRounds,
    Pooled,
    Result,
    RoundScore,
    Scores,
    SegmentGap,
    SegmentScore,
    Undefined,
    probability_column,
)
from fold_guard.evidence.dossier import Dossier, PlanDossier
from tests.reports import text_fixtures as fixtures

Values = Mapping[str, Sequence[str]]


def failures(count: int, error: str = "ValueError: Input X contains NaN") -> tuple[Failure, ...]:
    return tuple(Failure(800 + 12 * i, "exception", error, 1) for i in range(1, count + 1))


def concern(*, blocking: bool = False) -> Concern:
    text = "the search tuned on the folds that are reported <b>here</b>"
    return Concern("tuned_on_reported_folds", text, blocking)


def classifier(
    n: int = 300,
    classes: Sequence[str] = ("negative", "positive"),
    *,
    folds: int = 5,
    seed: int = 0,
    segments: Values | None = None,
    ids: Sequence[object] | None = None,
    probabilities: bool = True,
    **given: Any,
) -> Result:
    """Return what a classifier that knows a little might score; ``folds=n`` leaves one out."""
    rng = np.random.default_rng(seed)
    k = len(classes)
    actual = np.arange(n) % k
    forecast = rng.dirichlet(np.ones(k), n) + 0.7 * np.eye(k)[actual] * rng.random((n, 1))
    forecast /= forecast.sum(axis=1, keepdims=True)
    predicted = forecast.argmax(axis=1)
    names = pl.Series(list(classes), dtype=pl.String)
    columns: dict[str, object] = {
        "label": names.gather(actual),
        "prediction": names.gather(predicted),
    }
    if probabilities:
        columns |= {probability_column(c): forecast[:, i] for i, c in enumerate(classes)}
    side = Side(
        "classification", tuple(classes), actual, predicted, forecast if probabilities else None
    )
    return _result(side, columns, folds, segments, ids, given)


def regressor(
    n: int = 300,
    *,
    folds: int = 5,
    seed: int = 0,
    scale: float = 100.0,
    segments: Values | None = None,
    ids: Sequence[object] | None = None,
    **given: Any,
) -> Result:
    """Return what a regression that is a little too high might score."""
    rng = np.random.default_rng(seed)
    actual = scale * rng.normal(size=n)
    predicted = 0.8 * actual + scale * (0.1 + 0.3 * rng.normal(size=n))
    side = Side("regression", (), actual, predicted)
    columns = {"label": actual, "prediction": predicted}
    return _result(side, columns, folds, segments, ids, given)


def _result(
    side: Side,
    columns: Mapping[str, object],
    folds: int,
    segments: Values | None,
    ids: Sequence[object] | None,
    given: Mapping[str, Any],
) -> Result:
    n = len(side)
    fold = np.arange(n) * folds // n
    numbered = pl.Series(list(ids) if ids is not None else [f"row {i:05d}" for i in range(n)])
    frame = pl.DataFrame({"row_id": numbered, "fold": fold, **columns}).sort("row_id", "fold")
    whole = score_side(side)
    rounds = () if folds == n else tuple(_round(side, fold, i) for i in range(folds))
    names = metric_names(side.task, side.classes)
    parts = _segments(side, segments or {})
    failed = given.get("failures", ())
    settings: dict[str, Any] = {
        "n_rounds": folds + len(failed),
        "warnings": (),
        "failures": (),
        "concerns": (),
        "path": f"{folds:,} fits",
        "confidence": 0.95,
        "interval": "made by hand",
        **given,
    }
    return Result(
        task=side.task,
        classes=side.classes,
        rounds=rounds,
        summary={name: _summary(name, whole, rounds, n) for name in names},
        confusion=_confusion(side),
        predictions=frame,
        segments=parts,
        gaps=_gaps(parts),
        **settings,
    )


def _round(side: Side, fold: npt.NDArray[Any], number: int) -> RoundScore:
    test, train = side.take(fold == number), side.take(fold != number)
    supports = [
        {c: int((part.actual == i).sum()) for i, c in enumerate(side.classes)}
        for part in (train, test)
    ]
    return RoundScore(
        number,
        len(train),
        len(test),
        *supports,
        score_side(test),
        # Every other round, as where train sides are scored for some rounds only.
        score_side(train) if number % 2 == 0 else None,
        _confusion(test),
    )


def _confusion(side: Side) -> Matrix:
    k = len(side.classes)
    return tuple(
        tuple(int(((side.actual == i) & (side.predicted == j)).sum()) for j in range(k))
        for i in range(k)
    )


def _summary(name: str, whole: Scores, rounds: Sequence[RoundScore], n: int) -> MetricSummary:
    over = None
    if rounds and metric_of(name).over_rounds:
        values = [v for each in rounds if (v := each.test.values[name]) is not None]
        lacking = tuple(
            Undefined(each.index, each.test.undefined[name])
            for each in rounds
            if each.test.values[name] is None
        )
        mean = float(np.mean(values)) if values else None
        sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
        band = (None, None) if mean is None or sd is None else (mean - sd, mean + sd)
        over = OverRounds(mean, sd, *band, len(values), lacking, "a t interval")
    pooled = None
    if metric_of(name).pooled and whole.values.get(name) is not None:
        pooled = _pooled(whole.values[name], n)
    train = [
        v
        for each in rounds
        if each.train is not None and (v := each.train.values.get(name)) is not None
    ]
    if over is not None:
        gap = float(np.mean(train)) - over.mean if train and over.mean is not None else None
        return MetricSummary("rounds", over.mean, over.low, over.high, "", over, pooled, None, gap)
    if pooled is None:
        return MetricSummary("pooled", None, None, None, "it ranks rows of different models")
    return MetricSummary("pooled", pooled.value, pooled.low, pooled.high, "", None, pooled)


def _pooled(value: float | None, n: int) -> Pooled:
    if value is None:
        return Pooled(None, None, None, n, n, "", "no rows of the class")
    return Pooled(value, value - 0.1, value + 0.1, n, max(1, n // 2), "a bootstrap by unit")


def _segments(side: Side, segments: Values) -> tuple[SegmentScore, ...]:
    found = []
    names = [name for name in metric_names(side.task, side.classes) if metric_of(name).pooled]
    for column, values in segments.items():
        held = np.array(values, dtype=object)
        for value in sorted(set(values)):
            part = side.take(held == value)
            scores = score_side(part)
            metrics = {name: _pooled(scores.values.get(name), len(part)) for name in names}
            found.append(SegmentScore(column, value, len(part), max(1, len(part) // 2), metrics))
    return tuple(found)


def _gaps(parts: Sequence[SegmentScore]) -> tuple[SegmentGap, ...]:
    gaps = []
    for column in dict.fromkeys(each.column for each in parts):
        mine = [each for each in parts if each.column == column]
        for name in mine[0].metrics:
            known = [
                (v, each.value) for each in mine if (v := each.metrics[name].value) is not None
            ]
            if len(known) > 1:
                (low, lowest), (high, highest) = min(known), max(known)
                apart = high - low
                gaps.append(
                    SegmentGap(column, name, highest, lowest, apart, apart - 0.15, apart + 0.15)
                )
    return tuple(gaps)


def dossier(
    *plans: tuple[str, Result],
    headline: tuple[str, ...] = (),
    requirements: Sequence[RequirementOutcome] = (),
) -> Dossier:
    """Return a dossier of plans that passed the gate, with these results."""
    made = []
    for name, result in plans:
        report, verdict = fixtures.checked(fixtures.lenient(), name)
        made.append(
            PlanDossier(
                report=report,
                verdict=verdict,
                manifest=fixtures.folds().manifest,
                result=result,
                requirements=tuple(requirements),
                timeline=(),
                largest_units=(),
                rounds=(),
            )
        )
    return Dossier(
        title="Made by hand",
        claim="",
        headline=headline or default_headline(plans[0][1].task),
        plans=tuple(made),
        comparison=None,
        parameters="",
        versions={},
    )


def outcome(metric: str, *, met: bool, message: str = "said so") -> RequirementOutcome:
    return RequirementOutcome(Requirement(metric, "estimate", least=0.5), met, 0.6, message)
