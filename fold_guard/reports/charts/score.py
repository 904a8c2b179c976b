"""Pictures of the score: intervals, folds, calibration, train against validation."""

from __future__ import annotations

from collections.abc import Sequence

from fold_guard.crossval.metrics import PER_CLASS, class_metric, metric_range, spoken_metric
from fold_guard.crossval.result import Result
from fold_guard.reports.charts.figure import SHAPES, SIGNS, Figure, Key
from fold_guard.reports.charts.svg import INK, draw, series, variable
from fold_guard.reports.page.numbers import number, plural, quoted
from fold_guard.reports.page.visible import cut, distinct_labels

MOST_CLASSES, MOST_PLANS, MOST_DOTS = 6, 4, 40
WIDTH = 230
Named = Sequence[tuple[str, Result]]


def plan_keys(plans: Named) -> tuple[Key, ...]:
    """Return the legend of the plans: a colour and a shape each."""
    return tuple(
        Key(variable(plan_colour(i)), name, SIGNS[i % len(SIGNS)])
        for i, (name, _) in enumerate(plans[:MOST_PLANS])
    )


def plan_colour(index: int) -> str:
    """Return the stand-in colour of a plan."""
    return series((0, 5, 2, 3)[index % 4])


def shown_classes(result: Result) -> tuple[str, ...]:
    """Return the classes to draw, rarest first."""
    support = {label: sum(row) for label, row in zip(result.classes, result.confusion, strict=True)}
    return tuple(sorted(support, key=lambda label: (support[label], label))[:MOST_CLASSES])


def intervals(plans: Named, metrics: Sequence[tuple[str, str]], *, name: str, title: str) -> Figure:
    """Draw metrics as dot and interval, plans side by side, rounds as faint dots.

    Parameters
    ----------
    plans : sequence of (name, Result)
    metrics : sequence of (label, metric)
        Only metrics between 0 and 1.
    name, title : str
    """
    import altair as alt

    labels = distinct_labels([label for label, _ in metrics], 24)
    plans = plans[:MOST_PLANS]
    means, dots = [], []
    for place, (_, result) in enumerate(plans):
        for label, (_, metric) in zip(labels, metrics, strict=True):
            row = {"metric": label, "plan": place}
            summary = result.summary.get(metric)
            if summary is None or summary.mean is None:
                continue
            low = summary.mean if summary.low is None else summary.low
            high = summary.mean if summary.high is None else summary.high
            means.append({**row, "value": summary.mean, "low": low, "high": high})
            values = [v for each in result.rounds if (v := each.test.values[metric]) is not None]
            if len(result.rounds) > MOST_DOTS:  # of many rounds those that look different
                values = list(dict.fromkeys(values))
            dots += [{**row, "value": value} for value in values]
    sentence = _intervals_sentence(plans, metrics)
    if not means:
        return Figure(title, f"Not drawn: no value is defined. {sentence}".strip())
    colours = [plan_colour(i) for i in range(len(plans))]
    domain = list(range(len(plans)))
    colour = alt.Color("plan:O", legend=None, scale=alt.Scale(domain=domain, range=colours))
    shape = alt.Shape(
        "plan:O", legend=None, scale=alt.Scale(domain=domain, range=list(SHAPES[: len(plans)]))
    )
    y = alt.Y(
        "metric:N",
        sort=labels,
        title=None,
        scale=alt.Scale(domain=labels),
        axis=alt.Axis(labelLimit=130, labelPadding=8, ticks=False, domain=False, labelColor=INK),
    )
    offset = alt.YOffset("plan:O", scale=alt.Scale(domain=domain, paddingOuter=0.6))
    x = alt.X("value:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=5))
    interval = alt.Chart(alt.InlineData(values=means))
    chart = alt.layer(
        interval.mark_rule(strokeWidth=2, opacity=0.5).encode(
            x=alt.X("low:Q", title=None), x2="high:Q", y=y, yOffset=offset, color=colour
        ),
        alt.Chart(alt.InlineData(values=dots))
        .mark_point(filled=True, size=24, opacity=0.75)
        .encode(x=x, y=y, yOffset=offset, color=colour, shape=shape),
        interval.mark_point(filled=True, size=80, opacity=1).encode(
            x=x, y=y, yOffset=offset, color=colour, shape=shape
        ),
    ).properties(width=WIDTH, height=len(labels) * (20 + 14 * len(plans)))
    svg = draw(chart, name=name, title=title, description=sentence)
    return Figure(title, sentence, svg, plan_keys(plans))


def _intervals_sentence(plans: Named, metrics: Sequence[tuple[str, str]]) -> str:
    widest, spread = "", 0.0
    missing: list[str] = []
    for plan, result in plans:
        for label, metric in metrics:
            summary = result.summary.get(metric)
            if summary is None:
                continue
            values = [v for each in result.rounds if (v := each.test.values[metric]) is not None]
            if summary.undefined:
                first = summary.undefined[0]
                rounds = plural(len(summary.undefined), "round")
                missing.append(
                    f"{label} is undefined in {rounds} of plan {plan} "
                    f"(round {first.round}: {first.reason})."
                )
            if values and max(values) - min(values) > spread:
                spread = max(values) - min(values)
                widest = (
                    f"Rounds differ most in {label} on plan {plan}: "
                    f"{number(min(values))} to {number(max(values))}."
                )
    more = [f"{len(missing) - 2} more are undefined in some rounds."] if len(missing) > 2 else []
    return " ".join([widest, *missing[:2], *more]).strip()


def headline(plans: Named, metrics: Sequence[str], *, name: str) -> Figure:
    """Draw the metrics that params name as headline."""
    drawn = [
        (spoken_metric(metric), metric) for metric in metrics if metric_range(metric)[1] == 1.0
    ]
    figure = intervals(plans, drawn[:8], name=name, title="Headline metrics")
    leading = [
        f"{spoken_metric(metric)} is "
        + ", ".join(f"{quoted(result.summary[metric])} on {plan}" for plan, result in plans)
        + "."
        for _, metric in drawn[:1]
        if all(metric in result.summary for _, result in plans)
    ]
    return Figure(
        figure.title, " ".join([*leading, figure.sentence]), figure.svg, figure.keys, figure.table
    )


def per_class(plans: Named, label: str, *, name: str) -> Figure:
    """Draw precision, recall, F1 and the areas of one class."""
    metrics = [(spoken_metric(metric), class_metric(metric, label)) for metric in PER_CLASS]
    result = plans[0][1]
    rows = sum(each.test_support.get(label, 0) for each in result.rounds)
    noun = "prediction" if result.retested else "test row"
    title = f"Class {cut(label, 60)} ({plural(rows, noun)} on {plans[0][0]})"
    return intervals(plans, metrics, name=name, title=title)
