from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Outcome, Severity, Status
from fold_guard.evidence.check_plan import check_plan
from fold_guard.evidence.report import Report


def check(checked: Any, **changes: Any) -> Report:
    given = {
        "fold_map": checked.fold_map,
        "frame": checked.frame,
        "roles": checked.roles,
        "rules": checked.policy.rules,
        "name": "clinic.csv",
        "plan": "main",
        "policy": checked.policy.digest,
    } | changes
    return check_plan(**given)


def outcome_of(report: Report, name: str) -> Outcome:
    [found] = [each for each in report.checks if each.name == name]
    return found


def test_what_is_declared_is_run(checked: Any) -> None:
    assert {each.name for each in checked.report.checks} == set(checked.policy.rules)
    assert checked.report.passed
    assert checked.verdict.passed
    assert checked.report.plan == "main"


def test_the_report_binds_map_and_policy(checked: Any) -> None:
    assert checked.report.folds.digest == checked.fold_map.digest
    assert checked.report.dataset.digest == checked.fold_map.manifest.dataset.digest
    assert checked.report.policy_digest == checked.policy.digest


def test_suites_add_their_outcomes(checked: Any) -> None:
    mine = Outcome("GX", "mine", "", Status.FAILED, Severity.ERROR, "no")
    report = check(checked, suites=lambda subject: [replace(mine, target=subject.scheme)])
    assert outcome_of(report, "mine").target == "kfold"
    assert report.outcome is Status.FAILED


def test_an_edited_map_is_a_finding_and_another_digest(checked: Any) -> None:
    table = checked.fold_map.table.with_columns(fold=3 - pl.col("fold"))
    report = check(checked, fold_map=replace(checked.fold_map, table=table))
    assert outcome_of(report, "fold_map_matches_data").status is Status.FAILED
    assert report.folds.digest != checked.fold_map.digest


def test_an_edited_plan_is_a_finding_and_another_digest(checked: Any) -> None:
    manifest = checked.fold_map.manifest
    edited = replace(manifest, dataset=replace(manifest.dataset, groups=()))
    report = check(checked, fold_map=replace(checked.fold_map, manifest=edited))
    assert outcome_of(report, "fold_map_matches_data").status is Status.FAILED
    assert report.folds.digest != checked.fold_map.digest


def test_changed_data_is_a_finding_and_another_digest(checked: Any) -> None:
    report = check(checked, frame=checked.frame.with_columns(x=pl.col("x") + 1).tail(-1))
    assert outcome_of(report, "fold_map_matches_data").status is Status.FAILED
    assert report.dataset.digest != checked.report.dataset.digest


def test_a_declared_check_that_does_not_apply_stays_in_the_report(checked: Any) -> None:
    """In an audit it is listed as not run; a plan declared it, and the gate must see it."""
    roles = replace(checked.roles, time=None)
    report = check(checked, roles=roles, rules={"temporal_order": BY_NAME["temporal_order"].rule()})
    assert outcome_of(report, "temporal_order").status is Status.NOT_APPLICABLE
    assert not report.passed
    assert "temporal_order" not in {each.name for each in report.not_run}
    assert "group_overlap" in {each.name for each in report.not_run}


def test_progress_names_each_check(checked: Any) -> None:
    told: list[str] = []
    check(checked, on_progress=told.append)
    assert set(told) >= set(checked.policy.rules)
