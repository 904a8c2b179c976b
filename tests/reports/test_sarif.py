"""SARIF 2.1.0: the parts of the standard that we use, and what viewers need beyond it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from fold_guard.checks.catalogue import CATALOGUE
from fold_guard.checks.outcome import Status
from fold_guard.evidence.baseline import accept, baseline_of
from fold_guard.evidence.report import Report
from fold_guard.reports.place import Place
from fold_guard.reports.sarif import render_sarif, uri_of
from tests.reports import text_fixtures as made
from tests.reports.hostile_reports import NASTY

# By section of the standard: the properties that we may use; the first so many are a must.
ALLOWED: dict[str, tuple[int, tuple[str, ...]]] = {
    "log": (2, ("version", "runs", "$schema")),
    "run": (
        2,
        ("tool", "results", "automationDetails", "invocations", "columnKind", "properties"),
    ),
    "driver": (2, ("name", "rules", "semanticVersion")),
    "rule": (
        1,
        (
            "id",
            "name",
            "shortDescription",
            "fullDescription",
            "help",
            "defaultConfiguration",
            "properties",
        ),
    ),
    "result": (
        6,
        (
            "ruleId",
            "ruleIndex",
            "level",
            "message",
            "locations",
            "partialFingerprints",
            "baselineState",
            "suppressions",
        ),
    ),
    "location": (1, ("physicalLocation", "logicalLocations")),
    "physical": (2, ("artifactLocation", "region")),
    "invocation": (
        1,
        (
            "executionSuccessful",
            "exitCode",
            "exitCodeDescription",
            "toolConfigurationNotifications",
        ),
    ),
}


def require(kind: str, value: Any) -> Any:
    needed, allowed = ALLOWED[kind]
    assert isinstance(value, dict)
    assert set(allowed[:needed]) <= set(value) <= set(allowed), (kind, set(value))
    return value


def read(report: Report, place: Place | None = None) -> tuple[Any, list[Any]]:
    """Parse, and hold every part to the standard."""
    log = require("log", json.loads(render_sarif(report, place=place)))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("/sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    require("run", run)
    driver = require("driver", run["tool"]["driver"])
    rules = driver["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        require("rule", rule)
        assert all(rule[key]["text"] for key in ("shortDescription", "help"))
    (invocation,) = run["invocations"]
    require("invocation", invocation)
    for result in run["results"]:
        require("result", result)
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        ((name, mark),) = result["partialFingerprints"].items()
        assert name == "foldGuardFinding/v1"
        assert len(mark) == 64
        (location,) = result["locations"]
        physical = require("physical", require("location", location)["physicalLocation"])
        uri = physical["artifactLocation"]["uri"]
        assert uri.isascii()
        assert not urlsplit(uri).scheme
        assert physical["region"]["startLine"] >= 1
    return run, run["results"]


def test_a_result_for_each_finding_that_counts() -> None:
    report = made.leaky()
    run, results = read(report)
    failed = [each for each in report.checks if each.status is Status.FAILED]
    assert [(r["ruleId"], r["level"]) for r in results] == [
        (each.code, "error") for each in failed for _ in each.findings
    ]
    text = results[0]["message"]["text"]
    assert text.startswith("patient 0: 3 rows in folds 0, 1 and 2: rows 1000, 1001, 1002 (patient")
    assert "240 test rows" in text
    marks = [json.dumps(result["partialFingerprints"]) for result in results]
    assert len(set(marks)) == len(marks)
    said = run["invocations"][0]
    assert said["exitCode"] == 1
    notes = [x["message"]["text"] for x in said["toolConfigurationNotifications"]]
    assert [note.split()[0] for note in notes] == [each.code for each in report.not_run]


@pytest.mark.parametrize(
    ("status", "level"),
    [
        (Status.FAILED, "error"),
        (Status.ERROR, "error"),
        (Status.SKIPPED, "error"),
        (Status.NOT_APPLICABLE, "error"),
        (Status.WARNED, "warning"),
        (Status.PASSED, None),
    ],
)
def test_an_outcome_without_findings_has_a_result_by_its_level(
    status: Status, level: str | None
) -> None:
    report = made.clean_split()
    first, *others = report.checks
    changed = replace(first, status=status, findings=(), summary="why")
    _, results = read(replace(report, checks=(changed, *others)))
    assert [result["level"] for result in results] == ([] if level is None else [level])


def test_the_rules_are_the_catalogue_with_its_help() -> None:
    run, _ = read(made.clean_split())
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert set(rules) == {check.code for check in CATALOGUE}
    for check in CATALOGUE:
        assert check.explanation.fix in rules[check.code]["help"]["text"]
        assert rules[check.code]["defaultConfiguration"]["level"] == check.rule().severity.value


def test_a_suite_of_ones_own_has_a_rule_too() -> None:
    report = made.clean_split()
    suite = replace(report.checks[0], code="GX", name="mine", status=Status.FAILED)
    run, results = read(replace(report, checks=(suite,), plan="main"))
    assert "GX" in [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    (logical,) = results[0]["locations"][0]["logicalLocations"]
    assert logical["fullyQualifiedName"] == "plans.main.suites.mine"


def test_a_plan_points_at_its_line_in_params() -> None:
    report, _ = made.checked(made.strict())
    _, results = read(report, Place("conf/params.yaml", {"class_counts": 12}))
    lines = {
        result["ruleId"]: result["locations"][0]["physicalLocation"]["region"]["startLine"]
        for result in results
    }
    assert lines["FG202"] == 12
    location = results[0]["locations"][0]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "conf/params.yaml"
    assert location["logicalLocations"][0]["fullyQualifiedName"].startswith("plans.main.checks.")
    _, results = read(report)
    assert results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == (
        "params.yaml"
    )


@pytest.mark.parametrize("path", [*NASTY[:4], "a b/ü#?%.csv", "日本.parquet", "c:d"])
def test_paths_are_relative_references_that_lead_back(path: str) -> None:
    uri = uri_of(path)
    assert not urlsplit(uri).scheme
    assert not urlsplit(uri).netloc
    assert unquote(uri) == path


def test_text_from_data_is_no_link_and_no_placeholder() -> None:
    report = made.clean_split()
    bad = replace(report.checks[0], status=Status.FAILED, summary="[x](http://y) {0}", target="")
    _, (result,) = read(replace(report, checks=(replace(bad, findings=()),)))
    assert result["message"]["text"] == "\\[x\\](http://y) {{0}}"


def test_what_a_baseline_knows_is_unchanged_and_suppressed() -> None:
    report = made.leaky()
    _, results = read(accept(report, baseline_of(report), "known.json"))
    assert {(r["level"], r["baselineState"]) for r in results} == {("note", "unchanged")}
    assert all(r["suppressions"][0]["kind"] == "external" for r in results)
    only = replace(report, checks=tuple(x for x in report.checks if x.code != "FG301"))
    _, results = read(accept(report, baseline_of(only), "known.json"))
    states = {(r["ruleId"], r["baselineState"], r["level"]) for r in results}
    assert states == {("FG301", "new", "error"), ("FG306", "unchanged", "note")}
