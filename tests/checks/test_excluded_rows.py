"""Rows of fold -2 are in neither side of any round, and in no check that compares sides."""

from __future__ import annotations

import polars as pl
import pytest

from fold_guard.evidence.audit import audit
from fold_guard.evidence.report import Report

# Row 4 has the patient of fold 0 and the house of fold 1, and is equal to row 1 in every feature.
TABLE = pl.DataFrame(
    {
        "id": [1, 2, 3, 4],
        "patient": [7, 8, 9, 7],
        "house": [1, 2, 3, 2],
        "x": [0.5, 1.5, 2.5, 0.5],
        "y": ["a", "b", "a", "b"],
    }
)


def audited(last: int) -> Report:
    table = TABLE.with_columns(fold=pl.Series([0, 1, 1, last]))
    return audit(
        table, fold="fold", id="id", label="y", groups=["patient", "house"], features=["x"]
    )


def measured(report: Report, code: str) -> list[dict[str, object]]:
    return [dict(each.measured) for each in report.checks if each.code == code]


@pytest.mark.parametrize("code", ["FG301", "FG302", "FG303"])
def test_what_would_leak_does_not_when_it_is_excluded(code: str) -> None:
    leaks, excluded = (measured(audited(fold), code) for fold in (1, -2))
    assert any(each["cross_fold_pairs"] for each in leaks)
    assert not any(each["cross_fold_pairs"] for each in excluded)
    totals = ("test_rows_leaking_total", "test_rows_with_copy_in_train_total")
    assert not any(each.get(name) for each in excluded for name in totals)


def test_a_chain_through_an_excluded_row_is_none() -> None:
    [found] = measured(audited(-2), "FG302")
    # Rows 1, 2 and 3 by themselves; row 4 would join the first two.
    assert (found["components"], found["largest_component"], found["null_keys"]) == (3, 1, 0)


def test_fold_shape_says_how_many_are_excluded() -> None:
    report = audited(-2)
    [found] = [each for each in report.checks if each.code == "FG201"]
    assert found.measured["rows_excluded"] == 1
    assert "1 row excluded from every round" in found.summary
    assert found.measured["rounds"] == {
        "0": {"train_rows": 2, "test_rows": 1},
        "1": {"train_rows": 1, "test_rows": 2},
    }
