"""Read a cross-validation back, or say what is wrong with the files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import polars as pl

from fold_guard.crossval.artifacts import (
    DIGITS,
    PREDICTIONS,
    RESULT,
    SCHEMA,
    result_document,
)
from fold_guard.crossval.metrics.registry import metric_names
from fold_guard.crossval.requirements.requirement import RequirementOutcome
from fold_guard.crossval.result import (
    FOLD,
    ROUND,
    Concern,
    Failure,
    FitWarning,
    Matrix,
    MetricSummary,
    Result,
    RoundScore,
    SegmentGap,
    SegmentScore,
    Task,
    probability_column,
)
from fold_guard.dataset.files import parse_model
from fold_guard.errors import ArtifactError

_REMEDY = "Run the cv stage again; its files are not meant to be edited"


@dataclass(frozen=True, slots=True)
class _Document:
    """The layout of ``result.json``."""

    schema: str
    digits: int
    task: Task
    path: str
    n_rounds: int
    confidence: float
    interval: str
    classes: tuple[str, ...]
    requirements: tuple[RequirementOutcome, ...]
    concerns: tuple[Concern, ...]
    failures: tuple[Failure, ...]
    warnings: tuple[FitWarning, ...]
    summary: dict[str, MetricSummary]
    segments: tuple[SegmentScore, ...]
    gaps: tuple[SegmentGap, ...]
    confusion: Matrix
    rounds: tuple[RoundScore, ...]


def read_result(directory: Path) -> Result:
    """Read what :func:`fold_guard.crossval.artifacts.write_result` wrote.

    Parameters
    ----------
    directory : Path

    Returns
    -------
    Result
        With scores rounded as in the file; writing it again gives the same bytes.

    Raises
    ------
    ArtifactError
        A file is missing, damaged, of another version, or at odds with the others.
    """
    path = directory / RESULT
    document, raw = _read_document(path)
    result = Result(
        task=document.task,
        classes=document.classes,
        n_rounds=document.n_rounds,
        rounds=document.rounds,
        summary=document.summary,
        confusion=document.confusion,
        predictions=_read_predictions(directory / PREDICTIONS, document.classes),
        segments=document.segments,
        gaps=document.gaps,
        warnings=document.warnings,
        failures=document.failures,
        concerns=document.concerns,
        confidence=document.confidence,
        interval=document.interval,
        path=document.path,
    )
    _check_agreement(result, path)
    if result_document(result, document.requirements) != raw:
        _damaged("has fields that fold_guard does not write", path)
    return result


def read_requirements(directory: Path) -> tuple[RequirementOutcome, ...]:
    """Read the outcomes of the requirements from ``result.json``.

    Raises
    ------
    ArtifactError
        As :func:`read_result`, for this file alone.
    """
    return _read_document(directory / RESULT)[0].requirements


def _read_document(path: Path) -> tuple[_Document, object]:
    text = _read_text(path)
    try:
        raw = json.loads(text, parse_constant=_refuse_constant)
    except ValueError as error:
        _damaged(f"is not valid JSON ({error})", path, error)
    version = raw.get("schema") if isinstance(raw, dict) else None
    if version != SCHEMA or raw.get("digits") != DIGITS:
        _damaged(f"is of version {version!r}, this fold_guard reads {SCHEMA!r}", path)
    document = parse_model(_Document, raw, source=str(path), remedy=_REMEDY, strict=True)
    return document, raw


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        _damaged("does not exist", path, error)
    except (OSError, UnicodeDecodeError) as error:
        _damaged(f"cannot be read ({error})", path, error)


def _read_predictions(path: Path, classes: tuple[str, ...]) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(path)
    except FileNotFoundError as error:
        _damaged("does not exist", path, error)
    except (OSError, pl.exceptions.PolarsError) as error:
        _damaged("is not a readable Parquet file", path, error)
    columns = ["row_id", ROUND if ROUND in frame.columns else FOLD, "label", "prediction"]
    full = columns + [probability_column(label) for label in classes]
    if frame.columns not in (columns, full):
        _damaged(f"has the columns {frame.columns}", path)
    label = pl.String if classes else pl.Float64
    kinds = [pl.Int64, label, label] + [pl.Float64] * (frame.width - len(columns))
    if frame.dtypes[1:] != kinds or any(frame.null_count().row(0)):
        _damaged("has columns of other types, or nulls", path)
    return frame


def _check_agreement(result: Result, path: Path) -> None:
    if (result.task == "classification") is not bool(result.classes):
        _damaged(f"says {result.task} of {len(result.classes)} classes", path)
    if set(result.summary) != set(metric_names(result.task, result.classes)):
        _damaged("lacks metrics, or has others than its classes ask for", path)
    for each in result.rounds:
        for side in (each.test, each.train):
            if side is None:
                continue
            missing = {name for name, value in side.values.items() if value is None}
            if missing != set(side.undefined) or not set(side.values) <= set(result.summary):
                _damaged("has undefined metrics without a reason", path)
    _check_predictions(result, path)


def _check_predictions(result: Result, path: Path) -> None:
    frame = result.predictions
    for each in result.rounds:
        mine = frame.filter(pl.col(result.number) == each.index)
        if _cells(result, mine, path) != [list(row) for row in each.confusion]:
            _damaged(f"and the predictions disagree on round {each.index}", path)
        if mine.height != each.test_rows:
            _damaged(f"disagrees with itself on the rows of round {each.index}", path)
    pooled = _cells(result, frame, path)
    if pooled != [list(row) for row in result.confusion]:
        _damaged("has a pooled confusion matrix that is not the sum of its rounds", path)
    if not result.retested and frame["row_id"].n_unique() < frame.height:
        _damaged(
            "says that no row is tested again, and in the predictions a row is tested twice", path
        )
    numbers = frame[result.number].n_unique()
    if numbers + len(result.failures) != result.n_rounds or (
        result.rounds
        and not frame[result.number].is_in([each.index for each in result.rounds]).all()
    ):
        _damaged("and the predictions name different rounds", path)


def _cells(result: Result, frame: pl.DataFrame, path: Path) -> list[list[int]]:
    if not result.classes:
        return []
    place = {label: code for code, label in enumerate(result.classes)}
    cells = np.zeros((len(place), len(place)), dtype=np.int64)
    for actual, predicted, count in frame.group_by("label", "prediction").len().iter_rows():
        if actual not in place or predicted not in place:
            _damaged("and the predictions name different classes", path)
        cells[place[actual], place[predicted]] = count
    return [[int(cell) for cell in row] for row in cells]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _damaged(what: str, path: Path, cause: Exception | None = None) -> NoReturn:
    raise ArtifactError(what, where=str(path), remedy=_REMEDY) from cause
