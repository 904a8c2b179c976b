"""Judge a fold map from Python: checks and gate in one call, without params.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Severity, Status
from fold_guard.checks.rule import Rule
from fold_guard.checks.run import run_checks
from fold_guard.checks.subjects.prepare import subject_of_map
from fold_guard.checks.subjects.subject import Subject
from fold_guard.dataset.frames import to_polars
from fold_guard.evidence.audit import default_rules
from fold_guard.evidence.check_plan import plan_report
from fold_guard.evidence.report import Report
from fold_guard.folds.fold_map import FoldMap
from fold_guard.gate.policy import Policy
from fold_guard.gate.verdict import Bindings, Verdict, decide, features_digest
from fold_guard.identity.hashing import json_digest


def judge(
    frame: Any,
    fold_map: FoldMap,
    *,
    features: str | Sequence[str] | None = None,
    rules: Mapping[str, Rule] | None = None,
    plan: str = "plan",
) -> Verdict:
    """Check a fold map against its table and decide whether training may start.

    Parameters
    ----------
    frame : pandas.DataFrame, polars.DataFrame or pyarrow.Table
        The table that the map was made from, all columns.
    fold_map : FoldMap
    features : str or sequence of str, optional
        Default: every column without another role.
    rules : mapping of check name to Rule, optional
        Default: every check of the catalogue that applies to the map, with its default
        thresholds; the order of time is a warning for maps that do not claim it (k-fold).
    plan : str
        What the verdict calls the plan.

    Returns
    -------
    Verdict
        For `fold_guard.cross_validate`.

    Raises
    ------
    UsageError
        The table lacks a column that the map names.

    Examples
    --------
    >>> import pandas as pd
    >>> from fold_guard import FoldPlan, make_folds
    >>> table = pd.DataFrame({"row": range(8), "y": list("abababab"), "x": range(8)})
    >>> folds = make_folds(table, FoldPlan("stratified", n_splits=2), id="row", label="y")
    >>> judge(table, folds).passed
    True
    """
    table, facts = to_polars(frame), fold_map.manifest.dataset
    chosen = (features,) if isinstance(features, str) else features
    roles = replace(facts.roles, features=None if chosen is None else tuple(chosen)).resolve(
        table.columns, source="table", fold=filter(None, [fold_map.manifest.plan.column])
    )
    subject = subject_of_map(fold_map, table, roles)
    declared = _by_default(subject) if rules is None else dict(rules)
    outcomes = run_checks(subject, declared)
    if rules is None:
        # What does not apply to the map or the data is no part of a policy that nobody wrote.
        outcomes = tuple(each for each in outcomes if each.status is not Status.NOT_APPLICABLE)
        left = {each.name for each in outcomes}
        declared = {name: rule for name, rule in declared.items() if name in left}
    policy = Policy(plan, declared, {}, {})
    report = plan_report(
        fold_map,
        subject,
        outcomes,
        columns=table.width,
        name="table",
        plan=plan,
        policy=policy.digest,
    )
    return verdict_on(report, policy)


def verdict_on(report: Report, policy: Policy) -> Verdict:
    """Judge a check report under a policy; the verdict is bound to what the report is on.

    Parameters
    ----------
    report : Report
    policy : Policy
        As it stands now.
    """
    return decide(
        report.checks,
        policy,
        Bindings(
            dataset=report.dataset.digest,
            fold_map=report.folds.digest,
            policy=policy.digest,
            report=json_digest(report.to_json()),
            features=features_digest(report.dataset.features),
        ),
        checked_under=report.policy_digest,
    )


def _by_default(subject: Subject) -> dict[str, Rule]:
    rules = default_rules(subject.roles)
    if subject.scheme == "kfold" and "temporal_order" in rules:
        rules["temporal_order"] = BY_NAME["temporal_order"].rule(severity=Severity.WARNING)
    return rules
