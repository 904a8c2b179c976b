"""Pictures of the folds themselves: their classes and their sizes."""

from __future__ import annotations

from collections.abc import Sequence

from fold_guard.evidence.report import FoldsFacts
from fold_guard.reports.charts.figure import Figure, Key, Table
from fold_guard.reports.charts.fold_colours import (
    MOST_FOLDS,
    WIDTH,
    count_format,
    fold_colours,
)
from fold_guard.reports.charts.svg import INK, MUTED, draw, series, variable
from fold_guard.reports.page.numbers import number, plural, share
from fold_guard.reports.page.visible import cut, distinct_labels

MOST_CLASSES = 6


def shown_classes(facts: FoldsFacts) -> list[int]:
    """Return the classes to draw, most frequent first: all, or the commonest and the rarest."""
    totals = [sum(fold[i] for fold in facts.by_class) for i in range(len(facts.classes))]
    order = sorted(range(len(totals)), key=lambda i: (-totals[i], i))
    if len(order) <= MOST_CLASSES:
        return order
    return [order[0], *order[-(MOST_CLASSES - 1) :]]


def composition(facts: FoldsFacts, *, name: str, title: str) -> Figure:
    """Draw rows of each class in each fold against what the table's class shares would give."""
    if not facts.classes:
        return Figure(
            title,
            "Not drawn: the report has no counts by class (no label, or too many classes to list).",
        )
    import altair as alt

    classes = shown_classes(facts)
    labels = distinct_labels([facts.classes[i] for i in classes], 30)
    total = sum(facts.rows)
    values = []
    for i, label in zip(classes, labels, strict=True):
        overall = sum(fold[i] for fold in facts.by_class) / max(total, 1)
        for fold in range(min(facts.count, MOST_FOLDS)):
            rows = facts.by_class[fold][i]
            ideal = overall * facts.rows[fold]
            values.append(
                {
                    "class": label,
                    "fold": fold,
                    "rows": rows,
                    "ideal": ideal,
                    "top": max(rows, ideal),
                    "text": f"{rows:,}",
                }
            )
    x = alt.X("fold:O", title="fold", axis=alt.Axis(labelAngle=0, labelOverlap=True))
    axis = alt.Axis(
        tickCount=2, tickMinStep=1, format=count_format(max(max(fold) for fold in facts.by_class))
    )
    y = alt.Y("rows:Q", title=None, scale=alt.Scale(zero=True), axis=axis)
    base = alt.Chart()
    step = WIDTH / min(facts.count, MOST_FOLDS)
    layers: list[alt.Chart] = [
        base.mark_tick(color=MUTED, thickness=2, size=min(30.0, step * 0.8)).encode(
            x=x, y=alt.Y("ideal:Q", title=None, axis=axis)
        ),
        base.mark_point(color=series(0), filled=True, size=42, opacity=1).encode(x=x, y=y),
    ]
    if facts.count <= 8:
        layers.append(
            base.mark_text(color=INK, dy=-10).encode(
                x=x, y=alt.Y("top:Q", title=None, axis=axis), text="text:N"
            )
        )
    chart = (
        alt.layer(*layers, data=alt.InlineData(values=values))
        .properties(width=WIDTH, height=58)
        .facet(
            row=alt.Row(
                "class:N",
                sort=labels,
                title=None,
                header=alt.Header(
                    labelOrient="top", labelAnchor="start", labelPadding=8, labelLimit=WIDTH
                ),
            ),
            spacing=14,
        )
        .resolve_scale(y="independent")
    )
    return Figure(
        title,
        _composition_sentence(facts),
        draw(chart, name=name, title=title, description=_composition_sentence(facts)),
        (Key(variable(series(0)), "rows in the fold", "●"), Key("var(--muted)", "ideal", "▬")),
        _composition_table(facts, classes),
    )


def _composition_sentence(facts: FoldsFacts) -> str:
    total = sum(facts.rows)
    worst, worst_gap, widest = None, 0.0, 0.0
    overall = [sum(column) for column in zip(*facts.by_class, strict=True)]
    for fold, counts in enumerate(facts.by_class):
        for i, rows in enumerate(counts):
            ideal = overall[i] * facts.rows[fold] / max(total, 1)
            away = abs(rows - ideal)
            widest = max(widest, away)
            if away >= 1 and away / max(ideal, 1.0) > worst_gap:
                worst, worst_gap = (fold, i, rows, ideal), away / max(ideal, 1.0)
    absent = _absent(facts)
    if worst is None or widest < 2:
        return (
            "Each fold holds of each class what the class's share of all rows calls for, to within "
            f"{'two rows' if worst else 'one row'}.{absent}"
        )
    fold, i, rows, ideal = worst
    return (
        f"Furthest from its ideal, for its size: {cut(facts.classes[i], 60)} in fold {fold}, "
        f"{plural(rows, 'row')} where its share of all rows would give {number(ideal, 1)}.{absent}"
    )


