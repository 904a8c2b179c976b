"""Pictures of single errors, in bins: no row of the data stands in them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.crossval.result import Result
from fold_guard.reports.charts.dots import number_axis
from fold_guard.reports.charts.figure import Figure, Key
from fold_guard.reports.charts.svg import MUTED, draw, series
from fold_guard.reports.page.numbers import amount, number, plural, share
from fold_guard.reports.page.visible import cut

SIDE, BARS, WIDTH = 24, 40, 250
_SHADES = 6
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Axis:
    """Cells of equal width from ``start`` to ``end``."""

    start: float
    end: float
    cells: int

    def edges(self) -> list[float]:
        return [float(each) for each in np.linspace(self.start, self.end, self.cells + 1)]

    def places(self, values: FloatArray) -> npt.NDArray[np.int64]:
        """Return the cell of each value; -1 outside."""
        inside = (values >= self.start) & (values <= self.end)
        scaled = (np.where(inside, values, self.start) - self.start) / (self.end - self.start)
        cells = np.minimum((scaled * self.cells).astype(np.int64), self.cells - 1)
        return np.where(inside, cells, -1)


def predicted_actual(plan: str, result: Result, *, name: str) -> Figure:
    """Draw predicted against actual values, as shaded cells."""
    import altair as alt

    actual, predicted = _values(result)
    title = f"Plan {cut(plan, 60)}"
    axis = _spanning(actual, SIDE)
    across, up = axis.places(actual), axis.places(predicted)
    drawn = (across >= 0) & (up >= 0)
    counts = np.bincount(across[drawn] * SIDE + up[drawn], minlength=SIDE * SIDE)
    edges, most = axis.edges(), int(counts.max())
    cells = [
        {
            "x": edges[i // SIDE],
            "x2": edges[i // SIDE + 1],
            "y": edges[i % SIDE],
            "y2": edges[i % SIDE + 1],
            "shade": _shade(int(counts[i]), most),
        }
        for i in np.flatnonzero(counts).tolist()
    ]
    scale = alt.Scale(domain=[axis.start, axis.end], nice=False, zero=False)
    ticks = number_axis(axis.start, axis.end)
    ideal = [{"x": end, "y": end} for end in (axis.start, axis.end)]
    chart = alt.layer(
        alt.Chart(alt.InlineData(values=cells))
        .mark_rect(color=series(0))
        .encode(
            x=alt.X("x:Q", title="actual", scale=scale, axis=ticks),
            x2="x2:Q",
            y=alt.Y("y:Q", title="predicted", scale=scale, axis=ticks),
            y2="y2:Q",
            opacity=alt.Opacity("shade:Q", legend=None, scale=None),
        ),
        alt.Chart(alt.InlineData(values=ideal))
        .mark_line(color=MUTED, strokeDash=[4, 3], strokeWidth=1.2)
        .encode(x=alt.X("x:Q", scale=scale), y=alt.Y("y:Q", scale=scale)),
    ).properties(width=WIDTH, height=WIDTH)
    spread = float(predicted.std()) / float(actual.std()) if actual.std() > 0 else math.nan
    sentence = (
        f"The stronger a cell is coloured, the more predictions lie in it (up to {most:,}); on "
        "the dashed line they are right."
    )
    if not math.isnan(spread):
        sentence += f" Predictions spread {number(spread)} times as far as the actual values."
    outside = len(drawn) - int(drawn.sum())
    if outside:
        sentence += (
            f" {plural(outside, 'prediction')} {'lies' if outside == 1 else 'lie'} outside of the "
            f"picture, which spans the actual values; predictions reach from "
            f"{amount(float(predicted.min()))} to {amount(float(predicted.max()))}."
        )
    svg = draw(chart, name=name, title=f"Predicted against actual, {title}", description=sentence)
    keys = (Key("var(--s0)", "predictions"), Key("var(--muted)", "ideal", "┄"))
    return Figure(title, sentence, svg, keys)


def residuals(plan: str, result: Result, *, name: str) -> Figure:
    """Draw how predictions miss, predicted less actual."""
    actual, predicted = _values(result)
    missed = predicted - actual
    mean, middle = float(missed.mean()), float(np.median(np.abs(missed)))
    worst = float(np.quantile(np.abs(missed), 0.95))
    lean = "on the whole neither too high nor too low"
    if abs(mean) > 0.05 * worst:
        lean = f"{amount(abs(mean))} too {'high' if mean > 0 else 'low'} on average"
    sentence = (
        f"Predictions are {lean}; half of them miss by at most {amount(middle)}, "
        f"one in twenty by more than {amount(worst)}."
    )
    low, high = (float(each) for each in np.quantile(missed, [0.005, 0.995]))
    reach = max(abs(low), abs(high))
    title = f"Plan {cut(plan, 60)}"
    return _bars(missed, -reach, reach, "predicted less actual", sentence, name=name, title=title)


def losses(plan: str, result: Result, loss: pl.Series, *, name: str) -> Figure:
    """Draw how the loss is distributed over single rows.

    Parameters
    ----------
    plan : str
    result : Result
    loss : polars.Series of float64
        Of each prediction.
    name : str
    """
    title = f"Plan {cut(plan, 60)}"
    values = loss.to_numpy()
    total = float(values.sum())
    hundredth = max(1, len(values) // 100)
    top = float(np.sort(values)[-hundredth:].sum())
    kind = "squared error" if result.task == "regression" else "log loss"
    if len(np.unique(values)) <= 2:
        wrong = int((values > 0).sum())
        return Figure(
            title,
            f"Not drawn: without probabilities a row loses 0 or 1. {wrong:,} of "
            f"{plural(len(values), 'prediction')} ({share(wrong, len(values))}) are wrong.",
        )
    worst = "one holds" if hundredth == 1 else f"{hundredth:,} hold"
    sentence = (
        f"Half of the {len(values):,} predictions lose at most "
        f"{amount(float(np.median(values)))} ({kind}); the worst {worst} {share(top, total)} of "
        "all loss."
    )
    end = float(np.quantile(values, 0.99))
    return _bars(values, 0.0, end, kind, sentence, name=name, title=title)


def _bars(
    values: FloatArray, low: float, high: float, what: str, sentence: str, *, name: str, title: str
) -> Figure:
    import altair as alt

    axis = _Axis(low, high if high > low else low + 1, BARS)
    places = axis.places(values)
    counts = np.bincount(places[places >= 0], minlength=BARS)
    edges = axis.edges()
    bars = [
        {"x": edges[i], "x2": edges[i + 1], "rows": int(counts[i])}
        for i in np.flatnonzero(counts).tolist()
    ]
    outside = int((places < 0).sum())
    if outside:
        lie = "lies" if outside == 1 else "lie"
        sentence += f" {plural(outside, 'prediction')} {lie} further out than drawn."
    scale = alt.Scale(domain=[axis.start, axis.end], nice=False)
    chart = (
        alt.Chart(alt.InlineData(values=bars))
        .mark_rect(color=series(0))
        .encode(
            x=alt.X("x:Q", title=what, scale=scale, axis=number_axis(axis.start, axis.end)),
            x2="x2:Q",
            y=alt.Y(
                "rows:Q",
                title="predictions",
                axis=alt.Axis(tickCount=4, tickMinStep=1, format="~s"),
            ),
            y2=alt.datum(0),
        )
        .properties(width=WIDTH, height=150)
    )
    svg = draw(chart, name=name, title=f"{what}, {title}", description=sentence)
    return Figure(title, sentence, svg)


def _values(result: Result) -> tuple[FloatArray, FloatArray]:
    frame = result.predictions
    return frame["label"].to_numpy(), frame["prediction"].to_numpy()


def _spanning(values: FloatArray, cells: int) -> _Axis:
    low, high = float(values.min()), float(values.max())
    margin = 0.1 * (high - low) or max(abs(low), 1.0)
    return _Axis(low - margin, high + margin, cells)


def _shade(count: int, most: int) -> float:
    """Return an opacity in steps: one row must be seen beside thousands."""
    step = math.ceil(_SHADES * math.sqrt(count / most))
    return round(0.15 + 0.85 * step / _SHADES, 2)
