"""Write a cross-validation to a directory: the same result gives the same bytes.

Numbers in JSON and CSV are rounded to six decimals so that diffs can be read; probabilities in
``predictions.parquet`` are exact.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from fold_guard.crossval.calibration import CalibrationBin, calibration_bins
from fold_guard.crossval.metrics.registry import class_metric, headlines, per_class
from fold_guard.crossval.requirements.requirement import RequirementOutcome
from fold_guard.crossval.result import Result, Scores, Task
from fold_guard.dataset.csv_cells import safe_cell

SCHEMA = "fold-guard/cv/2"
DIGITS = 6
METRICS, RESULT, PREDICTIONS = "metrics.json", "result.json", "predictions.parquet"
ROUNDS, CLASSES = "rounds.csv", "classes.csv"
CONFUSION, CALIBRATION = "confusion.csv", "calibration.csv"
# `dvc metrics show` prints one column a number: beyond this, classes.csv alone has the classes.
MOST_CLASSES_IN_METRICS = 30


def write_result(
    result: Result, requirements: Sequence[RequirementOutcome], directory: Path
) -> None:
    """Write every artefact of a cross-validation.

    ``metrics.json`` (for ``dvc metrics``), ``result.json`` (everything but predictions),
    ``rounds.csv``, ``classes.csv``, ``confusion.csv``, ``calibration.csv`` (for ``dvc plots``)
    and ``predictions.parquet``. Where a row may be tested more than once the rounds are numbered
    in a column ``round`` instead of ``fold``, and ``calibration.csv`` tells rows from
    ``predictions``. A class that a spreadsheet would take for a formula has an apostrophe before
    it in CSV. Tables of classes hold their headings alone for regression, and those of
    rounds where each tests one row. Metric names with brackets stand in no CSV heading: Vega would
    read them as paths.

    Parameters
    ----------
    result : Result
    requirements : sequence of RequirementOutcome
        Empty if nothing is required.
    directory : Path
        Exists; atomicity is the caller's.

    Raises
    ------
    OSError
        The directory cannot be written.
    """
    _write_json(directory / METRICS, headline_metrics(result, requirements))
    _write_json(directory / RESULT, result_document(result, requirements))
    task = result.task
    _write_csv(directory / ROUNDS, (result.number, *_round_columns(task)), _round_rows(result))
    _write_csv(directory / CLASSES, (result.number, *_class_columns()), _class_rows(result))
    # One row a prediction: the confusion templates of DVC count rows and take no weights.
    pairs = result.predictions.select("label", "prediction").sort("label", "prediction")
    _write_csv(
        directory / CONFUSION,
        ("actual", "predicted"),
        pairs.iter_rows() if result.classes else (),
    )
    # Where no row is tested twice, rows and predictions are one number.
    names = [f.name for f in fields(CalibrationBin) if f.name != "predictions" or result.retested]
    _write_csv(
        directory / CALIBRATION,
        ("class", *names[1:]),
        (tuple(getattr(each, name) for name in names) for each in calibration_bins(result)),
    )
    result.predictions.write_parquet(directory / PREDICTIONS, compression="zstd")


def headline_metrics(
    result: Result, requirements: Sequence[RequirementOutcome]
) -> dict[str, object]:
    """Return the few numbers that ``dvc metrics show`` and ``dvc metrics diff`` are to list.

    An undefined number is left out, as DVC does with null.
    """
    metrics: dict[str, object] = {}
    for name in headlines(result.task):
        summary = result.summary[name]
        values = {"estimate": summary.estimate, "low": summary.low, "high": summary.high}
        known = {key: value for key, value in values.items() if value is not None}
        if known:
            metrics[name] = known
    if len(result.classes) <= MOST_CLASSES_IN_METRICS:
        for name in ("recall", "precision", "f1"):
            of = {c: result.summary[class_metric(name, c)].estimate for c in result.classes}
            known = {label: value for label, value in of.items() if value is not None}
            if known:
                metrics[name] = known
    if result.failures:
        metrics["failure_rate"] = result.failure_rate
    met = sum(outcome.met for outcome in requirements)
    metrics["requirements"] = {"met": met, "missed": len(requirements) - met}
    return metrics


def result_document(
    result: Result, requirements: Sequence[RequirementOutcome]
) -> dict[str, object]:
    """Return the content of ``result.json``, rounded."""
    rounded = round_floats(
        {
            "schema": SCHEMA,
            "digits": DIGITS,
            "task": result.task,
            "path": result.path,
            "n_rounds": result.n_rounds,
            "confidence": result.confidence,
            "interval": result.interval,
            "classes": result.classes,
            "requirements": [asdict(outcome) for outcome in requirements],
            "concerns": [asdict(each) for each in result.concerns],
            "failures": [asdict(each) for each in result.failures],
            "warnings": [asdict(each) for each in result.warnings],
            "summary": {name: asdict(each) for name, each in result.summary.items()},
            "segments": [asdict(each) for each in result.segments],
            "gaps": [asdict(each) for each in result.gaps],
            "confusion": result.confusion,
            "rounds": [asdict(each) for each in result.rounds],
        }
    )
    assert isinstance(rounded, dict)
    return rounded


def round_floats(value: object) -> object:
    """Round every float in nested lists and mappings to :data:`DIGITS` decimals; -0.0 is 0.0.

    >>> round_floats({"a": (0.12345678, -1e-9)})
    {'a': [0.123457, 0.0]}
    """
    if isinstance(value, float):
        return round(value, DIGITS) + 0.0
    if isinstance(value, Mapping):
        return {key: round_floats(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [round_floats(part) for part in value]
    return value


def _round_columns(task: Task) -> tuple[str, ...]:
    names = headlines(task, over_rounds=True)
    return ("train_rows", "test_rows", *names, *(f"train_{name}" for name in names))


def _class_columns() -> tuple[str, ...]:
    names = per_class("classification", over_rounds=True)
    return (
        "class",
        "train_support",
        "test_support",
        *names,
        *(f"train_{name}" for name in names),
    )


def _round_rows(result: Result) -> Iterable[tuple[object, ...]]:
    names = headlines(result.task, over_rounds=True)
    for each in result.rounds:
        sides = [_value(side, name) for side in (each.test, each.train) for name in names]
        yield (each.index, each.train_rows, each.test_rows, *sides)


def _class_rows(result: Result) -> Iterable[tuple[object, ...]]:
    for each in result.rounds:
        for label in result.classes:
            support = each.train_support[label], each.test_support[label]
            names = [class_metric(name, label) for name in per_class(result.task, over_rounds=True)]
            sides = [_value(side, name) for side in (each.test, each.train) for name in names]
            yield (each.index, label, *support, *sides)


def _value(side: Scores | None, name: str) -> float | None:
    return None if side is None else side.values[name]


def _write_json(path: Path, document: object) -> None:
    text = json.dumps(round_floats(document), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: object) -> object:
    # Classes come from the data, and people open these files in a spreadsheet.
    return safe_cell(value) if isinstance(value, str) else round_floats(value)
