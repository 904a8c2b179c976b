"""What several folders share: the demo data, a small clinic, hypothesis without a clock."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import polars as pl
import pytest

from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan

ROOT = Path(__file__).parents[1]


def pytest_configure(config: pytest.Config) -> None:
    """Give each worker its share of the cores: more threads than cores wait for one another."""
    workers = getattr(config.option, "numprocesses", None)
    if workers:
        share = max(1, (os.cpu_count() or 1) // workers)
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            # Native libraries read it when they are loaded: in the workers, which inherit it.
            os.environ.setdefault(name, str(share))


# Derandomized: the same examples everywhere, so that a red run can be repeated.
hypothesis.settings.register_profile(
    "fold_guard", max_examples=60, deadline=None, derandomize=True, database=None
)
hypothesis.settings.load_profile("fold_guard")


@pytest.fixture(scope="session")
def covid_path() -> Path:
    return ROOT / "data" / "raw" / "covid_testing.parquet"


@pytest.fixture(scope="session")
def covid(covid_path: Path) -> pl.DataFrame:
    return pl.read_parquet(covid_path)


@pytest.fixture(scope="session")
def clinic() -> pl.DataFrame:
    """Forty patients of three visits each; two classes, thirty days."""
    rng = np.random.default_rng(11)
    rows = 120
    patient = np.arange(rows) // 3
    return pl.DataFrame(
        {
            "visit": np.arange(rows) + 1,
            "patient": patient,
            "day": np.arange(rows) % 30,
            "y": np.where(patient % 2 == 0, "yes", "no"),
            "x": rng.normal(size=rows),
        }
    )


ClinicFolds = Callable[..., FoldMap]


@pytest.fixture(scope="session")
def clinic_folds(clinic: pl.DataFrame) -> ClinicFolds:
    """Make a fold map of the clinic."""

    def make(strategy: Any = "stratified_group", **settings: Any) -> FoldMap:
        return make_folds(
            clinic,
            FoldPlan(strategy, **{"n_splits": 4, **settings}),
            id="visit",
            label="y",
            groups=["patient"],
            time="day",
        )

    return make
