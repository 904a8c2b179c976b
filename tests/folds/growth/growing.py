"""A small clinic that grows: shared by the tests of growth, lineage, merging and differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan

ROLES: dict[str, Any] = {"id": "visit", "label": "y", "groups": ["patient", "house"], "time": "day"}


def visits(rows: int, start: int = 0, patient: int | None = None, **columns: Any) -> pl.DataFrame:
    """Two visits a patient, each patient in a house of its own."""
    at = np.arange(start, start + rows)
    who = at // 2 if patient is None else np.full(rows, patient)
    return pl.DataFrame(
        {
            "visit": at,
            "patient": who,
            "house": pl.Series(who + 1000),
            "day": at,
            "y": np.where(who % 2 == 0, "yes", "no"),
            "x": at / 8,
        }
    ).with_columns(**{name: pl.lit(value) for name, value in columns.items()})


def folds(fold_map: FoldMap) -> dict[int, int]:
    return dict(fold_map.table.select("row_id", "fold").iter_rows())


def patients_in(fold_map: FoldMap, fold: int) -> list[int]:
    return [row // 2 for row, found in folds(fold_map).items() if found == fold and row % 2 == 0]


def first_map(table: pl.DataFrame, strategy: Any = "stratified_group") -> FoldMap:
    seed = 0 if strategy == "forward" else 1
    return make_folds(table, FoldPlan(strategy, n_splits=4, seed=seed), **ROLES)


def link(old: FoldMap, row: int, ends: tuple[int, int] = (0, 3)) -> pl.DataFrame:
    """A new visit of a patient of one fold in the house of a patient of another."""
    a, b = (patients_in(old, fold)[0] for fold in ends)
    return visits(1, start=row, patient=a).with_columns(house=pl.lit(b + 1000, pl.Int64))
