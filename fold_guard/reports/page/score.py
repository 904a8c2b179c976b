"""The score in tables: every metric of every plan, targets, and confusion matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fold_guard.crossval.result import MetricSummary, OverRounds, Pooled, Result
from fold_guard.reports.charts.figure import Table
from fold_guard.reports.page.numbers import estimate, number, plural, quoted, share
from fold_guard.reports.page.visible import cut

MOST_METRICS, MOST_LABELS = 60, 8
Named = Sequence[tuple[str, Result]]


@dataclass(frozen=True, slots=True)
class Cell:
    """Rows of one class called another, and their share of the class in percent.

    Where rows are tested in several rounds, ``rows`` counts the predictions of them.
    """

    rows: str
    percent: int
    correct: bool


@dataclass(frozen=True, slots=True)
class Confusion:
    """A confusion matrix; rows are the true class."""

    plan: str
    sentence: str
    labels: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    note: str


def headline_table(plans: Named, metrics: Sequence[str]) -> Table:
    """Return the headline metrics with their intervals, one column a plan."""
    rows = tuple(
        (
            name,
            *(
                # An interval that is broken between its ends is hard to read.
                quoted(result.summary[name]).replace(", ", ",\u00a0")
                if name in result.summary
                else "no metric"
                for _, result in plans
            ),
        )
        for name in metrics
    )
    return Table(("metric", *(plan for plan, _ in plans)), rows)


def metric_table(plans: Named) -> Table:
    """Return every metric: over rounds and pooled, spread, gap and, if any, why it is undefined."""
    names = list(dict.fromkeys(name for _, result in plans for name in result.summary))
    kept = names[:MOST_METRICS]
    note = "An estimate in brackets is not the one that is reported."
    if len(kept) < len(names):
        note += f" {len(kept)} of {len(names):,} metrics are shown; result.json has all."
    rows = [
        _metric_row(name, plan, result, found)
        for name in kept
        for plan, result in plans
        if (found := result.summary.get(name)) is not None
    ]
    head = (
        "metric",
        "plan",
        "mean over rounds",
        "pooled",
        "sd",
        "train less validation",
        "rounds",
        "remarks",
    )
    if not any(row[-1] for row in rows):
        return Table(head[:-1], tuple(row[:-1] for row in rows), note)
    return Table(head, tuple(rows), note)


def _metric_row(name: str, plan: str, result: Result, found: MetricSummary) -> tuple[str, ...]:
    over, pooled = found.over_rounds, found.pooled
    undefined = () if over is None else over.undefined
    why = "; ".join(dict.fromkeys(f"round {each.round}: {each.reason}" for each in undefined[:3]))
    if len(undefined) > 3:
        why += f"; {len(undefined) - 3:,} more rounds"
    remarks = dict.fromkeys(
        each
        for each in (
            found.note,
            "" if over is None else over.note,
            "" if pooled is None else pooled.note,
            why,
        )
        if each
    )
    return (
        cut(name, 60),
        cut(plan, 40),
        _reported(over, found.aggregate == "rounds"),
        _reported(pooled, found.aggregate == "pooled"),
        "" if over is None else _or_undefined(over.sd),
        _or_undefined(found.gap),
        "" if over is None else f"{over.n_rounds:,} of {result.n_rounds:,}",
        "; ".join(remarks),
    )


def _reported(found: OverRounds | Pooled | None, reported: bool) -> str:
    if found is None:
        return "none"
    return estimate(found, 3) if reported else f"({estimate(found, 3)})"


def _or_undefined(value: float | None) -> str:
    return "undefined" if value is None else number(value, 3)


def confusion(plan: str, result: Result) -> Confusion:
    """Return the pooled confusion matrix; of many classes those with the most errors."""
    matrix, count = result.confusion, len(result.classes)
    chosen = list(range(count))
    note = ""
    if count > MOST_LABELS:
        wrong = [
            sum(matrix[i]) + sum(row[i] for row in matrix) - 2 * matrix[i][i] for i in range(count)
        ]
        chosen = sorted(sorted(range(count), key=lambda i: (-wrong[i], i))[:MOST_LABELS])
        note = f"{MOST_LABELS} of {count:,} classes are shown: those with the most errors."
    rows = []
    for i in chosen:
        total = sum(matrix[i])
        counts = [matrix[i][j] for j in chosen]
        if note:
            counts.append(total - sum(counts))
        cells = tuple(
            Cell(
                f"{n:,}",
                round(100 * n / total) if total else 0,
                place < len(chosen) and chosen[place] == i,
            )
            for place, n in enumerate(counts)
        )
        rows.append((result.classes[i], cells))
    labels = [result.classes[i] for i in chosen] + (["(other classes)"] if note else [])
    if result.retested:
        tested = result.predictions["row_id"].n_unique()
        counted = plural(result.predictions.height, "prediction")
        note = f"{note} {counted} on {plural(tested, 'row')} are counted.".strip()
    return Confusion(plan, confusion_sentence(result), tuple(labels), tuple(rows), note)


def confusion_sentence(result: Result) -> str:
    """Say where the matrix is weakest."""
    recalls = []
    for i, row in enumerate(result.confusion):
        if sum(row):
            recalls.append((row[i] / sum(row), i))
    if not recalls:
        return "No row was tested."
    _, worst = min(recalls)
    row = result.confusion[worst]
    label = cut(result.classes[worst], 60)
    noun = "prediction" if result.retested else "row"
    text = (
        f"Lowest recall: {label}, {row[worst]:,} of {plural(sum(row), noun)} found "
        f"({share(row[worst], sum(row))})"
    )
    others = [(rows, i) for i, rows in enumerate(row) if i != worst and rows]
    if not others:
        return f"{text}."
    rows, taken = max(others, key=lambda each: (each[0], -each[1]))
    return f"{text}; {rows:,} are taken for {cut(result.classes[taken], 60)}."
