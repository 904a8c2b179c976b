"""Pictures of how far a score can be trusted: calibration, and train against validation."""

from __future__ import annotations

from collections.abc import Sequence

from fold_guard.crossval.calibration import CalibrationBin
from fold_guard.crossval.metrics.registry import metric_range, spoken_metric
from fold_guard.crossval.result import Result
from fold_guard.reports.charts.dots import MOST_PLANS, WIDTH, plan_colour, plan_keys
from fold_guard.reports.charts.figure import SHAPES, Figure, Key, Table
from fold_guard.reports.charts.score import Named, unit_of
from fold_guard.reports.charts.svg import MUTED, draw, series
from fold_guard.reports.page.numbers import amount, listed, number
from fold_guard.reports.page.visible import cut, distinct_labels

MOST_ROUNDS = 40


def calibration(
    plans: Named, bins: Sequence[Sequence[CalibrationBin]], label: str, *, name: str
) -> Figure:
    """Draw forecast probability against observed share for one class.

    Parameters
    ----------
    plans : sequence of (name, Result)
    bins : sequence of sequence of CalibrationBin
        Those of all classes, plan by plan.
    label, name : str
    """
    title = f"Class {cut(label, 60)}"
    plans = plans[:MOST_PLANS]
    mine = [[each for each in of_plan if each.label == label] for of_plan in bins[:MOST_PLANS]]
    if not any(mine):
        return Figure(title, "Not drawn: the estimator gives no probabilities.")
    import altair as alt

    points = [
        {"plan": i, "x": b.mean_predicted, "y": b.observed, "low": b.low, "high": b.high}
        for i, of_plan in enumerate(mine)
        for b in of_plan
    ]
    domain = list(range(len(mine)))
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
    sentence = " ".join(
        _calibration_sentence(plan, of_plan) for (plan, _), of_plan in zip(plans, mine, strict=True)
    )
    svg = draw(chart, name=name, title=f"Calibration, {title}", description=sentence)
    keys = (*plan_keys([plan for plan, _ in plans]), Key("var(--muted)", "ideal", "┄"))
    return Figure(title, sentence, svg, keys, _bins_table(plans, mine))


def _bins_table(plans: Named, bins: Sequence[Sequence[CalibrationBin]]) -> Table:
    rows = tuple(
        (
            f"{number(b.lower, 3)} to {number(b.upper, 3)}",
            cut(plan, 40),
            f"{b.rows:,}",
            number(b.mean_predicted, 3),
            f"{number(b.observed, 3)} [{number(b.low, 3)}, {number(b.high, 3)}]",
        )
        for (plan, _), of_plan in zip(plans, bins, strict=True)
        for b in of_plan
    )
    return Table(("forecast", "plan", "rows", "mean forecast", "observed share"), rows)


def _calibration_sentence(plan: str, bins: Sequence[CalibrationBin]) -> str:
    total = sum(each.predictions for each in bins)
    if not total:
        return f"On {plan} there are no probabilities."
    gap = sum(each.predictions * abs(each.mean_predicted - each.observed) for each in bins) / total
    lean = sum(each.predictions * (each.mean_predicted - each.observed) for each in bins) / total
    off = sum(not each.low <= each.mean_predicted <= each.high for each in bins)
    text = f"On {plan} forecasts miss the observed share by {number(gap, 3)} on average"
    if abs(lean) < 0.0005 or abs(lean) < 0.2 * gap:
        text += ", to both sides"
    else:
        text += f", on the whole too {'high' if lean > 0 else 'low'}"
    return f"{text}; {off} of {len(bins)} bins by more than their interval."


def train_validation(plan: str, result: Result, metrics: Sequence[str], *, name: str) -> Figure:
    """Draw each round's score on the rows learned from against the held-out rows."""
    import altair as alt

    title = f"Plan {cut(plan, 60)}"
    known = [m for m in metrics if m in result.summary]
    # Facets share an axis, so what they show has to have one unit.
    drawn = [m for m in known if unit_of(m) == unit_of(known[0])][:3]
    sentence = _gap_sentences(result, drawn)
    labels = distinct_labels([spoken_metric(metric) for metric in drawn], 36)
    values = [
        {"metric": label, "round": each.index, "train": learned, "test": held_out}
        for label, metric in zip(labels, drawn, strict=True)
        for each in result.rounds[:MOST_ROUNDS]
        if each.train is not None
        and (learned := each.train.values.get(metric)) is not None
        and (held_out := each.test.values.get(metric)) is not None
    ]
    if not values:
        why = "no headline metric is defined on both sides of a round."
        if not result.rounds:
            why = "each round tests one row, which is no set to score."
        return Figure(title, f"Not drawn: {why} {sentence}".strip())
    base = alt.Chart()
    y = alt.Y("round:O", title="round", axis=alt.Axis(labelOverlap=True))
    unit = metric_range(drawn[0]) == (0.0, 1.0)
    scale = alt.Scale(domain=[0, 1]) if unit else alt.Scale(zero=True)
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
    if len(result.rounds) > MOST_ROUNDS:
        sentence += f" The first {MOST_ROUNDS} of {len(result.rounds):,} rounds are drawn."
    svg = draw(chart, name=name, title=f"Train against validation, {title}", description=sentence)
    keys = (Key("var(--muted)", "train", "○"), Key("var(--s0)", "validation", "●"))
    return Figure(title, sentence, svg, keys)


def _gap_sentences(result: Result, metrics: Sequence[str]) -> str:
    sentences, unknown = [], []
    for metric in metrics:
        gap = result.summary[metric].gap
        if gap is None:
            unknown.append(spoken_metric(metric))
        else:
            sentences.append(_gap_sentence(result, metric, gap))
    if unknown:
        verb = "has" if len(unknown) == 1 else "have"
        sentences.append(
            f"{listed(unknown)} {verb} no gap: not known both on rows learned from and held out."
        )
    return " ".join(sentences)


def _gap_sentence(result: Result, metric: str, gap: float) -> str:
    summary, spoken = result.summary[metric], spoken_metric(metric)
    bounded = metric_range(metric)[1] <= 1
    least = 0.005 if bounded else 0.005 * abs(summary.estimate or 0.0)
    if abs(gap) < least:
        return (
            f"{spoken} is the same on the rows learned from as on held-out rows "
            f"({'below 0.005' if bounded else 'to within 0.5%'})."
        )
    word = "higher" if gap > 0 else "lower"
    return f"{spoken} is {amount(abs(gap))} {word} on the rows learned from than on held-out rows."