def _absent(facts: FoldsFacts) -> str:
    empty = [sum(fold[i] == 0 for fold in facts.by_class) for i in range(len(facts.classes))]
    if not any(empty):
        return ""
    i = max(range(len(empty)), key=lambda each: (empty[each], -each))
    text = f" {cut(facts.classes[i], 60)} has no row in {empty[i]} of {facts.count} folds"
    others = sum(each > 0 for each in empty) - 1
    return f"{text}; {plural(others, 'more class', 'more classes')} too." if others else f"{text}."


def _composition_table(facts: FoldsFacts, classes: Sequence[int]) -> Table:
    count = min(facts.count, MOST_FOLDS)
    rows = tuple(
        (str(fold), *(f"{facts.by_class[fold][i]:,}" for i in classes), f"{facts.rows[fold]:,}")
        for fold in range(count)
    )
    notes = []
    if len(classes) < len(facts.classes):
        notes.append(f"{len(classes)} of {len(facts.classes):,} classes")
    if count < facts.count:
        notes.append(f"{count} of {facts.count:,} folds")
    head = ("fold", *(cut(facts.classes[i], 36) for i in classes), "all rows")
    return Table(head, rows, f"Shown: {', '.join(notes)}." if notes else "")


def sizes(facts: FoldsFacts, *, name: str, title: str) -> Figure:
    """Draw the rows of each fold."""
    import altair as alt

    count = min(facts.count, MOST_FOLDS)
    colours = fold_colours(facts.count)
    mean = sum(facts.rows) / max(facts.count, 1)
    total = sum(facts.rows)
    values = [
        {
            "fold": i,
            "rows": rows,
            "colour": colours[i],
            "text": f"{rows:,} ({share(rows, total)})",
            "end": 1.03 * max(*facts.rows, 1),
        }
        for i, rows in enumerate(facts.rows[:count])
    ]
    base = alt.Chart(alt.InlineData(values=values))
    y = alt.Y("fold:O", title="fold", axis=alt.Axis(labelOverlap=True))
    x = alt.X(
        "rows:Q",
        title="rows",
        scale=alt.Scale(domain=[0, 1.4 * max(*facts.rows, 1)], nice=False),
        axis=alt.Axis(tickCount=4, tickMinStep=1, format=count_format(max(facts.rows, default=0))),
    )
    layers: list[alt.Chart] = [
        base.mark_bar().encode(x=x, y=y, color=alt.Color("colour:N", scale=None)),
        alt.Chart(alt.InlineData(values=[{"rows": mean}]))
        .mark_rule(color=INK, strokeDash=[3, 3])
        .encode(x=x),
    ]
    if count <= 20:
        layers.append(
            base.mark_text(align="left", color=INK).encode(
                x=alt.X("end:Q", title="rows"), y=y, text="text:N"
            )
        )
    chart = alt.layer(*layers).properties(width=WIDTH, height=alt.Step(20 if count <= 20 else 7))
    sentence = _sizes_sentence(facts, mean)
    svg = draw(chart, name=name, title=title, description=sentence)
    return Figure(title, sentence, svg, (Key("var(--ink)", "mean", "┆"),))


def _sizes_sentence(facts: FoldsFacts, mean: float) -> str:
    low, high = min(facts.rows), max(facts.rows)
    text = (
        f"All {facts.count} folds have {plural(low, 'row')}."
        if low == high
        else f"Folds hold {low:,} to {plural(high, 'row')}; the mean is {number(mean, 1)}."
    )
    if facts.always_train:
        text += (
            f" A further {plural(facts.always_train, 'row')} are in no test set and always train."
        )
    if facts.count > MOST_FOLDS:
        text += f" The first {MOST_FOLDS} of {facts.count:,} folds are drawn."
    return text


def caps(facts: FoldsFacts) -> str:
    """Say which classes are drawn when there are too many."""
    if len(facts.classes) <= MOST_CLASSES:
        return ""
    return (
        f"{MOST_CLASSES} of {len(facts.classes):,} classes are drawn: the commonest "
        f"({cut(facts.classes[shown_classes(facts)[0]], 36)}) and the rarest."
    )
