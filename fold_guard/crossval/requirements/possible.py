"""Targets that no training can meet, or that every training meets, found before there is any."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from fold_guard.crossval.design import Design
from fold_guard.crossval.metrics.pooled import UNEQUAL
from fold_guard.crossval.metrics.registry import (
    NO_PROBABILITIES,
    Metric,
    metric_names,
    metric_of,
    metric_range,
)
from fold_guard.crossval.requirements.requirement import FAILURE_RATE, Requirement
from fold_guard.crossval.result import Aggregate, Task
from fold_guard.errors import ConfigError, UsageError
from fold_guard.suggest import did_you_mean

_INSTEAD = {
    "roc_auc": "log_loss or brier",
    "average_precision": "log_loss or brier",
    "spearman": "r2 or mae",
    "pearson": "r2 or mae",
}
_ROUNDS = "a strategy whose rounds test several rows"


def require_possible(
    requirements: Sequence[Requirement],
    task: Task,
    classes: Sequence[str],
    design: Design,
    segments: Mapping[str, Collection[str]],
    *,
    probabilities: bool | None = None,
    path: str = "require",
    source: str = "params.yaml",
) -> None:
    """Refuse targets that cannot be met, or cannot be missed, whatever is trained.

    Parameters
    ----------
    requirements : sequence of Requirement
    task : {"classification", "regression"}
    classes : sequence of str
        Empty for regression.
    design : Design
        How the rounds hang together.
    segments : mapping of str to collection of str
        The values of each segment column.
    probabilities : bool, optional
        Whether the estimator predicts them; None: not known.
    path, source : str
        Of the list, for errors.

    Raises
    ------
    ConfigError
        Every problem at once: what is not there (a metric, a class, a segment), and what is
        undefined by design (the ROC AUC of leave-one-out, a bound where there is no interval),
        with the reason and what to ask for instead; and what the range of the metric decides.

    Examples
    --------
    >>> lone = Design(single_rows=True, rounds_a_repeat=100)
    >>> target = Requirement("roc_auc", "estimate", least=0.8)
    >>> require_possible([target], "classification", ["no", "yes"], lone, {})
    Traceback (most recent call last):
    fold_guard.errors.ConfigError: params.yaml: 1 problem
      require.0.metric: roc_auc is undefined here: each round tests one row, and it ranks rows ...
    """
    problems = [
        (f"{path}.{i}{key}", text)
        for i, each in enumerate(requirements)
        for key, text in _problems(each, task, classes, design, segments, probabilities)
    ]
    if problems:
        raise ConfigError(problems, source=source)


def _problems(
    requirement: Requirement,
    task: Task,
    classes: Sequence[str],
    design: Design,
    segments: Mapping[str, Collection[str]],
    probabilities: bool | None,
) -> Iterator[tuple[str, str]]:
    if requirement.metric == FAILURE_RATE:
        yield from _decided(requirement, 0.0, 1.0)
        return
    metric, why = _metric(requirement.metric, task, classes)
    if metric is None:
        yield ".metric", why
        return
    if probabilities is False and metric.needs == "probabilities":
        yield ".metric", f"{metric.name} is undefined here: {NO_PROBABILITIES}"
        return
    yield from _decided(requirement, *_reach(requirement))
    yield from _unknown_segments(requirement, segments)
    aggregate = requirement.aggregate or _reported(metric, design)
    if requirement.segment is not None or requirement.gap_between is not None:
        aggregate = "pooled"
    if requirement.measure == "fold_sd" or requirement.min_rounds is not None:
        aggregate = "rounds"
    if aggregate == "rounds":
        yield from _over_rounds(requirement, metric, design)
    else:
        yield from _pooled(requirement, metric, design)


def _reach(requirement: Requirement) -> tuple[float, float]:
    """Return the least and the most that can be held against a target."""
    low, high = metric_range(requirement.metric)
    width = high - low
    if requirement.gap_between is not None:
        # The interval of a difference is not cut to what a difference can be.
        return {"lower": (-math.inf, width), "upper": (0.0, math.inf)}.get(
            requirement.measure, (0.0, width)
        )
    if requirement.measure == "gap":
        return -width, width
    if requirement.measure == "fold_sd":
        # The most is reached by two rounds, one at either end.
        return 0.0, width / math.sqrt(2)
    return low, high


def _decided(requirement: Requirement, low: float, high: float) -> Iterator[tuple[str, str]]:
    """Yield why a target is decided before any training: by the range of what it is on."""
    least, most, subject = requirement.least, requirement.most, requirement.subject
    if requirement.no_worse_than is not None:
        width = high - low
        if requirement.margin >= width:
            text = f"{subject} differs by {width:g} at most: every model is within this margin"
            yield ".margin", text
        return
    if least is not None and least > high:
        yield ".min", f"{subject} is {high:g} at most: no training reaches {least:g}"
    elif most is not None and most < low:
        yield ".max", f"{subject} is {low:g} at least: no training comes down to {most:g}"
    elif (least is None or least <= low) and (most is None or most >= high):
        key, bound = ".max", f"{high:g} at most"
        if most is None:
            key, bound = ".min", f"{low:g} at least"
        yield key, f"{subject} is {bound} whatever is trained: this asks for nothing"


def _metric(name: str, task: Task, classes: Sequence[str]) -> tuple[Metric | None, str]:
    try:
        metric = metric_of(name)
    except UsageError as error:
        return None, str(error)
    known = metric_names(task, classes)
    if name in known:
        return metric, ""
    if metric.task != task:
        label = "a class" if metric.task == "classification" else "a number"
        return None, f"{name} is for {metric.task}, where the label is {label}"
    return None, f"there is no metric {name!r}. {did_you_mean(name, known)}"


def _unknown_segments(
    requirement: Requirement, segments: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, str]]:
    column, value = requirement.segment or (requirement.gap_between, None)
    if column is None:
        return
    key = ".segment" if requirement.segment else ".gap_between"
    if column not in segments:
        if segments:
            yield key, f"{column!r} is no segment column. {did_you_mean(column, segments)}"
        else:
            yield key, f"{column!r} is no segment column: name it in data.roles.segments"
    elif value is not None and value not in segments[column]:
        known = sorted(segments[column])
        yield f"{key}.{column}", f"no row has the value {value!r}. {did_you_mean(value, known)}"
    elif value is None and len(segments[column]) < 2:
        yield key, f"{column!r} has one value only: there is no gap"


def _over_rounds(
    requirement: Requirement, metric: Metric, design: Design
) -> Iterator[tuple[str, str]]:
    if design.single_rows:
        asked = "min_rounds" if requirement.min_rounds is not None else "aggregate"
        key = ".statistic" if requirement.measure == "fold_sd" else f".{asked}"
        yield (
            key,
            "rounds have no scores of their own here, as some test one row. "
            f"Ask for a pooled number, or take {_ROUNDS}",
        )
    elif not metric.over_rounds:
        yield (
            ".metric",
            f"{requirement.metric} is not computed round by round: {metric.why_not_over_rounds}. "
            "Ask for aggregate: pooled",
        )
    elif design.no_interval and _asks_interval(requirement):
        instead = "Ask for bound: estimate"
        if requirement.no_worse_than is not None:
            together = metric.pooled and design.rounds_a_repeat is not None
            instead = "Ask for aggregate: pooled" if together else "Take another strategy"
        yield _interval_key(requirement), f"there is no interval: {design.no_interval}. {instead}"


def _pooled(requirement: Requirement, metric: Metric, design: Design) -> Iterator[tuple[str, str]]:
    name = requirement.metric
    if not metric.pooled:
        instead = _INSTEAD.get(metric.name, "another metric")
        why = "each round tests one row, and " if design.single_rows else "pooled, "
        others = f", or take {_ROUNDS}" if design.single_rows else ", or for aggregate: rounds"
        if requirement.segment is not None or requirement.gap_between is not None:
            others = ""
        yield (
            ".metric",
            f"{name} is undefined here: {why}{metric.why_not_pooled}. "
            f"Ask for {instead} in its place{others}",
        )
    elif design.rounds_a_repeat is None:
        instead = "" if requirement.segment or requirement.gap_between else "Ask for rounds"
        yield (
            ".aggregate" if instead else ".metric",
            f"{name} cannot be pooled here: {UNEQUAL}. {instead or 'Take another strategy'}",
        )
    elif metric.interval == "none" and _asks_interval(requirement):
        instead = "Ask for bound: estimate"
        if requirement.no_worse_than is not None:
            rounds = metric.over_rounds and not design.single_rows
            instead = "Ask for aggregate: rounds" if rounds else "Compare another metric"
        yield (
            _interval_key(requirement),
            f"{name} has no interval, pooled: {metric.why_no_interval}. {instead}",
        )


def _reported(metric: Metric, design: Design) -> Aggregate:
    return "rounds" if metric.over_rounds and not design.single_rows else "pooled"


def _asks_interval(requirement: Requirement) -> bool:
    return requirement.no_worse_than is not None or requirement.measure in ("lower", "upper")


def _interval_key(requirement: Requirement) -> str:
    return ".bound" if requirement.no_worse_than is None else ".no_worse_than"
