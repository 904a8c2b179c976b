from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from fold_guard.checks.outcome import Finding, Status
from fold_guard.errors import ArtifactError
from fold_guard.evidence.report import RepeatFacts, Report, report_from_json
from fold_guard.identity.hashing import json_digest


def read(raw: dict[str, Any]) -> Report:
    return report_from_json(raw, source="check.json", remedy="Run: fold-guard check")


@pytest.fixture(scope="session")
def written(checked: Any) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads(json.dumps(checked.report.to_json(), allow_nan=False))
    return raw


def test_a_real_report_comes_back_with_the_same_digest(checked: Any, written: Any) -> None:
    again = read(copy.deepcopy(written))
    assert json.loads(json.dumps(again.to_json())) == written
    assert json_digest(again.to_json()) == json_digest(checked.report.to_json())
    assert again.dataset == checked.report.dataset
    assert again.folds == checked.report.folds
    assert [each.status for each in again.checks] == [o.status for o in checked.report.checks]


def test_row_ids_keep_their_type(checked: Any) -> None:
    first, *others = checked.report.checks
    for rows in ((1, 2), ("1", "x")):
        finding = replace(first, findings=(Finding("m", 2, rows),))
        again = read(replace(checked.report, checks=(finding, *others)).to_json())
        assert again.checks[0].findings[0].rows == rows


def test_the_keys_of_the_contract_are_there(written: dict[str, Any]) -> None:
    assert written["schema"] == "fold-guard/audit/1"
    assert {"schema", "outcome", "dataset", "folds", "checks"} <= set(written)
    for check in written["checks"]:
        assert {"code", "name", "target", "outcome", "severity", "measured", "findings"} <= set(
            check
        )
        for finding in check["findings"]:
            assert {"message", "count", "rows"} <= set(finding)


@pytest.mark.parametrize(
    ("statuses", "outcome", "passed"),
    [
        ((), Status.ERROR, False),
        ((Status.PASSED,), Status.PASSED, True),
        ((Status.PASSED, Status.WARNED), Status.WARNED, True),
        ((Status.WARNED, Status.NOT_APPLICABLE), Status.NOT_APPLICABLE, False),
        ((Status.NOT_APPLICABLE, Status.SKIPPED), Status.SKIPPED, False),
        ((Status.SKIPPED, Status.FAILED, Status.PASSED), Status.FAILED, False),
        ((Status.FAILED, Status.ERROR), Status.ERROR, False),
    ],
)
def test_the_worst_outcome_decides(
    checked: Any, statuses: tuple[Status, ...], outcome: Status, passed: bool
) -> None:
    checks = tuple(replace(checked.report.checks[0], status=status) for status in statuses)
    report = replace(checked.report, checks=checks)
    assert (report.outcome, report.passed) == (outcome, passed)
    assert report.count(*set(statuses)) == len(statuses)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw.update(schema="fold-guard/audit/2"), "schema"),
        (lambda raw: raw.pop("schema"), "schema"),
        (lambda raw: raw.pop("checks"), "checks"),
        (lambda raw: raw.pop("not_run"), "not_run"),
        (lambda raw: raw.pop("dataset"), "dataset"),
        (lambda raw: raw["dataset"].pop("digest"), "dataset.digest"),
        (lambda raw: raw["checks"].append(5), "incomplete"),
        (lambda raw: raw["checks"][0].pop("code"), "code"),
        (lambda raw: raw["checks"][0].update(outcome="fine"), "status"),
        (lambda raw: raw["checks"][0].update(severity="none"), "severity"),
        (lambda raw: raw.update(checks=None), "incomplete"),
        (lambda raw: raw.update(outcome="failed"), "not what its checks say"),
        (lambda raw: raw["checks"][0].update(outcome="failed"), "not what its checks say"),
        (lambda raw: raw["checks"].clear(), "not what its checks say"),
        (lambda raw: raw.pop("outcome"), "not what its checks say"),
    ],
)
def test_a_report_that_was_edited_or_damaged(
    written: dict[str, Any], change: Callable[[dict[str, Any]], object], said: str
) -> None:
    raw = copy.deepcopy(written)
    change(raw)
    with pytest.raises(ArtifactError, match=said) as caught:
        read(raw)
    assert caught.value.where == "check.json"
    assert caught.value.remedy == "Run: fold-guard check"


def test_a_failing_report_edited_to_say_passed(checked: Any) -> None:
    failed = replace(checked.report.checks[0], status=Status.FAILED)
    raw = replace(checked.report, checks=(failed, *checked.report.checks[1:])).to_json()
    assert read(copy.deepcopy(raw)).outcome is Status.FAILED
    raw["outcome"] = "passed"
    with pytest.raises(ArtifactError, match="'passed' is not what its checks say"):
        read(raw)


def test_as_text_it_is_the_outcome_and_a_line_for_each_check_that_did_not_pass(
    checked: Any,
) -> None:
    first, *others = checked.report.checks
    bad = replace(first, status=Status.FAILED, summary="3 rows <b>\x1b[2J\u202e")
    passed = [replace(each, status=Status.PASSED) for each in others]

    report = replace(checked.report, checks=(*passed, bad))
    head, *lines = str(report).splitlines()

    assert head.startswith("REFUSED  ")
    assert "1 failed" in head
    assert lines == [f"  {bad.code} {bad.name} {bad.target}: failed, 3 rows <b>\\x1b[2J\\u202e"]
    assert "<b>" not in report._repr_html_()
    assert str(replace(report, checks=tuple(passed))).startswith("PASSED")


def test_what_is_not_there_does_not_stand_in_the_report(written: dict[str, Any]) -> None:
    assert not {"labels", "evaluation_time"} & set(written["dataset"])
    assert "repeats" not in written["folds"]


def test_repeats_come_back_and_are_told(checked: Any) -> None:
    facts = checked.report.folds
    repeats = (RepeatFacts(facts.rows, facts.by_class), RepeatFacts((30,) * 4, facts.by_class))
    report = replace(checked.report, folds=replace(facts, repeats=repeats))
    again = read(json.loads(json.dumps(report.to_json())))
    assert again.folds.repeats == repeats
    assert (again.folds.size, facts.size) == ("2 repeats of 4 folds", "4 folds")
    assert "120 rows, 2 repeats of 4 folds;" in str(report)
