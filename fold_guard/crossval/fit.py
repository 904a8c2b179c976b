"""Fit and score an estimator on rounds that somebody else made."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.crossval.design import Design
from fold_guard.crossval.estimator import Classifier
from fold_guard.crossval.inputs import Labels, check_rounds, row_id_series, text_labels
from fold_guard.crossval.metrics import metric_names
from fold_guard.crossval.play import Played, Task, play
from fold_guard.crossval.result import (
    FOLD,
    ROUND,
    FitWarning,
    Matrix,
    Result,
    RunFacts,
    probability_column,
)
from fold_guard.crossval.summary import interval_method, summarise
from fold_guard.errors import FoldGuardError, UsageError
from fold_guard.partition.rounds import Round

if TYPE_CHECKING:
    import pandas

Item = TypeVar("Item")
Value = TypeVar("Value")


class Run(Protocol):
    """How the rounds are run: ``map`` of an engine, or :func:`run_serially`."""

    def __call__(
        self,
        function: Callable[[Item], Value],
        items: Sequence[Item],
        on_progress: Callable[[int, int], None] | None = None,
    ) -> list[Value]:
        """Apply ``function`` to every item, in order."""


def run_serially(
    function: Callable[[Item], Value],
    items: Sequence[Item],
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Value]:
    """Apply ``function`` to each item, one after the other, in this process."""
    values = []
    for item in items:
        values.append(function(item))
        if on_progress is not None:
            on_progress(len(values), len(items))
    return values


def score_rounds(
    estimator: Classifier,
    X: pandas.DataFrame,
    y: npt.ArrayLike,
    rounds: Sequence[Round],
    *,
    row_ids: Sequence[object] | npt.NDArray[np.generic] | pl.Series,
    run: Run = run_serially,
    on_progress: Callable[[int, int], None] | None = None,
    on_facts: Callable[[RunFacts], None] | None = None,
    confidence: float = 0.95,
    design: Design | None = None,
) -> Result:
    """Fit a clone of the estimator on each train side and score it on the test side.

    Nothing of the test side reaches a fit: each round clones the estimator and hands it the train
    rows alone, so preprocessing must be inside it. For the same input the result is the same,
    whatever ``run`` does: numpy's global random state is seeded with the round (estimators whose
    ``random_state`` is None draw from it) and native thread pools are held to one thread while a
    round runs. Use several processes, not threads, to go faster.

    Parameters
    ----------
    estimator : Classifier
        Never fitted itself. Without ``predict_proba`` the metrics that need probabilities are
        undefined.
    X : pandas.DataFrame, shape (n_rows, n_features)
    y : array_like of str or object, shape (n_rows,)
        Labels; those that are no text are turned into text.
    rounds : sequence of Round
    row_ids : sequence, shape (n_rows,)
        Unique; int or str.
    run : callable
        For instance ``LocalEngine(n_jobs=2).map``.
    on_progress : callable, optional
        Called with (rounds done, rounds in all).
    on_facts : callable, optional
        Called once with the timings, which are no part of the result.
    confidence : float
        Of the intervals.
    design : Design, optional
        How the rounds hang together; default: one round a fold, or, when a row is tested more
        than once, rounds drawn from one distribution.

    Returns
    -------
    Result
        A class that a round has not seen in training has probability 0 there.

    Raises
    ------
    UsageError
        Shapes that do not fit together, no rounds, a row on both sides, a row tested twice where
        the design says that none is.
    DataError
        A null label, one class only, a side without rows, duplicate row ids.
    FoldGuardError
        A fit or a prediction failed; the message names the round.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> from fold_guard.partition.rounds import kfold_rounds
    >>> X = pd.DataFrame({"x": [0.0, 1.0, 0.1, 1.1, 0.2, 1.2]})
    >>> y = np.array(["no", "yes"] * 3, dtype=object)
    >>> rounds = kfold_rounds(np.array([0, 0, 1, 1, 2, 2]))
    >>> result = score_rounds(LogisticRegression(), X, y, rounds, row_ids=range(6))
    >>> result.summary["accuracy"].mean, result.confusion
    (1.0, ((3, 0), (0, 3)))
    """
    started = time.perf_counter()
    labels = text_labels(y)
    ids = row_id_series(row_ids)
    if not len(X) == len(labels) == len(ids):
        message = f"X has {len(X)} rows, y has {len(labels)}, row_ids has {len(ids)}"
        raise UsageError(message, where="score_rounds")
    classes = tuple(sorted(set(labels.tolist())))
    most = check_rounds(rounds, len(labels))
    if design is None:
        design = Design(retested=most > 1)
    elif most > 1 and not design.retested:
        raise UsageError(f"a row is tested {most} times", where="rounds")
    if not 0 < confidence < 1:
        raise UsageError(f"must lie between 0 and 1, got {confidence}", where="confidence")

    tasks = [Task(r.index, r.train, r.test) for r in rounds]
    played = run(partial(play, estimator, X, labels, classes), tasks, on_progress)
    scores = tuple(each.score for each in played)
    result = Result(
        classes=classes,
        rounds=scores,
        summary={
            name: summarise(name, scores, confidence=confidence, design=design)
            for name in metric_names(classes)
        },
        confusion=_pool([score.confusion for score in scores]),
        predictions=_prediction_frame(
            ids, labels, classes, rounds, played, ROUND if design.retested else FOLD
        ),
        warnings=_merge_warnings(played),
        confidence=confidence,
        interval=interval_method(scores, design),
    )
    if on_facts is not None:
        seconds = time.perf_counter() - started
        on_facts(RunFacts(tuple(each.facts for each in played), seconds))
    return result


def _pool(matrices: Sequence[Matrix]) -> Matrix:
    return tuple(tuple(row) for row in np.sum(np.array(matrices), axis=0).tolist())


def _prediction_frame(
    ids: pl.Series,
    labels: Labels,
    classes: tuple[str, ...],
    rounds: Sequence[Round],
    played: Sequence[Played],
    number: str,
) -> pl.DataFrame:
    names = np.array(classes, dtype=object)
    frames = []
    for each, back in zip(rounds, played, strict=True):
        rows = np.flatnonzero(each.test)
        frame = pl.DataFrame(
            {
                "row_id": ids.gather(rows),
                number: np.full(len(rows), each.index, dtype=np.int64),
                "label": pl.Series(labels[rows].tolist(), dtype=pl.String),
                "prediction": pl.Series(names[back.predicted].tolist(), dtype=pl.String),
            }
        )
        if back.probabilities is not None:
            frame = frame.with_columns(
                pl.Series(probability_column(label), back.probabilities[:, code])
                for code, label in enumerate(classes)
            )
        frames.append(frame)
    if len({tuple(frame.columns) for frame in frames}) > 1:
        raise FoldGuardError("predict_proba exists in some rounds only", where="estimator")
    return pl.concat(frames).sort("row_id", number)


def _merge_warnings(played: Sequence[Played]) -> tuple[FitWarning, ...]:
    rounds: dict[tuple[str, str], list[int]] = {}
    for each in played:
        for text in each.warnings:
            rounds.setdefault(text, []).append(each.score.index)
    return tuple(FitWarning(*text, tuple(rounds[text])) for text in sorted(rounds))
