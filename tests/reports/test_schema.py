"""The published schema of reports: ours fit it, damaged ones do not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from fold_guard.checks.catalogue import CATALOGUE
from fold_guard.checks.check import Check
from fold_guard.evidence.audit import audit, report_on
from fold_guard.evidence.baseline import accept, baseline_of
from fold_guard.evidence.report import SCHEMA, Report
from fold_guard.reports.json import render_json
from fold_guard.reports.schema import audit_schema
from tests.reports import text_fixtures as made
from tests.reports.examples import outcomes_of
from tests.reports.hostile_reports import reports

TESTS = Path(__file__).parents[1]
COVID = TESTS.parent / "data" / "raw" / "covid_testing.parquet"
VALID = Draft202012Validator(audit_schema())


def closed(schema: Any) -> Any:
    """Return the schema with every object that lists its properties closed."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: value if key in ("allOf", "if", "then") else closed(value)
        for key, value in schema.items()
    }
    if schema.get("type") == "object" and "required" in schema:
        found["additionalProperties"] = False
    return found


COMPLETE = Draft202012Validator(closed(audit_schema()))


def as_read(report: Report) -> Any:
    return json.loads(render_json(report))


@pytest.mark.parametrize("check", CATALOGUE, ids=lambda check: check.code)
def test_every_example_fits(check: Check) -> None:
    for subject, outcomes in outcomes_of(check):
        report = report_on(
            subject, outcomes, name="t", dataset="0" * 64, source="f", columns=1, plan="p"
        )
        COMPLETE.validate(as_read(report))


MADE: dict[str, Callable[[], Report]] = {
    "leaky": made.leaky,
    "clean": made.clean_split,
    "warned": made.warned,
    "hostile": made.hostile,
    "empty": made.empty,
    "plan": lambda: made.checked(made.strict())[0],
    "accepted": lambda: accept(made.leaky(), baseline_of(made.leaky()), "known.json"),
}


@pytest.mark.parametrize("name", MADE)
def test_reports_of_every_kind_fit(name: str) -> None:
    COMPLETE.validate(as_read(MADE[name]()))


def test_the_audit_of_the_demo_fits() -> None:
    table = pl.read_parquet(COVID).with_columns(fold=pl.col("row_id").cast(pl.Int64) % 5)
    report = audit(
        table,
        fold="fold",
        id="row_id",
        label="result",
        groups=["subject_id"],
        time="pan_day",
        name="tests.parquet",
    )
    COMPLETE.validate(as_read(report))


@settings(max_examples=60, deadline=None)
@given(report=reports())
def test_whatever_the_data_says_the_report_fits(report: Report) -> None:
    COMPLETE.validate(as_read(report))


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw.pop("outcome"),
        lambda raw: raw.pop("not_run"),
        lambda raw: raw.update(schema="fold-guard/audit/2"),
        lambda raw: raw.update(outcome="ok"),
        lambda raw: raw.update(outcome="passed"),
        lambda raw: raw.update(outcome="warned"),
        lambda raw: raw.update(fail_on="never"),
        lambda raw: raw["dataset"].pop("rows"),
        lambda raw: raw["dataset"].update(rows=-1),
        lambda raw: raw["dataset"].update(id="visit"),
        lambda raw: raw["folds"].update(count="5"),
        lambda raw: raw["folds"]["by_class"].append([-1]),
        lambda raw: raw["checks"].clear(),
        lambda raw: raw["checks"][0].update(code="XX1"),
        lambda raw: raw["checks"][0].update(severity="fatal"),
        lambda raw: raw["checks"][0].update(outcome=None),
        lambda raw: raw["checks"][0].update(accepted=True),
        lambda raw: raw["checks"][0]["measured"].update(rounds={"first": {}}),
        lambda raw: raw["checks"][0]["findings"].append({"message": "m", "count": 1}),
        lambda raw: raw["checks"][0]["findings"].append(
            {"message": "m", "count": 1, "rows": [1.5]}
        ),
        lambda raw: raw["not_run"].append({"code": "FG999", "name": "x"}),
    ],
)
def test_a_damaged_report_does_not_fit(damage: Callable[[Any], object]) -> None:
    raw = as_read(made.leaky())
    assert VALID.is_valid(raw)
    broken = copy.deepcopy(raw)
    damage(broken)
    assert not VALID.is_valid(broken)


def test_fields_that_come_later_are_welcome() -> None:
    raw = as_read(made.leaky())
    raw["dataset"]["sheet"] = raw["later"] = raw["checks"][0]["note"] = "x"
    VALID.validate(raw)


def test_the_schema_is_valid_and_published_as_it_is_installed() -> None:
    Draft202012Validator.check_schema(audit_schema())
    assert audit_schema()["properties"]["schema"] == {"const": SCHEMA}
    published = TESTS.parent / "docs" / "schemas" / "audit-1.json"
    installed = TESTS.parent / "fold_guard" / "reports" / "schemas" / "audit-1.json"
    assert published.read_bytes() == installed.read_bytes()
