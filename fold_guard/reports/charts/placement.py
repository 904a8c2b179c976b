"""Pictures of where rows lie: over time, in the largest units, and on the sides of rounds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from fold_guard.evidence.dossier import LargeUnit, TimeBin
from fold_guard.reports.charts.figure import Figure, Key, Table
from fold_guard.reports.charts.fold_colours import (
    MOST_FOLDS,
    WIDTH,
    count_format,
    fold_colours,
    fold_keys,
)
from fold_guard.reports.charts.svg import MUTED, draw, series, variable
from fold_guard.reports.page.numbers import plural, share
from fold_guard.reports.page.visible import distinct_labels

MOST_BINS, MOST_UNITS = 120, 12


def timeline(bins: Sequence[TimeBin], *, name: str, title: str) -> Figure:
    """Draw the rows of each stretch of time, coloured by fold."""
    if not bins:
        return Figure(title, "Not drawn: the table has no time column.")
    import altair as alt

    merged = _merged(bins)
    labels = distinct_labels([each.start for each in merged], 16)
    count = len(merged[0].rows)
    colours = fold_colours(count)
    values = [
        {"start": label, "rows": rows, "fold": fold, "colour": colours[fold]}
        for label, each in zip(labels, merged, strict=True)
        for fold, rows in enumerate(each.rows)
        if rows
    ]
    form = count_format(max(sum(each.rows) for each in merged))
    ticks = labels[:: max(1, -(-len(labels) // 6))]
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar()
        .encode(
            x=alt.X(
                "start:O",
                title=None,
                scale=alt.Scale(domain=labels, paddingInner=0.12),
                axis=alt.Axis(values=ticks, labelAngle=0, labelOverlap=True),
            ),
            y=alt.Y("rows:Q", title="rows", axis=alt.Axis(tickCount=4, tickMinStep=1, format=form)),
            color=alt.Color("colour:N", scale=None),
            order=alt.Order("fold:Q"),
        )
        .properties(width=WIDTH, height=130)
    )
    sentence = _timeline_sentence(bins)
    if len(merged) < len(bins):
        sentence += f" {len(bins):,} stretches of time are drawn as {len(merged)} bars."
    svg = draw(chart, name=name, title=title, description=sentence)
    return Figure(title, sentence, svg, fold_keys(count))


def _merged(bins: Sequence[TimeBin]) -> list[TimeBin]:
    width = -(-len(bins) // MOST_BINS)
    return [
        TimeBin(
            bins[i].start,
            tuple(
                sum(column)
                for column in zip(*(each.rows for each in bins[i : i + width]), strict=True)
            ),
        )
        for i in range(0, len(bins), width)
    ]


def _timeline_sentence(bins: Sequence[TimeBin]) -> str:
    held = [
        [i for i, each in enumerate(bins) if each.rows[fold]] for fold in range(len(bins[0].rows))
    ]
    spans = [(places[0], places[-1]) for places in held if places]
    if len(spans) > 1 and all(a[1] <= b[0] for a, b in pairwise(spans)):
        return "The folds are blocks that follow one another in time."
    if spans and all(last - first >= 0.8 * (len(bins) - 1) for first, last in spans):
        return (
            "Every fold spreads over the whole time span: a score on these folds "
            "does not show how the model does on later rows."
        )
    return "The folds overlap in time without each covering the whole span."


def largest_units(
    units: Sequence[LargeUnit], total: int, count: int, *, split_means: str, name: str, title: str
) -> Figure:
    """Draw the largest units by fold; ``split_means`` says what rows in several folds entail."""
    if not units:
        return Figure(title, "Not drawn: without a group key every row is its own unit.")
    import altair as alt

    colours = [*fold_colours(count), MUTED]
    shown = units[:MOST_UNITS]
    values: list[dict[str, object]] = []
    for rank, unit in enumerate(shown):
        rest = unit.rows - sum(unit.by_fold)
        values.extend(
            {"unit": rank + 1, "rows": rows, "fold": fold, "colour": colours[fold]}
            for fold, rows in enumerate((*unit.by_fold, rest))
            if rows
        )
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar()
        .encode(
            y=alt.Y("unit:O", title="unit, by size"),
            x=alt.X("rows:Q", title="rows", axis=alt.Axis(tickCount=4, tickMinStep=1)),
            color=alt.Color("colour:N", scale=None),
            order=alt.Order("fold:Q"),
        )
        .properties(width=WIDTH, height=alt.Step(15))
    )
    split = sum(sum(rows > 0 for rows in unit.by_fold) > 1 for unit in shown)
    sentence = (
        f"The largest unit has {plural(units[0].rows, 'row')} ({share(units[0].rows, total)} "
        "of all). "
    )
    sentence += (
        f"{split} of the {len(shown)} largest lie in several folds: {split_means}."
        if split
        else f"Each of the {len(shown)} largest lies in one fold."
    )
    svg = draw(chart, name=name, title=title, description=sentence)
    return Figure(title, sentence, svg, fold_keys(count))


def rounds(sides: Sequence[tuple[int, int, int, int]], *, name: str, title: str) -> Figure:
    """Draw the train, purged and test rows of each round."""
    if not sides:
        return Figure(title, "Not drawn: there is no round.")
    import altair as alt

    form = count_format(max(sum(each[1:]) for each in sides))
    kinds = (("train", series(0)), ("purged", MUTED), ("test", series(1)))
    values = [
        {"round": index, "rows": rows, "order": place, "colour": kinds[place][1]}
        for index, train, test, purged in sides[:MOST_FOLDS]
        for place, rows in enumerate((train, purged, test))
        if rows
    ]
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_bar()
        .encode(
            y=alt.Y("round:O", title="round", axis=alt.Axis(labelOverlap=True)),
            x=alt.X("rows:Q", title="rows", axis=alt.Axis(tickCount=4, tickMinStep=1, format=form)),
            color=alt.Color("colour:N", scale=None),
            order=alt.Order("order:Q"),
        )
        .properties(width=WIDTH, height=alt.Step(20 if len(sides) <= 20 else 7))
    )
    trained, purged = [each[1] for each in sides], sum(each[3] for each in sides)
    sentence = (
        f"{plural(len(sides), 'round')} train on {min(trained):,} to {plural(max(trained), 'row')}"
        if min(trained) != max(trained)
        else f"{plural(len(sides), 'round')} train on {plural(trained[0], 'row')} each"
    )
    sentence += (
        f"; {plural(purged, 'row')} in all are purged from the train side."
        if purged
        else "; nothing is purged."
    )
    if len(sides) > MOST_FOLDS:
        sentence += f" The first {MOST_FOLDS} of {len(sides):,} rounds are drawn."
    head = ("round", "train", "purged", "test")
    table = Table(
        head,
        tuple((str(i), f"{a:,}", f"{p:,}", f"{b:,}") for i, a, b, p in sides[:MOST_FOLDS]),
    )
    svg = draw(chart, name=name, title=title, description=sentence)
    keys = tuple(Key(variable(colour), label) for label, colour in kinds)
    return Figure(title, sentence, svg, keys, table)
