"""A dozen rows that keep every rule, and suites written on the fly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from fold_guard.integrations.suite_input import SuiteInput

WriteFile = Callable[..., Path]


@pytest.fixture
def suite_input() -> SuiteInput:
    rows = 12
    table = pl.DataFrame(
        {
            "id": range(rows),
            "patient": [row // 2 for row in range(rows)],
            "day": range(rows),
            "age": [30.0 + row for row in range(rows)],
            "result": ["no", "yes"] * (rows // 2),
        }
    )
    fold_map = pl.DataFrame(
        {
            "row_id": table["id"],
            "fold": [row // 6 for row in range(rows)],
            "label": table["result"],
            "row_digest": pl.Series(range(rows), dtype=pl.UInt64),
        }
    )
    base = fold_map.drop("row_digest").with_columns(table["patient"], table["day"])
    rounds = pl.concat(
        base.with_columns(
            pl.lit(j, dtype=pl.Int64).alias("round"),
            pl.when(pl.col("fold") == j)
            .then(pl.lit("test"))
            .otherwise(pl.lit("train"))
            .alias("side"),
        )
        for j in range(2)
    )
    return SuiteInput(table, fold_map, rounds, "id", "result", ("patient",), "day", 2)


@pytest.fixture
def write_python(tmp_path: Path) -> WriteFile:
    """Write a Python suite file; its body follows the imports that every one needs."""

    def write(body: str, name: str = "suite.py") -> Path:
        path = tmp_path / name
        path.write_text(f"import pandera.polars as pa\nimport polars as pl\n\n{body}\n")
        return path

    return write


@pytest.fixture
def write_json(tmp_path: Path) -> WriteFile:
    """Write a Great Expectations suite of (type, kwargs) pairs."""

    def write(*expectations: tuple[str, dict[str, object]], name: str = "suite.json") -> Path:
        listed = [{"type": kind, "kwargs": kwargs} for kind, kwargs in expectations]
        path = tmp_path / name
        path.write_text(json.dumps({"name": "suite", "expectations": listed}))
        return path

    return write
