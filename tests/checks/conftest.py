"""Subjects for the tests of the checks: from plain columns, and from the demo data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Outcome
from fold_guard.checks.run import run_checks
from fold_guard.checks.subjects.prepare import subject_of_map
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.subjects.table_subject import TableSubject
from fold_guard.dataset.columns import Columns
from fold_guard.dataset.roles import Roles
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from fold_guard.identity.row_ids import examine_ids, row_ids
from fold_guard.partition.rounds import forward_rounds, kfold_rounds

Example = Mapping[str, Any]
COVID = Path(__file__).parents[2] / "data" / "raw" / "covid_testing.parquet"
FEATURES = (
    "gender",
    "clinic_name",
    "demo_group",
    "age",
    "drive_thru_ind",
    "orderset",
    "payor_group",
    "patient_class",
    "col_rec_tat",
    "rec_ver_tat",
)


def subject_from(example: Example) -> Subject:
    """Build the subject that an example describes; see tests/examples/README.md."""
    roles = Roles(
        id=tuple(example.get("id", ("id",))),
        label=example.get("label"),
        groups=tuple(example.get("groups", ())),
        time=example.get("time"),
        evaluation_time=example.get("evaluation_time"),
        features=tuple(example["features"]) if "features" in example else None,
    )
    frame = pl.DataFrame(example["columns"], strict=False)
    if "made_from" in example:
        return _mapped(example, frame, roles)
    roles = roles.resolve(frame.columns, source="example", fold="fold")
    folds = frame["fold"].cast(pl.Int64).to_numpy()
    ids = row_ids(frame, roles.id)
    rounds = forward_rounds if example.get("scheme") == "forward" else kfold_rounds
    return TableSubject(
        table=Columns.of(frame),
        roles=roles,
        row_ids=ids,
        folds=folds,
        rounds=rounds(folds),
        scheme=example.get("scheme", "kfold"),
        identity=examine_ids(ids),
        has_ids=bool(roles.id),
        estimator=example.get("estimator"),
    )


def _mapped(example: Example, frame: pl.DataFrame, roles: Roles) -> Subject:
    plan = FoldPlan("kfold", n_splits=2)
    before = pl.DataFrame(example["made_from"], strict=False)
    made = make_folds(before, plan, id=roles.id, label=roles.label)
    if "edit" in example:
        edited = pl.col("fold").replace(example["edit"])
        made = replace(made, table=made.table.with_columns(edited))
    return subject_of_map(made, frame, roles.resolve(frame.columns, source="example"))


@pytest.fixture
def subject_of() -> Callable[[Example], Subject]:
    return subject_from


@pytest.fixture
def outcomes_of() -> Callable[..., tuple[Outcome, ...]]:
    """Run one check, by name, with thresholds."""

    def run(subject: Subject, name: str, **thresholds: Any) -> tuple[Outcome, ...]:
        return run_checks(subject, {name: BY_NAME[name].rule(**thresholds)})

    return run


@pytest.fixture(scope="session")
def covid() -> pd.DataFrame:
    """Return the demo data with a random fold, a few rows of fold -1, and a block of days."""
    table = pd.read_parquet(COVID)
    number = table["row_id"].to_numpy()
    table["fold"] = np.where(number % 97 == 0, -1, (number * 2654435761 % 2**32) // 2**16 % 5)
    table["block"] = (table["pan_day"] - table["pan_day"].min()) // 21
    return table


@pytest.fixture(scope="session")
def covid_subject(covid: pd.DataFrame) -> Callable[..., Subject]:
    def build(*, groups: tuple[str, ...] = ("subject_id",), scheme: str = "kfold") -> Subject:
        fold = covid["fold" if scheme == "kfold" else "block"]
        columns = pl.read_parquet(COVID).with_columns(pl.Series("fold", fold.to_numpy()))
        return subject_from(
            {
                "columns": columns,
                "id": ["row_id"],
                "label": "result",
                "groups": groups,
                "time": "pan_day",
                "features": [name for name in FEATURES if name not in groups],
                "scheme": scheme,
            }
        )

    return build


@pytest.fixture(scope="session")
def rounds_of() -> Callable[..., dict[int, tuple[pd.Series, pd.Series]]]:
    """Return the (train, test) masks of each round, from the definition in words."""

    def build(fold: pd.Series, scheme: str) -> dict[int, tuple[pd.Series, pd.Series]]:
        if scheme == "kfold":
            return {j: (fold != j, fold == j) for j in range(fold.max() + 1)}
        return {j: ((fold >= 0) & (fold < j), fold == j) for j in range(1, fold.max() + 1)}

    return build
