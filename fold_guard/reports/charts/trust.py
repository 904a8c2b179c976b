"""Pictures of how far a score can be trusted: calibration, and train against validation."""

from __future__ import annotations

from collections.abc import Sequence

from fold_guard.crossval.calibration import CalibrationBin, calibration_bins
from fold_guard.crossval.metrics import metric_range
from fold_guard.crossval.result import Result
from fold_guard.reports.charts.figure import SHAPES, Figure, Key
from fold_guard.reports.charts.score import MOST_PLANS, WIDTH, Named, plan_colour, plan_keys
from fold_guard.reports.charts.svg import MUTED, draw, series
from fold_guard.reports.page.numbers import number
from fold_guard.reports.page.visible import cut, distinct_labels

MOST_ROUNDS = 40


def calibration(plans: Named, label: str, *, name: str) -> Figure:
    """Draw forecast probability against observed share for one class."""
    title = f"Class {cut(label, 60)}"
    bins = {
        plan: [each for each in calibration_bins(result) if each.label == label]
        for plan, result in plans[:MOST_PLANS]
    }
    if not any(bins.values()):
        return Figure(title, "Not drawn: the estimator gives no probabilities.")
    import altair as alt

    points = [
        {"plan": i, "x": b.mean_predicted, "y": b.observed, "low": b.low, "high": b.high}
        for i, mine in enumerate(bins.values())
        for b in mine
    ]
    domain = list(range(len(bins)))
    colour = alt.Color(
        "plan:O",
        legend=None,
        scale=alt.Scale(domain=domain, range=[plan_colour(i) for i in domain]),
    )
    shape = alt.Shape(
        "plan:O", legend=None, scale=alt.Scale(domain=domain, range=list(SHAPES[: len(domain)]))
    )
    unit = alt.Scale(domain=[0, 1])
    base = alt.Chart(alt.InlineData(values=points))
    x = alt.X("x:Q", title="forecast probability", scale=unit, axis=alt.Axis(tickCount=5))
    y = alt.Y("y:Q", title="observed share", scale=unit, axis=alt.Axis(tickCount=5))
    ideal = alt.Chart(alt.InlineData(values=[{"x": 0, "y": 0}, {"x": 1, "y": 1}]))
    chart = alt.layer(
        ideal.mark_line(color=MUTED, strokeDash=[4, 3], strokeWidth=1.2).encode(x=x, y=y),
        base.mark_rule(strokeWidth=1.5, opacity=0.6).encode(
            x=x, y=alt.Y("low:Q", title="observed share", scale=unit), y2="high:Q", color=colour
        ),
        base.mark_line(strokeWidth=1, opacity=0.5).encode(x=x, y=y, color=colour),
        base.mark_point(filled=True, size=48, opacity=1).encode(
            x=x, y=y, color=colour, shape=shape
        ),
    ).properties(width=WIDTH, height=200)
    sentence = " ".join(_calibration_sentence(plan, mine) for plan, mine in bins.items())
    svg = draw(chart, name=name, title=f"Calibration, {title}", description=sentence)
    return Figure(title, sentence, svg, (*plan_keys(plans), Key("var(--muted)", "ideal", "┄")))


def _calibration_sentence(plan: str, bins: Sequence[CalibrationBin]) -> str:
    total = sum(each.predictions for each in bins)
    if not total:
        return f"On {plan} there are no probabilities."
    gap = sum(each.predictions * abs(each.mean_predicted - each.observed) for each in bins) / total
    lean = sum(each.predictions * (each.mean_predicted - each.observed) for each in bins) / total
    text = f"On {plan} forecasts miss the observed share by {number(gap, 3)} on average"
    if abs(lean) < 0.0005 or abs(lean) < 0.2 * gap:
        return f"{text}, to both sides."
    return f"{text}, on the whole too {'high' if lean > 0 else 'low'}."


def train_validation(plan: str, result: Result, metrics: Sequence[str], *, name: str) -> Figure:
    """Draw each round's score on the rows learned from against the held-out rows."""
    import altair as alt

    title = f"Plan {cut(plan, 60)}"
    drawn = [m for m in metrics if m in result.summary and metric_range(m)[1] == 1.0][:3]
    labels = distinct_labels(drawn, 36)
    values = [
        {
            "metric": label,
            "round": each.index,
            "train": each.train.values[metric],
            "test": each.test.values[metric],
        }
        for label, metric in zip(labels, drawn, strict=True)
        for each in result.rounds[:MOST_ROUNDS]
        if each.train.values[metric] is not None and each.test.values[metric] is not None
    ]
    if not values:
        return Figure(title, "Not drawn: no headline metric is defined on both sides of a round.")
    base = alt.Chart()
    y = alt.Y("round:O", title="round", axis=alt.Axis(labelOverlap=True))
    scale = alt.Scale(domain=[0, 1])
    chart = (
        alt.layer(
            base.mark_rule(color=MUTED, strokeWidth=1.5).encode(
                y=y, x=alt.X("train:Q", title=None, scale=scale), x2="test:Q"
            ),
            base.mark_point(color=MUTED, filled=False, size=40, strokeWidth=1.5, opacity=1).encode(
                y=y, x=alt.X("train:Q", title=None, scale=scale, axis=alt.Axis(tickCount=5))
            ),
            base.mark_point(color=series(0), filled=True, size=50, opacity=1).encode(
                y=y, x=alt.X("test:Q", title=None, scale=scale)
            ),
            data=alt.InlineData(values=values),
        )
        .properties(width=WIDTH + 30, height=alt.Step(15))
        .facet(
            row=alt.Row(
                "metric:N",
                sort=labels,
                title=None,
                header=alt.Header(labelOrient="top", labelAnchor="start"),
            ),
            spacing=12,
        )
    )
    sentence = " ".join(_gap_sentence(result, metric) for metric in drawn)
    if len(result.rounds) > MOST_ROUNDS:
        sentence += f" The first {MOST_ROUNDS} of {len(result.rounds):,} rounds are drawn."
    svg = draw(chart, name=name, title=f"Train against validation, {title}", description=sentence)
    keys = (Key("var(--muted)", "train", "○"), Key("var(--s0)", "validation", "●"))
    return Figure(title, sentence, svg, keys)


def _gap_sentence(result: Result, metric: str) -> str:
    gap = result.summary[metric].gap
    if gap is None:
        return f"{metric} has no gap: it is not defined on both sides of any round."
    if abs(gap) < 0.005:
        return f"{metric} is the same on the rows learned from as on held-out rows (below 0.005)."
    word = "higher" if gap > 0 else "lower"
    return f"{metric} is {number(abs(gap))} {word} on the rows learned from than on held-out rows."
