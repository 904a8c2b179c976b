"""Labels that held-out predictions contradict: a queue for people to look through.

Confident learning (Northcutt, Jiang & Chuang, 2021, Journal of Artificial Intelligence Research
70, https://doi.org/10.1613/jair.1.12125), by cleanlab. Nothing here edits data.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.crossval.result import Result, probability_column
from fold_guard.errors import MissingExtra, UsageError
from fold_guard.identity.pseudonyms import PseudonymKey, pseudonyms

_DIGITS = 6


@dataclass(frozen=True, slots=True, eq=False)
class LabelIssues:
    """Candidates for relabelling.

    Attributes
    ----------
    queue : polars.DataFrame
        ``rank`` (from 1), ``row_id``, ``fold`` (``rounds``, as text, where rows are tested
        again), ``label``, ``suggested`` (the most probable class), ``probability_label``,
        ``probability_suggested``; the widest gap between the two first, ties by id.
    judged : int
        Rows that were looked at.
    unlearnt : int
        Rows that were not: no round that tested them had seen their class in training, so that
        no model could have agreed.
    """

    queue: pl.DataFrame
    judged: int
    unlearnt: int


def label_issues(result: Result, *, key: PseudonymKey | None = None) -> LabelIssues:
    """Find labels that confident learning holds for wrong.

    How many labels of one class should be another is estimated from the confident joint, in which
    a row counts for a class whose mean probability, over its own rows, it reaches. So many rows
    with the widest gap between the two classes are candidates, and of those only rows whose most
    probable class is not their label (cleanlab's ``prune_by_noise_rate``); a class keeps a row at
    least. Of a row that was tested several times, probabilities are averaged.

    Parameters
    ----------
    result : Result
        With probabilities.
    key : PseudonymKey, optional
        Puts pseudonyms in the place of ids.

    Returns
    -------
    LabelIssues
        Deterministic: cleanlab draws nothing here.

    Raises
    ------
    UsageError
        A regression, or an estimator without probabilities.
    MissingExtra
        cleanlab is not installed.
    """
    columns = [probability_column(label) for label in result.classes]
    if result.probabilities is None:
        raise UsageError(
            "label issues are found from probabilities of classes, and there are none",
            where="cv.explain.relabel",
            remedy="Choose an estimator with predict_proba, or leave it out.",
        )
    learnt = result.predictions.filter(_learnable(result))
    rows = _by_row(result, learnt, columns)
    rows_in_all = result.predictions["row_id"].n_unique()
    labels, probabilities = result.codes(rows["label"]), rows.select(columns).to_numpy()
    found = np.flatnonzero(_issues(labels, probabilities))
    given = probabilities[found, labels[found]]
    suggested = probabilities[found].argmax(axis=1)
    likely = probabilities[found, suggested]
    names = np.array(result.classes, dtype=object)
    number = "rounds" if result.retested else result.number
    queue = (
        rows[found]
        .select("row_id", number, "label")
        .with_columns(
            pl.Series("suggested", names[suggested].tolist(), dtype=pl.String),
            pl.Series("probability_label", given.round(_DIGITS)),
            pl.Series("probability_suggested", likely.round(_DIGITS)),
            pl.Series("gap", likely - given),
        )
        .sort("gap", "row_id", descending=[True, False])
        .drop("gap")
        .with_row_index("rank", offset=1)
        .with_columns(pl.col("rank").cast(pl.Int64))
    )
    if key is not None:
        queue = queue.with_columns(pseudonyms(queue["row_id"], key))
    return LabelIssues(queue, rows.height, rows_in_all - rows.height)


def _issues(
    labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    # With one class there is nothing to confuse it with.
    if len(np.unique(labels)) < 2:
        return np.zeros(len(labels), dtype=np.bool_)
    try:
        from cleanlab.filter import find_label_issues
    except ImportError as error:
        raise MissingExtra("cleanlab", "cleanlab") from error
    with warnings.catch_warnings():
        # It warns of classes without rows, of which a round of a forward scheme may have some.
        warnings.simplefilter("ignore")
        found: npt.NDArray[np.bool_] = find_label_issues(
            labels, probabilities, filter_by="prune_by_noise_rate", n_jobs=1
        )
    return found


def _learnable(result: Result) -> pl.Expr:
    """Whether the round that tested a row had its class in training."""
    if not result.rounds:
        # A class that is in one round alone is gone from training when that round tests it.
        return pl.col(result.number).n_unique().over("label") > 1
    without = [
        (pl.col(result.number) == each.index) & pl.col("label").is_in(absent)
        for each in result.rounds
        if (absent := [name for name, rows in each.train_support.items() if not rows])
    ]
    return ~pl.any_horizontal(without) if without else pl.lit(True)


def _by_row(result: Result, predictions: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    predictions = predictions.sort("row_id", result.number)
    if not result.retested:
        return predictions
    rounds = pl.col(result.number).cast(pl.String).str.join(" ").alias("rounds")
    means = [pl.col(name).mean() for name in columns]
    return predictions.group_by("row_id", "label", maintain_order=True).agg(rounds, *means)
