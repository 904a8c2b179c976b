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
from fold_guard.crossval.metrics import HEADLINES, PER_CLASS, class_metric
from fold_guard.crossval.requirements import RequirementOutcome
from fold_guard.crossval.result import Result

SCHEMA = "fold-guard/cv/1"
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
    ``predictions``. Metric names with brackets stand in no CSV heading: Vega would
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
    _write_csv(directory / ROUNDS, (result.number, *_ROUND_COLUMNS), _round_rows(result))
    _write_csv(directory / CLASSES, (result.number, *_CLASS_COLUMNS), _class_rows(result))
    # One row a prediction: the confusion templates of DVC count rows and take no weights.
    _write_csv(
        directory / CONFUSION,
        ("actual", "predicted"),
        result.predictions.select("label", "prediction").sort("label", "prediction").iter_rows(),
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
    for name in HEADLINES:
        summary = result.summary[name]
        values = {"mean": summary.mean, "low": summary.low, "high": summary.high}
        known = {key: value for key, value in values.items() if value is not None}
        if known:
            metrics[name] = known
    if len(result.classes) <= MOST_CLASSES_IN_METRICS:
        for name in ("recall", "precision", "f1"):
            means = {c: result.summary[class_metric(name, c)].mean for c in result.classes}
            known = {label: mean for label, mean in means.items() if mean is not None}
            if known:
                metrics[name] = known
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
            "confidence": result.confidence,
            "interval": result.interval,
            "classes": result.classes,
            "requirements": [asdict(outcome) for outcome in requirements],
            "summary": {name: asdict(each) for name, each in result.summary.items()},
            "confusion": result.confusion,
            "rounds": [asdict(each) for each in result.rounds],
            "warnings": [asdict(each) for each in result.warnings],
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


_ROUND_COLUMNS = (
    "train_rows",
    "test_rows",
    *HEADLINES,
    *(f"train_{name}" for name in HEADLINES),
)
_CLASS_COLUMNS = (
    "class",
    "train_support",
    "test_support",
    *PER_CLASS,
    *(f"train_{name}" for name in PER_CLASS),
)


def _round_rows(result: Result) -> Iterable[tuple[object, ...]]:
    for each in result.rounds:
        sides = [side.values[name] for side in (each.test, each.train) for name in HEADLINES]
        yield (each.index, each.train_rows, each.test_rows, *sides)


def _class_rows(result: Result) -> Iterable[tuple[object, ...]]:
    for each in result.rounds:
        for label in result.classes:
            support = each.train_support[label], each.test_support[label]
            names = [class_metric(name, label) for name in PER_CLASS]
            sides = [side.values[name] for side in (each.test, each.train) for name in names]
            yield (each.index, label, *support, *sides)


def _write_json(path: Path, document: object) -> None:
    text = json.dumps(round_floats(document), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([round_floats(value) for value in row] for row in rows)
