"""Pictures of the score: headline metrics and classes, plans side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fold_guard.crossval.metrics.registry import (
    class_metric,
    metric_range,
    per_class,
    spoken_metric,
)
from fold_guard.crossval.result import MetricSummary, Result
from fold_guard.reports.charts.dots import (
    MOST_PLANS,
    Domain,
    Dot,
    domain_of,
    draw_dots,
    plan_keys,
)
from fold_guard.reports.charts.figure import Figure
from fold_guard.reports.page.numbers import amount, listed, plural, quoted, undefined_rounds
from fold_guard.reports.page.visible import cut

MOST_CLASSES, MOST_DOTS, MOST_HEADLINES = 6, 40, 8
UNIT: Domain = (0.0, 1.0)
# One axis for what has one unit: that of the label.
_OF_THE_LABEL = ("mae", "rmse", "median_absolute_error", "max_error")
Named = Sequence[tuple[str, Result]]


def shown_classes(result: Result) -> tuple[str, ...]:
    """Return the classes to draw, rarest first; none for regression."""
    support = {label: sum(row) for label, row in zip(result.classes, result.confusion, strict=True)}
    return tuple(sorted(support, key=lambda label: (support[label], label))[:MOST_CLASSES])


def intervals(
    plans: Named,
    metrics: Sequence[tuple[str, str]],
    *,
    name: str,
    title: str,
    limits: Domain = UNIT,
    leading: str = "",
) -> Figure:
    """Draw metrics as dot and interval, plans side by side, rounds as faint dots.

    Parameters
    ----------
    plans : sequence of (name, Result)
    metrics : sequence of (label, metric)
        Of one unit.
    name, title : str
    limits : (float, float)
        The lowest and highest value that they can have.
    leading : str
        The metric whose numbers the sentence begins with; default: the first that has any.
    """
    plans = plans[:MOST_PLANS]
    sentence = f"{_leading(plans, metrics, leading)} {_intervals_sentence(plans, metrics)}".strip()
    metrics = [each for each in metrics if _is_known(plans, each[1])]
    dots = []
    for place, (_, result) in enumerate(plans):
        for row, (_, metric) in enumerate(metrics):
            found = result.summary.get(metric)
            if found is None or found.estimate is None:
                continue
            values = round_values(result, metric)
            if len(result.rounds) > MOST_DOTS:  # of many rounds those that look different
                values = list(dict.fromkeys(values))
            dots.append(Dot(row, place, found.estimate, found.low, found.high, tuple(values)))
    if not dots:
        return Figure(title, f"Not drawn: no value is defined. {sentence}".strip())
    svg = draw_dots(
        dots,
        [label for label, _ in metrics],
        len(plans),
        domain_of(dots, limits),
        name=name,
        title=title,
        sentence=sentence,
    )
    return Figure(title, sentence, svg, plan_keys([plan for plan, _ in plans]))


def _is_known(plans: Named, metric: str) -> bool:
    found = (result.summary.get(metric) for _, result in plans)
    return any(each is not None and each.estimate is not None for each in found)


def round_values(result: Result, metric: str) -> list[float]:
    """Return a metric of each round in which it is defined."""
    found = (each.test.values.get(metric) for each in result.rounds)
    return [value for value in found if value is not None]


def _leading(plans: Named, metrics: Sequence[tuple[str, str]], leading: str) -> str:
    known = {metric: label for label, metric in metrics if _is_known(plans, metric)}
    if not known:
        return ""
    metric = leading if leading in known else next(iter(known))
    numbers = ", ".join(
        f"{quoted(result.summary[metric])} on {plan}"
        for plan, result in plans
        if metric in result.summary
    )
    return f"{known[metric]} is {numbers}."


def _intervals_sentence(plans: Named, metrics: Sequence[tuple[str, str]]) -> str:
    widest, spread = "", 0.0
    missing: dict[str, list[str]] = {}
    for plan, result in plans:
        for label, metric in metrics:
            summary = result.summary.get(metric)
            if summary is None:
                continue
            values = round_values(result, metric)
            why = _why_missing(plan, summary)
            if why:
                missing.setdefault(why, []).append(label)
            if values and max(values) - min(values) > spread:
                spread = max(values) - min(values)
                widest = (
                    f"Rounds differ most in {label} on plan {plan}: "
                    f"{amount(min(values))} to {amount(max(values))}."
                )
    told = [
        f"{listed(labels)} {'is' if len(labels) == 1 else 'are'} {why}."
        for why, labels in missing.items()
    ]
    more = [f"{len(told) - 2} more reasons are among the numbers."] if len(told) > 2 else []
    return " ".join([widest, *told[:2], *more]).strip()


def _why_missing(plan: str, summary: MetricSummary) -> str:
    over = summary.over_rounds
    if undefined_rounds(summary) and over is not None:
        first, rounds = over.undefined[0], plural(len(over.undefined), "round")
        return f"undefined in {rounds} of plan {plan} (round {first.round}: {first.reason})"
    if summary.estimate is None:
        return f"undefined on plan {plan}: {summary.note.removeprefix('undefined ')}"
    return ""


def headline(plans: Named, metrics: Sequence[str], *, name: str) -> tuple[Figure, ...]:
    """Draw the metrics that params name as headline: a figure for each unit that they have."""
    drawn = [m for m in metrics if any(m in result.summary for _, result in plans)]
    kinds: dict[str, list[str]] = {}
    for metric in drawn[:MOST_HEADLINES]:
        kinds.setdefault(unit_of(metric), []).append(metric)
    figures = []
    for place, (unit, mine) in enumerate(kinds.items()):
        lows, highs = zip(*(metric_range(metric) for metric in mine), strict=True)
        title = f"Headline metrics, {unit}" if len(kinds) > 1 else "Headline metrics"
        figures.append(
            intervals(
                plans,
                [(spoken_metric(metric), metric) for metric in mine],
                name=f"{name}-{place}",
                title=title,
                limits=(min(lows), max(highs)),
            )
        )
    if not figures:
        return (Figure("Headline metrics", "Not drawn: no headline metric was measured."),)
    if len(drawn) > MOST_HEADLINES:
        text = f"{figures[0].sentence} {MOST_HEADLINES} of {len(drawn)} headline metrics are drawn."
        figures[0] = replace(figures[0], sentence=text)
    return tuple(figures)


def unit_of(metric: str) -> str:
    """Say what a metric is measured in; those of one unit can share an axis."""
    low, high = metric_range(metric)
    if (low, high) == UNIT:
        return "0 to 1"
    if high == 1:
        return "at most 1"
    return "in the unit of the label" if metric in _OF_THE_LABEL else spoken_metric(metric)


def class_metrics(label: str) -> list[tuple[str, str]]:
    """Return every metric of one class, (label, metric)."""
    return [
        (spoken_metric(metric), class_metric(metric, label))
        for metric in per_class("classification")
    ]


def of_class(plans: Named, label: str, *, name: str) -> Figure:
    """Draw precision, recall, F1 and the other metrics of one class."""
    plan, result = plans[0]
    place = result.classes.index(label)
    rows = sum(result.confusion[place])
    noun = "prediction" if result.retested else "test row"
    title = f"Class {cut(label, 60)} ({plural(rows, noun)} on {plan})"
    metrics = class_metrics(label)
    return intervals(plans, metrics, name=name, title=title, leading=class_metric("recall", label))
