"""The rows that cost most, class by class, and those whose label may be wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from fold_guard.crossval.result import Result, RunFacts
from fold_guard.crossval.samples import (
    CONFIDENT,
    confident_disagreements,
    sample_table,
    worst,
)
from fold_guard.reports.charts.figure import Table
from fold_guard.reports.page.numbers import amount, number, plural
from fold_guard.reports.page.visible import cut

SHOWN, MOST_CLASSES = 20, 12
_WHERE = "Every row is in predictions.parquet and samples.parquet."
_CANDIDATE = "relabelling candidate"


@dataclass(frozen=True, slots=True)
class Panel:
    """Rows that one choice shows; ``choice`` is its short name."""

    choice: str
    title: str
    sentence: str
    table: Table


@dataclass(frozen=True, slots=True)
class DrillDown:
    """The worst rows of one plan; ``name`` is unique on the page."""

    name: str
    plan: str
    sentence: str
    panels: tuple[Panel, ...]


def row_losses(result: Result) -> pl.DataFrame:
    """Return every held-out prediction with its loss, as `sample_table` without seconds."""
    # Rounds that failed have no loss.
    return sample_table(replace(result, failures=()), RunFacts((), 0.0))


def drill_down(plan: str, result: Result, losses: pl.DataFrame, *, name: str) -> DrillDown:
    """Choose the rows to show.

    Parameters
    ----------
    plan : str
    result : Result
    losses : polars.DataFrame
        Of `row_losses`.
    name : str
    """
    make = _numbers if result.task == "regression" else _classes
    sentence, panels = make(result, losses)
    if result.failures:
        sentence += " Rows of rounds that failed have no prediction, and are not among them."
    return DrillDown(name, plan, f"{sentence} {_WHERE}", panels)


def _classes(result: Result, losses: pl.DataFrame) -> tuple[str, tuple[Panel, ...]]:
    suspects = confident_disagreements(losses)
    forecast = losses["probability"].null_count() < losses.height
    costs = losses.group_by("label").agg(pl.col("loss").sum())
    by_cost = dict(costs.iter_rows())
    ranked = sorted(result.classes, key=lambda label: (-by_cost.get(label, 0.0), label))
    chosen = sorted(ranked[:MOST_CLASSES])
    panels = [_panel(result, "All classes", losses, worst(losses, SHOWN))]
    for label in chosen:
        mine = losses.filter(pl.col("label") == label)
        panels.append(_panel(result, label, mine, worst(mine, SHOWN), of_class=True))
    text = (
        f"The {SHOWN} rows with the highest loss, over all and of each class."
        if forecast
        else f"Without probabilities the loss is 0 or 1: {SHOWN} rows of each class, those that "
        "were predicted wrong first, in the order of ids."
    )
    if len(chosen) < len(result.classes):
        text += (
            f" {len(chosen)} of {len(result.classes):,} classes can be chosen: those with the "
            "most loss."
        )
    if forecast and not suspects.height:
        text += f" No label is contradicted with a probability of {CONFIDENT:g} or more."
    if suspects.height:
        labels = (
            "label of 1 row is"
            if suspects.height == 1
            else f"labels of {suspects.height:,} rows are"
        )
        text += (
            f" The {labels} contradicted with a probability of {CONFIDENT:g} or more: "
            f"{'a candidate' if suspects.height == 1 else 'candidates'} for relabelling, once "
            "somebody has looked. Nothing is relabelled here."
        )
        title = "Labels to look at"
        shown = suspects.head(SHOWN)
        panels.append(_panel(result, title, suspects, shown, order="surest first"))
    return text, tuple(panels)


def _numbers(result: Result, losses: pl.DataFrame) -> tuple[str, tuple[Panel, ...]]:
    sides = {
        "All rows": losses,
        "Predicted too high": losses.filter(pl.col("prediction") > pl.col("label")),
        "Predicted too low": losses.filter(pl.col("prediction") < pl.col("label")),
    }
    panels = [_panel(result, title, of, worst(of, SHOWN)) for title, of in sides.items()]
    return f"The {SHOWN} rows with the highest squared error.", tuple(panels)


def _panel(
    result: Result,
    choice: str,
    of: pl.DataFrame,
    shown: pl.DataFrame,
    *,
    of_class: bool = False,
    order: str = "worst first",
) -> Panel:
    title = f"Class {choice}" if of_class else choice
    total = of["row_id"].n_unique()
    rows = plural(total, "row")
    sentence = (
        f"{shown.height} of {rows}, {order}." if shown.height < total else f"{rows}, {order}."
    )
    if not shown.height:
        return Panel(choice, title, "No row.", Table((), ()))
    numbers = result.task == "regression"
    head: tuple[str, ...] = ("row", result.number, "label", "prediction")
    head += ("error", "squared error") if numbers else ("probability", "loss", "remark")
    cells = (_number_cells if numbers else _class_cells)(shown, result.number)
    return Panel(choice, title, sentence, Table(head, cells))


def _class_cells(shown: pl.DataFrame, number_column: str) -> tuple[tuple[str, ...], ...]:
    names = ("row_id", number_column, "label", "prediction", "probability", "loss")
    return tuple(
        (
            str(row),
            f"{at:,}",
            cut(label, 60),
            cut(predicted, 60),
            "none" if probability is None else number(probability, 3),
            number(loss, 3),
            _CANDIDATE
            if label != predicted and probability is not None and probability >= CONFIDENT
            else "",
        )
        for row, at, label, predicted, probability, loss in shown.select(names).iter_rows()
    )


def _number_cells(shown: pl.DataFrame, number_column: str) -> tuple[tuple[str, ...], ...]:
    names = ("row_id", number_column, "label", "prediction", "loss")
    return tuple(
        (
            str(row),
            f"{at:,}",
            amount(label, 3),
            amount(predicted, 3),
            amount(predicted - label, 3),
            amount(loss, 3),
        )
        for row, at, label, predicted, loss in shown.select(names).iter_rows()
    )
