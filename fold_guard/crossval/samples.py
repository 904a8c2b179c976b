"""Every held-out prediction as one line: how wrong it was, what it cost, or why there is none.

The table has seconds in it, so it belongs with the facts of the run that no digest covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from fold_guard.crossval.metrics.forecasts import log_losses
from fold_guard.crossval.result import Result, RunFacts
from fold_guard.errors import UsageError

CONFIDENT = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Untested:
    """The test rows of a round that gave no prediction.

    Attributes
    ----------
    round : int
        As in `fold_guard.crossval.result.Failure`.
    row_ids, labels : polars.Series, shape (n_test,)
        Labels are text, or numbers in regression.
    """

    round: int
    row_ids: pl.Series
    labels: pl.Series


def sample_table(
    result: Result, facts: RunFacts, untested: Sequence[Untested] = ()
) -> pl.DataFrame:
    """Lay out a cross-validation sample by sample.

    Parameters
    ----------
    result : Result
    facts : RunFacts
    untested : sequence of Untested
        One for every failed round.

    Returns
    -------
    polars.DataFrame
        One row a prediction, sorted by row_id and round:

        - ``row_id``, ``fold`` (``round`` where rows may be tested again), ``label``,
          ``prediction`` as in `Result`; the prediction is null where the round failed.
        - ``probability``: of the predicted class; null in regression and without probabilities.
          Those of the other classes stay in ``predictions.parquet``.
        - ``loss``: minus the logarithm of the probability of the label, clipped as scikit-learn
          does; without probabilities 0 or 1; the squared error in regression. Null where the
          round failed.
        - ``seconds``: the sample's share of its round, by the wall clock (the round's seconds
          over its test rows), so that they add up; null where no round was timed, as in exact
          leave-one-out.
        - ``error``: why there is no prediction, else null.

    Raises
    ------
    UsageError
        The rounds in ``untested`` are not those that failed.
    """
    causes = {each.round: each.error for each in result.failures}
    named = sorted(each.round for each in untested)
    if named != sorted(causes):
        raise UsageError(
            f"untested rows are of the rounds {named}, and the rounds {sorted(causes)} failed",
            where="untested",
        )
    number, value = result.number, pl.Float64 if result.task == "regression" else pl.String
    tested = result.predictions.select(
        "row_id",
        number,
        "label",
        "prediction",
        pl.lit(_chosen(result), dtype=pl.Float64).alias("probability"),
        _loss(result).alias("loss"),
        pl.lit(None, dtype=pl.String).alias("error"),
    )
    lost = [
        pl.DataFrame(
            {"row_id": each.row_ids, "label": each.labels.cast(value)},
        ).select(
            "row_id",
            pl.lit(each.round, dtype=pl.Int64).alias(number),
            "label",
            pl.lit(None, dtype=value).alias("prediction"),
            pl.lit(None, dtype=pl.Float64).alias("probability"),
            pl.lit(None, dtype=pl.Float64).alias("loss"),
            pl.lit(causes[each.round]).alias("error"),
        )
        for each in untested
    ]
    timed = pl.DataFrame(
        {
            number: pl.Series([each.index for each in facts.rounds], dtype=pl.Int64),
            "spent": pl.Series([each.wall_seconds for each in facts.rounds], dtype=pl.Float64),
        }
    )
    whole = pl.concat([tested, *lost]).join(timed, on=number, how="left", maintain_order="left")
    shares = (pl.col("spent") / pl.len().over(number)).alias("seconds")
    laid_out = whole.with_columns(shares).select(*tested.columns[:-1], "seconds", "error")
    return laid_out.sort("row_id", number)


def worst(table: pl.DataFrame, n: int, label: str | None = None) -> pl.DataFrame:
    """Return the samples with the highest loss, the worst first.

    A row that was tested several times is there once, with its worst prediction. Ties go by id.
    Samples without a prediction have no loss, and are not among them.

    Parameters
    ----------
    table : polars.DataFrame
        Of `sample_table`.
    n : int
    label : str, optional
        Only samples of this class.

    Examples
    --------
    >>> table = pl.DataFrame({"row_id": ["a", "b"], "fold": [0, 1], "label": ["x", "y"],
    ...     "loss": [0.1, 2.0]})
    >>> worst(table, 1)["row_id"].to_list(), worst(table, 1, label="x")["row_id"].to_list()
    (['b'], ['a'])
    """
    held = table.filter(pl.col("loss").is_not_null())
    if label is not None:
        held = held.filter(pl.col("label") == label)
    return _first(held, "loss", n)


def confident_disagreements(
    table: pl.DataFrame, n: int | None = None, *, at_least: float = CONFIDENT
) -> pl.DataFrame:
    """Return the samples whose label the model contradicts with confidence, the surest first.

    Either the label is wrong or the model is; a person has to look.

    Parameters
    ----------
    table : polars.DataFrame
        Of `sample_table`. Without probabilities nothing is confident.
    n : int, optional
        At most so many; default: all.
    at_least : float
        Probability of the predicted class.

    Examples
    --------
    >>> table = pl.DataFrame({"row_id": ["a", "b"], "fold": [0, 1], "label": ["x", "y"],
    ...     "prediction": ["y", "y"], "probability": [0.95, 0.99]})
    >>> confident_disagreements(table)["row_id"].to_list()
    ['a']
    """
    apart = table.filter(
        (pl.col("label") != pl.col("prediction")) & (pl.col("probability") >= at_least)
    )
    return _first(apart, "probability", table.height if n is None else n)


def _first(table: pl.DataFrame, by: str, n: int) -> pl.DataFrame:
    # The second column is the fold or round: among equals the order is the same every time.
    ranked = table.sort(by, *table.columns[:2], descending=[True, False, False])
    return ranked.unique("row_id", keep="first", maintain_order=True).head(n)


def _chosen(result: Result) -> pl.Series | None:
    """Take the probability of the predicted class."""
    given = result.probabilities
    if given is None:
        return None
    return pl.Series(given[np.arange(len(given)), result.codes(result.predictions["prediction"])])


def _loss(result: Result) -> pl.Expr:
    if result.task == "regression":
        return (pl.col("label") - pl.col("prediction")) ** 2
    given = result.probabilities
    if given is None:
        return (pl.col("label") != pl.col("prediction")).cast(pl.Float64)
    return pl.lit(pl.Series(log_losses(result.codes(result.predictions["label"]), given)))
