"""Nested folds: feasible or refused, and the same whenever the outer folds are."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from fold_guard.errors import ConfigError, InfeasibleError, UsageError
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan

ROLES: dict[str, Any] = {"id": "visit", "label": "y", "groups": "patient"}


def test_inner_folds_are_kept_in_the_map(clinic: pl.DataFrame, tmp_path: Any) -> None:
    made = make_folds(clinic, FoldPlan(n_splits=4, inner_splits=3), **ROLES)
    assert made.manifest.inner_columns == ("inner_0", "inner_1", "inner_2", "inner_3")
    made.save(tmp_path / "map")
    again = type(made).load(tmp_path / "map")
    assert again.table.equals(made.table)
    assert len(list(again.nested(clinic))) == 4


def test_inner_classes_are_balanced(clinic: pl.DataFrame) -> None:
    yes = (clinic["y"] == "yes").to_numpy()
    made = make_folds(clinic, FoldPlan("stratified", n_splits=4, inner_splits=3), **ROLES)
    for outer, inner in made.nested(clinic):
        for each in inner:
            assert abs(yes[each.test].mean() - yes[outer.train].mean()) < 0.03


def test_an_edited_inner_fold_is_found(clinic: pl.DataFrame) -> None:
    made = make_folds(clinic, FoldPlan(n_splits=4, inner_splits=3), **ROLES)
    moved = made.table.with_columns(inner_2=pl.col("inner_2").replace({0: 1}))
    assert type(made)(moved, made.manifest).digest_now() != made.digest


def test_what_cannot_be_is_refused(clinic: pl.DataFrame) -> None:
    with pytest.raises(InfeasibleError, match="the train side of round 0"):
        make_folds(clinic.head(9), FoldPlan("group", n_splits=3, inner_splits=3), **ROLES)
    with pytest.raises(ConfigError, match="nested folds of a repeated plan"):
        FoldPlan(n_repeats=2, inner_splits=3)
    with pytest.raises(ConfigError, match="at least 2"):
        FoldPlan(inner_splits=1)
    flat = make_folds(clinic, FoldPlan(n_splits=4), **ROLES)
    with pytest.raises(UsageError, match="no nested folds"):
        list(flat.nested(clinic))
