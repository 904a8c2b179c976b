"""A number as dot, its interval as line, single rounds as faint dots: rows of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fold_guard.reports.charts.figure import SHAPES, SIGNS, Key
from fold_guard.reports.charts.svg import INK, draw, series, variable
from fold_guard.reports.page.visible import distinct_labels

if TYPE_CHECKING:
    import altair as alt

MOST_PLANS, WIDTH = 4, 230
Domain = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Dot:
    """One number of one plan.

    Attributes
    ----------
    row, plan : int
        Places in the lists of labels and of plans.
    value : float
    low, high : float or None
    faint : tuple of float
        The numbers of single rounds.
    """

    row: int
    plan: int
    value: float
    low: float | None
    high: float | None
    faint: tuple[float, ...] = ()


def plan_keys(plans: Sequence[str]) -> tuple[Key, ...]:
    """Return the legend of the plans: a colour and a shape each."""
    return tuple(
        Key(variable(plan_colour(i)), name, SIGNS[i % len(SIGNS)])
        for i, name in enumerate(plans[:MOST_PLANS])
    )


def plan_colour(index: int) -> str:
    """Return the stand-in colour of a plan."""
    return series((0, 5, 2, 3)[index % 4])


def domain_of(dots: Sequence[Dot], limits: Domain) -> Domain:
    """Return what an axis has to span.

    Parameters
    ----------
    dots : sequence of Dot
        At least one.
    limits : (float, float)
        The lowest and highest value that there can be; where one is infinite, the numbers decide,
        with zero inside.

    Examples
    --------
    >>> domain_of([Dot(0, 0, 3.0, 2.0, 4.5, (1.0,))], (0.0, float("inf")))
    (0.0, 4.5)
    """
    values = [v for d in dots for v in (d.value, d.low, d.high, *d.faint) if v is not None]
    low = limits[0] if limits[0] > -2 else min(0.0, *values)
    high = limits[1] if limits[1] < 2 else max(0.0, *values)
    return (low, high) if high > low else (low, low + 1)


def number_axis(low: float, high: float) -> alt.Axis:
    """Return an axis whose thousands are short."""
    import altair as alt

    large = max(abs(low), abs(high)) >= 1000
    return alt.Axis(tickCount=5, labelOverlap=True, format="~s" if large else alt.Undefined)


def draw_dots(
    dots: Sequence[Dot],
    labels: Sequence[str],
    plans: int,
    domain: Domain,
    *,
    name: str,
    title: str,
    sentence: str,
) -> str:
    """Return the picture as SVG.

    Parameters
    ----------
    dots : sequence of Dot
        At least one.
    labels : sequence of str
        Text from data may be among them.
    plans : int
    domain : (float, float)
    name, title, sentence : str
        As `fold_guard.reports.charts.svg.draw`.
    """
    import altair as alt

    shown = distinct_labels(labels, 24)
    places = list(range(plans))
    means = [
        {
            "label": shown[d.row],
            "plan": d.plan,
            "value": d.value,
            "low": d.value if d.low is None else d.low,
            "high": d.value if d.high is None else d.high,
        }
        for d in dots
    ]
    faint = [{"label": shown[d.row], "plan": d.plan, "value": v} for d in dots for v in d.faint]
    colour = alt.Color(
        "plan:O",
        legend=None,
        scale=alt.Scale(domain=places, range=[plan_colour(i) for i in places]),
    )
    shape = alt.Shape(
        "plan:O", legend=None, scale=alt.Scale(domain=places, range=list(SHAPES[:plans]))
    )
    y = alt.Y(
        "label:N",
        sort=shown,
        title=None,
        scale=alt.Scale(domain=shown),
        axis=alt.Axis(labelLimit=130, labelPadding=8, ticks=False, domain=False, labelColor=INK),
    )
    offset = alt.YOffset("plan:O", scale=alt.Scale(domain=places, paddingOuter=0.6))
    x = alt.X(
        "value:Q", title=None, scale=alt.Scale(domain=list(domain)), axis=number_axis(*domain)
    )
    interval = alt.Chart(alt.InlineData(values=means))
    chart = alt.layer(
        interval.mark_rule(strokeWidth=2, opacity=0.5).encode(
            x=alt.X("low:Q", title=None), x2="high:Q", y=y, yOffset=offset, color=colour
        ),
        alt.Chart(alt.InlineData(values=faint))
        .mark_point(filled=True, size=24, opacity=0.75)
        .encode(x=x, y=y, yOffset=offset, color=colour, shape=shape),
        interval.mark_point(filled=True, size=80, opacity=1).encode(
            x=x, y=y, yOffset=offset, color=colour, shape=shape
        ),
    ).properties(width=WIDTH, height=len(shown) * (20 + 14 * plans))
    return draw(chart, name=name, title=title, description=sentence)
