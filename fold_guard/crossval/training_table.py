"""A table as estimators and metrics see it: rows by id, labels, units, segments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.crossval.result import Task
from fold_guard.dataset.labels import as_text, codes_of, is_quantity
from fold_guard.errors import UsageError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.manifest import Manifest
from fold_guard.identity.row_ids import row_ids
from fold_guard.partition.rounds import Rounds
from fold_guard.partition.units import connected_units

if TYPE_CHECKING:
    import pandas

NO_SEGMENT = "(none)"
"""The segment of rows whose value is null."""


def task_of(manifest: Manifest, label: pl.Series) -> Task:
    """Return what a map's label asks for where nobody says.

    Classes, where the strategy balances them or where they are few; else numbers.
    """
    if manifest.plan.balances_classes:
        return "classification"
    if manifest.plan.traits.strata == "bins" or not manifest.classes:
        return "regression"
    return "regression" if is_quantity(label) else "classification"


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What an estimator is trained on: rows in the order of their ids.

    Attributes
    ----------
    table : polars.DataFrame
        All columns.
    ids : polars.Series
    X : pandas.DataFrame, shape (n_rows, n_features)
    y : ndarray of object (str) or float64, shape (n_rows,)
    rounds : Rounds
    inner : list of Rounds, or None
        Inner folds of each round, where the map has them.
    """

    table: pl.DataFrame
    ids: pl.Series
    X: pandas.DataFrame
    y: npt.NDArray[Any]
    rounds: Rounds
    inner: list[Rounds] | None


def trained_on(
    table: pl.DataFrame, fold_map: FoldMap, features: Sequence[str], task: Task
) -> Trained:
    """Lay out a table for training."""
    facts = fold_map.manifest.dataset
    assert facts.label is not None
    table, ids = by_id(table, row_ids(table, facts.id))
    nested = bool(fold_map.manifest.inner_columns)
    return Trained(
        table=table,
        ids=ids,
        X=table.select(features).to_pandas(),
        y=label_values(table[facts.label], task).to_numpy(),
        rounds=fold_map.rounds(table),
        inner=[inner for _, inner in fold_map.nested(table)] if nested else None,
    )


def label_values(label: pl.Series, task: Task) -> pl.Series:
    """Return what an estimator is fitted on: classes as text, quantities as numbers."""
    if task == "classification":
        return as_text(label)
    if not label.dtype.is_numeric():
        raise UsageError(
            f"regression needs numbers, and the label holds {label.dtype}",
            where=f"column {label.name}",
            remedy="Set cv.task: classification, or leave it out.",
        )
    return label.cast(pl.Float64)


def units_of(table: pl.DataFrame, keys: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the unit of each row: rows that share a key of any group column are one."""
    return connected_units(table.height, [codes_of(table[name])[0] for name in keys])


def segment_texts(values: pl.Series) -> npt.NDArray[np.object_]:
    """Return the segment of each row as text."""
    texts, missing = as_text(values), NO_SEGMENT
    while (texts == missing).any():
        missing = f"({missing})"
    return texts.fill_null(missing).to_numpy().astype(object)


def by_id(table: pl.DataFrame, ids: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
    """Return rows in the order of their ids, and the ids.

    The order of a file's rows is in no digest, so nothing that is scored may depend on it.
    """
    order = ids.arg_sort()
    return table[order], ids.gather(order)
