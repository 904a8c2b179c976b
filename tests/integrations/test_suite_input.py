from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from fold_guard.errors import DataError
from fold_guard.integrations.suite_input import SuiteInput


def test_facts_name_the_columns_and_the_classes(suite_input: SuiteInput) -> None:
    facts = suite_input.facts()
    assert facts == {
        "n_splits": 2,
        "classes": ["no", "yes"],
        "group_columns": ["patient"],
        "id_column": "id",
        "label_column": "result",
        "time_column": "day",
    }
    assert "time_column" not in replace(suite_input, time=None).facts()


def test_rounds_may_start_at_one_as_forward_plans_do(suite_input: SuiteInput) -> None:
    replace(suite_input, rounds=suite_input.rounds.filter(pl.col("round") == 1)).require_rounds()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"side": pl.lit("valid")}, "unknown side"),
        ({"row_id": pl.lit(None, dtype=pl.Int64)}, "24 rows have no row_id"),
        ({"round": pl.lit(5, dtype=pl.Int64)}, "not those of 2 folds"),
    ],
)
def test_odd_rounds_are_refused(
    suite_input: SuiteInput, change: dict[str, pl.Expr], says: str
) -> None:
    changed = replace(suite_input, rounds=suite_input.rounds.with_columns(**change))
    with pytest.raises(DataError, match=says):
        changed.require_rounds()
