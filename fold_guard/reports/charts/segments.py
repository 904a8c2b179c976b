"""Pictures of subgroups: one metric for each value of a segment column, and how far they differ."""

from __future__ import annotations

from collections.abc import Sequence

from fold_guard.crossval.metrics.registry import default_headline, metric_range, spoken_metric
from fold_guard.crossval.result import SegmentGap, SegmentScore
from fold_guard.reports.charts.dots import MOST_PLANS, Dot, domain_of, draw_dots, plan_keys
from fold_guard.reports.charts.figure import Figure, Table, Topic
from fold_guard.reports.charts.score import Named
from fold_guard.reports.page.numbers import amount, estimate, listed, plural
from fold_guard.reports.page.visible import cut

MOST_COLUMNS, MOST_METRICS, MOST_VALUES, MOST_TABLED = 6, 2, 12, 50
_FALLBACK = {"classification": ("accuracy",), "regression": default_headline("regression")}
Columns = dict[str, list[dict[str, SegmentScore]]]


def segments(plans: Named, headline: Sequence[str], *, name: str) -> Topic | None:
    """Draw the segments of every column; None where no result has any.

    Parameters
    ----------
    plans : sequence of (name, Result)
    headline : sequence of str
        Those that may be pooled are drawn; a ranking over models is no score of a segment.
    name : str
    """
    plans = [(plan, result) for plan, result in plans if result.segments][:MOST_PLANS]
    if not plans:
        return None
    metrics, missing = _metrics(plans, headline)
    if not metrics:
        why = "Not drawn: no segment has enough rows for a score."
        return Topic("Each segment", (Figure("Segments", why),))
    columns = _by_column(plans)
    gaps = {
        (place, gap.column, gap.metric): gap
        for place, (_, result) in enumerate(plans)
        for gap in result.gaps
        if gap.metric in metrics
    }

    def apart(column: str) -> float:
        found = [gaps.get((i, column, m)) for m in metrics[:1] for i in range(len(plans))]
        return max((gap.difference for gap in found if gap is not None), default=-1.0)

    chosen = sorted(columns, key=lambda column: (-apart(column), column))[:MOST_COLUMNS]
    figures = [
        _figure(plans, columns[column], column, metric, gaps, name=f"{name}-{i}-{j}")
        for i, column in enumerate(chosen)
        for j, metric in enumerate(metrics)
    ]
    note = "Each segment is scored by itself, on the held-out predictions of all rounds together."
    if missing:
        spoken = listed([spoken_metric(metric) for metric in missing], 3)
        note += f" No segment has {spoken}: too few rows, or it may not be pooled."
    if len(chosen) < len(columns):
        note += (
            f" {len(chosen)} of {len(columns):,} segment columns are drawn: those whose segments "
            f"lie furthest apart in {spoken_metric(metrics[0])}; result.json has all."
        )
    return Topic("Each segment", tuple(figures), note)


