"""Check a fold map against its table: the report that the gate reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import polars as pl

from fold_guard.checks.outcome import Outcome
from fold_guard.checks.rule import Rule
from fold_guard.checks.run import run_checks
from fold_guard.checks.subjects.prepare import subject_of_map
from fold_guard.checks.subjects.subject import Subject
from fold_guard.dataset.roles import Roles
from fold_guard.evidence.audit import report_on
from fold_guard.evidence.report import Report
from fold_guard.folds.fold_map import FoldMap


def check_plan(
    fold_map: FoldMap,
    frame: pl.DataFrame,
    roles: Roles,
    rules: Mapping[str, Rule],
    *,
    name: str,
    plan: str,
    policy: str,
    estimator: object | None = None,
    suites: Callable[[Subject], Sequence[Outcome]] = lambda _: (),
    on_progress: Callable[[str], None] = lambda _: None,
) -> Report:
    """Run the declared checks and suites of a plan.

    Parameters
    ----------
    fold_map : FoldMap
        Loaded without verification: an edited map is a finding, not a crash.
    frame : polars.DataFrame
        All columns of the table.
    roles : Roles
        Resolved.
    rules : mapping of check name to Rule
    name : str
        Of the table's file.
    plan : str
        The plan's name in params.yaml.
    policy : str
        Digest of the policy.
    estimator : object, optional
        What is trained on the folds, not fitted; for the checks that fit it.
    suites : callable Subject -> outcomes
        Runs the user's own suites; the core does not know how.
    on_progress : callable of str
    """
    subject = replace(subject_of_map(fold_map, frame, roles), estimator=estimator)
    outcomes = (*run_checks(subject, rules, on_progress=on_progress), *suites(subject))
    return plan_report(
        fold_map, subject, outcomes, columns=frame.width, name=name, plan=plan, policy=policy
    )


def plan_report(
    fold_map: FoldMap,
    subject: Subject,
    outcomes: Sequence[Outcome],
    *,
    columns: int,
    name: str,
    plan: str,
    policy: str,
) -> Report:
    """Gather the outcomes of a plan's checks into a report that is bound to its fold map.

    Parameters
    ----------
    fold_map, name, plan, policy
        As for `check_plan`.
    subject : Subject
        Made of the fold map.
    outcomes : sequence of Outcome
    columns : int
        Of the table.
    """
    assert subject.reconciliation is not None
    report = report_on(
        subject,
        outcomes,
        name=name,
        dataset=subject.reconciliation.dataset_digest,
        source=plan,
        columns=columns,
        plan=plan,
        policy=policy,
    )
    # Not only of the assignment: plan and roles in the manifest decide what the rounds are.
    return replace(report, folds=replace(report.folds, digest=fold_map.digest_now()))
