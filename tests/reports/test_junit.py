from __future__ import annotations

from collections import Counter
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from fold_guard.checks.outcome import Severity, Status
from fold_guard.evidence.report import Report
from fold_guard.reports.junit import render_junit
from tests.reports import text_fixtures as made

INSIDE = {
    Status.PASSED: [],
    Status.WARNED: ["system-out"],
    Status.FAILED: ["failure"],
    Status.ERROR: ["error"],
    Status.SKIPPED: ["skipped"],
    Status.NOT_APPLICABLE: ["skipped"],
}


def suite_of(report: Report) -> ET.Element:
    root = ET.fromstring(render_junit(report))
    assert root.tag == "testsuites"
    (suite,) = root
    assert root.attrib.items() >= {k: v for k, v in suite.attrib.items() if k != "name"}.items()
    return suite


@pytest.mark.parametrize("status", Status)
def test_a_case_for_each_outcome_and_each_check_that_was_not_run(status: Status) -> None:
    report = made.leaky()
    first, *others = report.checks
    report = replace(report, checks=(replace(first, status=status), *others))
    suite = suite_of(report)
    cases = {case.get("name"): [child.tag for child in case] for case in suite.iter("testcase")}
    expected = {
        " ".join(x for x in (each.code, each.name, each.target) if x): INSIDE[each.status]
        for each in report.checks
    } | {f"{each.code} {each.name}": ["skipped"] for each in report.not_run}
    assert cases == expected
    tags = Counter(tag for inside in cases.values() for tag in inside)
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert suite.get(count) == str(tags[tag])
    assert suite.get("tests") == str(len(cases))


def test_a_failure_holds_the_number_and_the_findings() -> None:
    (failure,) = suite_of(made.leaky()).findall("testcase[@name='FG301 group_overlap patient']/*")
    assert (failure.text or "").splitlines()[0] == failure.get("message")
    assert "80 of 80 groups" in (failure.get("message") or "")
    assert "patient 0: 3 rows in folds 0, 1 and 2: rows 1000, 1001, 1002" in (failure.text or "")


def test_a_refusal_that_no_case_shows_has_a_case_of_its_own() -> None:
    report = made.warned()
    assert suite_of(report).find("testcase[@name='verdict']") is None
    strict = replace(report, fail_on=Severity.WARNING)
    assert suite_of(strict).find("testcase[@name='verdict']/failure") is not None
    skipped = tuple(replace(each, status=Status.SKIPPED) for each in report.checks)
    assert suite_of(replace(report, checks=skipped)).get("failures") == "1"
