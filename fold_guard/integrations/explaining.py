"""``cv.explain``: what to write about samples that the model got wrong, and the call that does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from fold_guard.crossval.result import Result
from fold_guard.dataset.files import atomic_file
from fold_guard.errors import ConfigError
from fold_guard.identity.pseudonyms import PseudonymKey, pseudonyms

if TYPE_CHECKING:
    import pandas

    from fold_guard.integrations.shap_values import Refit

QUEUE, SHAP = FILES = ("relabel_queue.csv", "shap_values.parquet")


@dataclass(frozen=True, slots=True)
class ExplainSettings:
    """``cv.explain``.

    Attributes
    ----------
    shap : int
        Of how many failing samples, the worst first, SHAP values are worked out; 0 is none.
    relabel : bool
        Whether to write a queue of labels for people to look at.
    seed : int
        Of what is drawn for SHAP values.

    Examples
    --------
    >>> ExplainSettings(shap=-1)
    Traceback (most recent call last):
    fold_guard.errors.ConfigError: params.yaml: 1 problem
      shap: must be 0 or more, got -1
    """

    shap: int = 0
    relabel: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        wrong = [
            (name, f"must be 0 or more, got {value}")
            for name, value in (("shap", self.shap), ("seed", self.seed))
            if value < 0
        ]
        if wrong:
            raise ConfigError(wrong)


def explain_all(
    settings: ExplainSettings,
    result: Result,
    samples: pl.DataFrame,
    folder: Path,
    *,
    X: pandas.DataFrame,
    row_ids: pl.Series,
    refit: Refit,
    key: PseudonymKey | None = None,
) -> tuple[Path, ...]:
    """Write what is asked for, and remove what an earlier call wrote and this one does not.

    Parameters
    ----------
    settings : ExplainSettings
    result : Result
    samples : polars.DataFrame
        Of `fold_guard.crossval.samples.sample_table`, without a key: its ids are looked up.
    folder : Path
        Gets ``relabel_queue.csv`` and ``shap_values.parquet``.
    X : pandas.DataFrame, shape (n_rows, n_features)
    row_ids : polars.Series, shape (n_rows,)
        Of the rows of ``X``.
    refit : callable
        From a fold or round to its model; called for the rounds of failing samples alone.
    key : PseudonymKey, optional
        Puts pseudonyms in the place of ids.

    Returns
    -------
    tuple of Path

    Raises
    ------
    MissingExtra
        cleanlab or shap is not installed.
    UsageError
        A queue is asked for, and there are no probabilities.
    FoldGuardError
        A file cannot be written.
    """
    queue_file, shap_file = folder / QUEUE, folder / SHAP
    written = []
    if settings.relabel:
        from fold_guard.dataset.csv_cells import write_csv
        from fold_guard.integrations.cleanlab import label_issues

        write_csv(label_issues(result, key=key).queue, queue_file)
        written.append(queue_file)
    if settings.shap:
        from fold_guard.integrations.shap_values import failing, shap_values

        failures = failing(samples, settings.shap)
        table = shap_values(failures, X, row_ids, refit, seed=settings.seed)
        if key is not None:
            table = table.with_columns(pseudonyms(table["row_id"], key))
        with atomic_file(shap_file) as partial:
            table.write_parquet(partial, compression="zstd")
        written.append(shap_file)
    for file in (queue_file, shap_file):
        if file not in written:
            file.unlink(missing_ok=True)
    return tuple(written)