def _metrics(plans: Named, headline: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the metrics to draw, and the headline metrics that no segment has a value of."""
    asked = [*headline, *_FALLBACK[plans[0][1].task]]
    known = {
        name
        for _, result in plans
        for each in result.segments
        for name in asked
        if name in each.metrics and each.metrics[name].value is not None
    }
    found = [name for name in headline if name in known]
    return (
        (found or [name for name in asked if name in known])[:MOST_METRICS],
        [name for name in headline if name not in known],
    )


def _by_column(plans: Named) -> Columns:
    """Sort segments by column, then plan, then value."""
    columns: Columns = {}
    for place, (_, result) in enumerate(plans):
        for each in result.segments:
            mine = columns.setdefault(each.column, [{} for _ in plans])
            mine[place][each.value] = each
    return columns


def _figure(
    plans: Named,
    by_plan: Sequence[dict[str, SegmentScore]],
    column: str,
    metric: str,
    gaps: dict[tuple[int, str, str], SegmentGap],
    *,
    name: str,
) -> Figure:
    rows: dict[str, int] = {}
    for mine in by_plan:
        for value, each in mine.items():
            rows[value] = max(rows.get(value, 0), each.rows)
    by_size = sorted(rows, key=lambda value: (-rows[value], value))
    found = [gaps.get((i, column, metric)) for i in range(len(plans))]
    ends = [end for gap in found if gap is not None for end in (gap.highest, gap.lowest)]
    kept = list(dict.fromkeys([*ends, *by_size]))[:MOST_VALUES]
    shown = sorted(kept, key=by_size.index)
    dots = []
    for row, value in enumerate(shown):
        for place, mine in enumerate(by_plan):
            got = mine[value].metrics.get(metric) if value in mine else None
            if got is not None and got.value is not None:
                dots.append(Dot(row, place, got.value, got.low, got.high))
    title = f"{column}: {spoken_metric(metric)}"
    text = [
        _gap_sentence(gap, plan)
        for gap, (plan, _) in zip(found, plans, strict=True)
        if gap is not None
    ]
    text += _undefined(by_plan, by_size, metric)
    if len(shown) < len(by_size):
        text.append(
            f"{len(shown)} of {len(by_size):,} values are drawn: the highest, the lowest and "
            "those with the most rows."
        )
    sentence = " ".join(text) or "No difference between two segments is known."
    table = _table(plans, by_plan, by_size, column, metric)
    if not dots:
        return Figure(title, f"Not drawn: no value is defined. {sentence}", table=table)
    svg = draw_dots(
        dots,
        [value or "(empty)" for value in shown],
        len(plans),
        domain_of(dots, metric_range(metric)),
        name=name,
        title=cut(title, 120),
        sentence=sentence,
    )
    return Figure(title, sentence, svg, plan_keys([plan for plan, _ in plans]), table)


def _gap_sentence(gap: SegmentGap, plan: str) -> str:
    """Say which segments differ most, and whether that may be chance."""
    if gap.difference == 0:
        return f"On {plan} {spoken_metric(gap.metric)} is the same for every value."
    ends = cut(gap.highest, 40), cut(gap.lowest, 40)
    text = (
        f"On {plan} {spoken_metric(gap.metric)} is {amount(gap.difference)} higher for {ends[0]} "
        f"than for {ends[1]}"
    )
    notes = [gap.note] if gap.note else []
    if gap.low is None or gap.high is None:
        text += f" ({gap.note or 'no interval'})"
        return f"{text}."
    text += f" [{amount(gap.low)}, {amount(gap.high)}]"
    if gap.low <= 0:
        notes.insert(0, "which may be chance")
    return f"{text}, {'; '.join(notes)}." if notes else f"{text}."


def _undefined(
    by_plan: Sequence[dict[str, SegmentScore]], values: Sequence[str], metric: str
) -> list[str]:
    missing: dict[str, str] = {}
    for value in values:
        for mine in by_plan:
            got = mine[value].metrics.get(metric) if value in mine else None
            if got is not None and got.value is None:
                missing.setdefault(value, got.note)
    if not missing:
        return []
    first = next(iter(missing))
    named = listed([cut(value, 30) for value in missing], 3)
    why = f" ({cut(first, 30)}: {missing[first]})" if missing[first] else ""
    return [f"It is undefined for {named}{why}."]


def _table(
    plans: Named,
    by_plan: Sequence[dict[str, SegmentScore]],
    values: Sequence[str],
    column: str,
    metric: str,
) -> Table:
    head = [column]
    for plan, _ in plans:
        head += [f"rows on {plan}", f"{spoken_metric(metric)} on {plan}"]
    rows = []
    for value in values[:MOST_TABLED]:
        cells = [value or "(empty)"]
        for mine in by_plan:
            each = mine.get(value)
            if each is None:
                cells += ["0", "no rows"]
                continue
            got = each.metrics.get(metric)
            units = "" if each.units == each.rows else f" in {plural(each.units, 'unit')}"
            cells += [f"{each.rows:,}{units}", "undefined" if got is None else estimate(got)]
        rows.append(tuple(cells))
    note = ""
    if len(values) > MOST_TABLED:
        note = f"{MOST_TABLED} of {len(values):,} values are shown: those with the most rows."
    return Table(tuple(head), tuple(rows), note)
