"""Small Results, built by hand: plain loops, and of `fold_guard.crossval` its values alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from fold_guard.crossval.result import (
    FOLD,
    ROUND,
    Failure,
    Matrix,
    MetricSummary,
    OverRounds,
    Pooled,
    Result,
    RoundFacts,
    RoundScore,
    RunFacts,
    Scores,
    probability_column,
)


def classification(
    labels: Sequence[str],
    probabilities: Sequence[Sequence[float]] | None,
    *,
    folds: Sequence[int],
    classes: Sequence[str] | None = None,
    predictions: Sequence[str] | None = None,
    ids: Sequence[object] | None = None,
    retested: bool = False,
    scored: bool = True,
) -> Result:
    """Build the result of a classifier, with ``accuracy`` and, if it can be, ``log_loss``.

    Parameters
    ----------
    labels, folds : sequence
        One a prediction; rows that share no fold were trained on.
    probabilities : sequence of rows of one number a class, or None
    classes : sequence of str, optional
        Default: the labels, sorted.
    predictions : sequence of str, optional
        Default: the most probable class.
    ids : sequence, optional
        Default: ``r00``, ``r01``, ...
    retested : bool
        Whether ``folds`` number rounds that may test a row again.
    scored : bool
        Whether rounds have scores; false as in leave-one-out.
    """
    names = tuple(sorted(set(labels)) if classes is None else classes)
    if predictions is None:
        assert probabilities is not None
        predictions = [names[int(np.argmax(row))] for row in probabilities]
    number = ROUND if retested else FOLD
    frame = pl.DataFrame(
        {
            "row_id": _ids(len(labels), ids),
            number: pl.Series(list(folds), dtype=pl.Int64),
            "label": pl.Series(list(labels), dtype=pl.String),
            "prediction": pl.Series(list(predictions), dtype=pl.String),
        }
    )
    if probabilities is not None:
        frame = frame.with_columns(
            pl.Series(probability_column(name), [float(row[code]) for row in probabilities])
            for code, name in enumerate(names)
        )
    frame = frame.sort("row_id", number)
    indices = sorted(set(folds))
    rounds = tuple(_round(frame, number, index, names) for index in indices) if scored else ()
    metrics = ["accuracy"] + (["log_loss"] if probabilities is not None else [])
    return Result(
        task="classification",
        classes=names,
        n_rounds=len(indices),
        rounds=rounds,
        summary={name: _summary(name, frame, rounds, names) for name in metrics},
        confusion=_confusion(frame, names),
        predictions=frame,
        segments=(),
        gaps=(),
        warnings=(),
        failures=(),
        concerns=(),
        confidence=0.95,
        interval="none: built by hand",
        path=f"{len(indices)} fits",
    )


def regression(
    labels: Sequence[float],
    predictions: Sequence[float],
    *,
    folds: Sequence[int],
    ids: Sequence[object] | None = None,
) -> Result:
    """Build the result of a regression, with the metric ``mse``."""
    frame = pl.DataFrame(
        {
            "row_id": _ids(len(labels), ids),
            FOLD: pl.Series(list(folds), dtype=pl.Int64),
            "label": pl.Series(list(labels), dtype=pl.Float64),
            "prediction": pl.Series(list(predictions), dtype=pl.Float64),
        }
    ).sort("row_id", FOLD)
    rounds = []
    for index in sorted(set(folds)):
        mine = frame.filter(pl.col(FOLD) == index)
        scores = Scores({"mse": _mse(mine)}, {})
        rounds.append(
            RoundScore(
                index, frame.height - mine.height, mine.height, {}, {}, scores, None, confusion=()
            )
        )
    values = [each.test.values["mse"] for each in rounds]
    return Result(
        task="regression",
        classes=(),
        n_rounds=len(rounds),
        rounds=tuple(rounds),
        summary={"mse": _over_rounds(values, frame, _mse(frame))},
        confusion=(),
        predictions=frame,
        segments=(),
        gaps=(),
        warnings=(),
        failures=(),
        concerns=(),
        confidence=0.95,
        interval="none: built by hand",
        path=f"{len(rounds)} fits",
    )


def with_failure(result: Result, round_: int, error: str = "ValueError: no") -> Result:
    """Return a result in which one more round was planned, and failed."""
    failure = Failure(round_, "exception", error, 1)
    return replace(result, n_rounds=result.n_rounds + 1, failures=(*result.failures, failure))


def facts(result: Result, seconds: float = 0.5) -> RunFacts:
    """Return the costs of a result: every round took ``seconds``."""
    numbers = result.predictions[result.number].unique().sort().to_list()
    rounds = tuple(
        RoundFacts(index, seconds * 0.8, seconds * 0.1, seconds, seconds, 1_000_000)
        for index in numbers
    )
    return RunFacts(rounds, wall_seconds=seconds * len(rounds))


def _ids(n: int, ids: Sequence[object] | None) -> pl.Series:
    return pl.Series([f"r{i:02d}" for i in range(n)] if ids is None else list(ids))


def _round(frame: pl.DataFrame, number: str, index: int, names: Sequence[str]) -> RoundScore:
    test = frame.filter(pl.col(number) == index)
    train = frame.join(test.select("row_id"), on="row_id", how="anti").unique("row_id")
    values: dict[str, float | None] = {"accuracy": _accuracy(test)}
    if probability_column(names[0]) in frame.columns:
        values["log_loss"] = _log_loss(test)
    return RoundScore(
        index=index,
        train_rows=train.height,
        test_rows=test.height,
        train_support={name: train.filter(pl.col("label") == name).height for name in names},
        test_support={name: test.filter(pl.col("label") == name).height for name in names},
        test=Scores(values, {}),
        train=None,
        confusion=_confusion(test, names),
    )


def _summary(
    name: str, frame: pl.DataFrame, rounds: Sequence[RoundScore], names: Sequence[str]
) -> MetricSummary:
    whole = _accuracy(frame) if name == "accuracy" else _log_loss(frame)
    return _over_rounds([each.test.values[name] for each in rounds], frame, whole)


def _over_rounds(
    values: Sequence[float | None], frame: pl.DataFrame, whole: float
) -> MetricSummary:
    rows = frame["row_id"].n_unique()
    pooled = Pooled(whole, whole - 0.1, whole + 0.1, rows, rows, "by hand")
    known = [value for value in values if value is not None]
    if not known:
        return MetricSummary("pooled", whole, pooled.low, pooled.high, pooled=pooled)
    mean = sum(known) / len(known)
    sd = math.sqrt(sum((v - mean) ** 2 for v in known) / max(len(known) - 1, 1))
    over = OverRounds(mean, sd, mean - sd, mean + sd, len(known), method="by hand")
    return MetricSummary("rounds", mean, over.low, over.high, "", over, pooled)


def _accuracy(frame: pl.DataFrame) -> float:
    hits = sum(a == b for a, b in frame.select("label", "prediction").iter_rows())
    return hits / frame.height


def _log_loss(frame: pl.DataFrame) -> float:
    least = float(np.finfo(np.float64).eps)
    total = 0.0
    for row in frame.iter_rows(named=True):
        total -= math.log(max(row[probability_column(row["label"])], least))
    return total / frame.height


def _mse(frame: pl.DataFrame) -> float:
    return sum((a - b) ** 2 for a, b in frame.select("label", "prediction").iter_rows()) / len(
        frame
    )


def _confusion(frame: pl.DataFrame, names: Sequence[str]) -> Matrix:
    pairs = list(frame.select("label", "prediction").iter_rows())
    return tuple(tuple(pairs.count((actual, guess)) for guess in names) for actual in names)
