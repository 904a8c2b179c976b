"""Predictions of rows by models that have not seen them, those of all rounds in one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.crossval.metrics.side import Side
from fold_guard.crossval.result import FOLD, ROUND, Task, probability_column
from fold_guard.crossval.runs.played import FloatArray, IntArray, Played
from fold_guard.errors import FoldGuardError
from fold_guard.partition.rounds import Round


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutPredictions:
    """One entry a test row and round, round after round.

    Attributes
    ----------
    task : {"classification", "regression"}
    classes : tuple of str
    rows : ndarray of int64, shape (n_predictions,)
        Positions in the table.
    rounds : ndarray of int64, shape (n_predictions,)
    actual, predicted : ndarray of int64 (codes of classes) or float64, shape (n_predictions,)
    probabilities : ndarray of float64, shape (n_predictions, n_classes), or None
    """

    task: Task
    classes: tuple[str, ...]
    rows: IntArray
    rounds: IntArray
    actual: npt.NDArray[Any]
    predicted: npt.NDArray[Any]
    probabilities: FloatArray | None

    def side(self, picked: Any = slice(None)) -> Side:
        """Return some of the predictions, or all, for the metrics."""
        forecast = None if self.probabilities is None else self.probabilities[picked]
        return Side(self.task, self.classes, self.actual[picked], self.predicted[picked], forecast)

    def frame(self, ids: pl.Series, *, retested: bool) -> pl.DataFrame:
        """Return the table that is written; see `fold_guard.crossval.result.Result`."""
        number = ROUND if retested else FOLD
        columns: dict[str, object] = {"row_id": ids.gather(self.rows), number: self.rounds}
        if self.task == "regression":
            columns |= {"label": self.actual, "prediction": self.predicted}
        else:
            names = pl.Series(self.classes, dtype=pl.String)
            columns["label"] = names.gather(self.actual)
            columns["prediction"] = names.gather(self.predicted)
        if self.probabilities is not None:
            for code, label in enumerate(self.classes):
                columns[probability_column(label)] = self.probabilities[:, code]
        return pl.DataFrame(columns).sort("row_id", number)


def held_out_predictions(
    task: Task,
    classes: tuple[str, ...],
    y: npt.NDArray[Any],
    rounds: Sequence[Round],
    played: Mapping[int, Played],
) -> HeldOutPredictions:
    """Gather what the rounds gave back.

    Parameters
    ----------
    task : {"classification", "regression"}
    classes : tuple of str
    y : ndarray of int64 (codes) or float64, shape (n_rows,)
    rounds : sequence of Round
    played : mapping of int to Played
        By position in ``rounds``; one that failed is missing.

    Raises
    ------
    FoldGuardError
        Only some rounds have probabilities.
    """
    order = sorted(played)
    forecasts = [played[at].probabilities for at in order]
    known = [forecast for forecast in forecasts if forecast is not None]
    if 0 < len(known) < len(forecasts):
        raise FoldGuardError("predict_proba exists in some rounds only", where="estimator")
    tested = [np.flatnonzero(rounds[at].test) for at in order]
    rows = np.concatenate(tested)
    return HeldOutPredictions(
        task=task,
        classes=classes,
        rows=rows,
        rounds=np.repeat([played[at].index for at in order], [len(each) for each in tested]),
        actual=y[rows],
        predicted=np.concatenate([played[at].predicted for at in order]),
        probabilities=np.concatenate(known) if known else None,
    )
