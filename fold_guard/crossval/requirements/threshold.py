"""Targets on one number: the number, or why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fold_guard.crossval.requirements.requirement import (
    FAILURE_RATE,
    Requirement,
    RequirementOutcome,
)
from fold_guard.crossval.result import MetricSummary, OverRounds, Pooled, Result
from fold_guard.errors import UsageError
from fold_guard.suggest import did_you_mean

_REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class _Found:
    """A number and what stands around it, or why there is none."""

    value: float | None
    why: str = ""
    context: str = ""


def hold_to_limits(result: Result, requirement: Requirement) -> RequirementOutcome:
    """Hold one number of a result against its least and its most.

    Raises
    ------
    UsageError
        The result has no such metric or segment.
    """
    found = _found(result, requirement)
    subject, value = requirement.subject, found.value
    least, most = requirement.least, requirement.most
    limits = [f">= {least:g}"] if least is not None else []
    limits += [f"<= {most:g}"] if most is not None else []
    required = f"required {' and '.join(limits)}"
    if value is None:
        return RequirementOutcome(
            requirement, False, None, f"{subject} is undefined ({found.why}), {required}"
        )
    if found.why:
        message = f"{subject} is {found.why}"
        return RequirementOutcome(requirement, False, value, message)
    met = (least is None or value >= least) and (most is None or value <= most)
    context = f" ({found.context})" if found.context else ""
    message = f"{subject} is {value:.4f}{context}, {required}"
    return RequirementOutcome(requirement, met, value, message)


def _found(result: Result, requirement: Requirement) -> _Found:
    if requirement.metric == FAILURE_RATE:
        context = f"{len(result.failures):,} of {result.n_rounds:,} rounds failed"
        return _Found(result.failure_rate, context=context)
    if requirement.gap_between is not None:
        return _of_gap(result, requirement, requirement.gap_between)
    if requirement.segment is not None:
        return _of_pooled(_segment_score(result, requirement, *requirement.segment), requirement)
    summary = result.summary.get(requirement.metric)
    if summary is None:
        raise _unknown(f"no metric {requirement.metric!r}", requirement.metric, result.summary)
    if requirement.measure == "gap":
        return _of_train(result, summary, requirement)
    if requirement.measure != "fold_sd" and requirement.aggregate == "pooled":
        return _of_pooled(summary.pooled, requirement)
    over = summary.over_rounds
    if requirement.measure == "fold_sd" or requirement.aggregate == "rounds":
        if over is None:
            return _Found(None, "rounds have no scores of their own, as some test one row")
        return _of_rounds(result, over, requirement)
    return _reported(result, summary, requirement)


def _reported(result: Result, summary: MetricSummary, requirement: Requirement) -> _Found:
    value = {
        "lower": summary.low,
        "estimate": summary.estimate,
        "upper": summary.high,
    }[requirement.measure]
    if summary.aggregate == "pooled":
        note = summary.note or (summary.pooled.note if summary.pooled else "")
        return _Found(value, "" if value is not None else note or "it cannot be pooled")
    assert summary.over_rounds is not None
    short = _defined_too_rarely(result, summary.over_rounds, requirement)
    note = summary.note or summary.over_rounds.note
    return _Found(value, short or ("" if value is not None else note or "no interval"))


def _of_rounds(result: Result, over: OverRounds, requirement: Requirement) -> _Found:
    value = {
        "lower": over.low,
        "estimate": over.mean,
        "upper": over.high,
        "fold_sd": over.sd,
    }[requirement.measure]
    short = _defined_too_rarely(result, over, requirement)
    return _Found(value, short or ("" if value is not None else over.note or "no interval"))


def _of_pooled(pooled: Pooled | None, requirement: Requirement) -> _Found:
    if pooled is None:
        return _Found(None, "predictions of different models may not be scored as one set")
    value = {
        "lower": pooled.low,
        "estimate": pooled.value,
        "upper": pooled.high,
    }[requirement.measure]
    rows = f"{pooled.rows:,} rows"
    if value is None:
        return _Found(None, pooled.note or f"no interval, {rows}")
    return _Found(value, context=rows if requirement.segment else "")


def _of_train(result: Result, summary: MetricSummary, requirement: Requirement) -> _Found:
    over = summary.over_rounds
    short = "" if over is None else _defined_too_rarely(result, over, requirement)
    unscored = "no train side was scored" if summary.train is None else "no round has both sides"
    return _Found(summary.gap, short or ("" if summary.gap is not None else unscored))


def _of_gap(result: Result, requirement: Requirement, column: str) -> _Found:
    name = requirement.metric
    _require_column(result, name, column)
    for gap in result.gaps:
        if (gap.column, gap.metric) == (column, name):
            value = {
                "lower": gap.low,
                "estimate": gap.difference,
                "upper": gap.high,
            }[requirement.measure]
            context = f"{gap.highest} {gap.difference:.4f} above {gap.lowest}"
            return _Found(value, "" if value is not None else gap.note or "no interval", context)
    return _Found(None, _why_no_gap(result, name, column))


def _require_column(result: Result, metric: str, column: str) -> None:
    columns = dict.fromkeys(each.column for each in result.segments)
    if column not in columns:
        raise _unknown(f"no segments of {column!r}", column, columns)
    if metric not in result.summary:
        raise _unknown(f"no metric {metric!r}", metric, result.summary)


def _why_no_gap(result: Result, metric: str, column: str) -> str:
    found = []
    for each in result.segments:
        if each.column == column:
            pooled = each.metrics.get(metric)
            if pooled is None:
                return "predictions of different models may not be scored as one set"
            if pooled.value is None:
                found.append(f"{each.value}: {pooled.note}")
    told = "; ".join(found[:_REASONS_SHOWN])
    return f"fewer than two segments have a value{f': {told}' if told else ''}"


def _segment_score(
    result: Result, requirement: Requirement, column: str, value: str
) -> Pooled | None:
    _require_column(result, requirement.metric, column)
    mine = {each.value: each for each in result.segments if each.column == column}
    if value not in mine:
        raise _unknown(f"no rows where {column} is {value!r}", value, mine)
    return mine[value].metrics.get(requirement.metric)


def _defined_too_rarely(result: Result, over: OverRounds, requirement: Requirement) -> str:
    # Rounds that failed have a target of their own.
    played = len(result.rounds)
    wanted = played if requirement.min_rounds is None else requirement.min_rounds
    if over.n_rounds >= wanted:
        return ""
    reasons = [f"round {each.round}: {each.reason}" for each in over.undefined]
    more = len(reasons) - _REASONS_SHOWN
    told = "; ".join(reasons[:_REASONS_SHOWN]) + (f"; and {more:,} more" if more > 0 else "")
    told = f" ({told})" if told else ""
    return f"defined in {over.n_rounds} of {played} rounds, {wanted} required{told}"


def _unknown(what: str, name: str, known: Iterable[str]) -> UsageError:
    return UsageError(what, where="require", remedy=did_you_mean(name, known))
