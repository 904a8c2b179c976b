"""Every strategy with settings that mean something, on tables derived from the demo data."""

from __future__ import annotations

from typing import Any

import polars as pl

from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from fold_guard.identity.digests import assignment_digest

GROUPS = {"groups": ["subject_id"]}
LABEL = {"label": "result"}
LABELS = {"label": ["drive_thru_ind", "female", "inpatient", "positive"]}
SPANS = {"time": "pan_day", "evaluation_time": "known_day"}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "kfold": ({}, LABEL),
    "stratified": ({}, LABEL),
    "group": ({}, LABEL | GROUPS),
    "stratified_group": ({}, LABEL | GROUPS),
    "multilabel": ({}, LABELS),
    "multilabel_group": ({}, LABELS | GROUPS),
    "continuous": ({}, {"label": "age"}),
    "continuous_group": ({"n_bins": 6}, {"label": "age"} | GROUPS),
    "leave_one_out": ({}, LABEL),
    "leave_one_group_out": ({}, LABEL | GROUPS),
    "leave_p_groups_out": ({}, LABEL | {"groups": ["demo_group"]}),
    "shuffle_split": ({"n_repeats": 3, "train_size": 0.5}, LABEL),
    "stratified_shuffle_split": ({"n_repeats": 3, "train_size": 0.5}, LABEL),
    "group_shuffle_split": ({"n_repeats": 3}, LABEL | GROUPS),
    "stratified_group_shuffle_split": ({"n_repeats": 3}, LABEL | GROUPS),
    "forward": ({"n_splits": 6, "embargo": 2}, LABEL | GROUPS | {"time": "pan_day"}),
    "purged": ({"embargo": 1}, LABEL | SPANS),
    "combinatorial_purged": ({"embargo_rows": 20}, LABEL | SPANS),
    "predefined": ({"column": "quarter"}, LABEL),
}


def derived(covid: pl.DataFrame) -> pl.DataFrame:
    """The demo data with the columns that the strategies ask for."""
    return covid.with_columns(
        female=(pl.col("gender") == "female").cast(pl.Int8),
        inpatient=(pl.col("patient_class") == "inpatient").fill_null(value=False).cast(pl.Int8),
        positive=(pl.col("result") == "positive").cast(pl.Int8),
        known_day=pl.col("pan_day") + pl.col("row_id") % 3,
        quarter=pl.col("row_id") % 4,
    )


def map_of(frame: Any, strategy: Any, seed: int = 0, **more: Any) -> FoldMap:
    settings, roles = CASES[strategy]
    return make_folds(
        frame, FoldPlan(strategy, **{"seed": seed, **settings, **more}), id="row_id", **roles
    )


def vector(covid: pl.DataFrame, strategy: str, seed: int) -> dict[str, Any]:
    """What is pinned of a map: ``tests/vectors/fold_maps.json`` is a list of these."""
    # Every row a fold: a few rows say as much as all.
    made = map_of(derived(covid.head(200) if "one" in strategy else covid), strategy, seed)
    facts, table = made.manifest, made.table
    return {
        "strategy": strategy,
        "seed": seed,
        "digest": made.digest,
        "assignment": assignment_digest(table["row_id"], table["fold"]),
        "dataset": facts.dataset.digest,
        "rows": [fold.rows for fold in facts.folds[:20]],
        "by_class": [list(fold.by_class) for fold in facts.folds[:20]],
    }
