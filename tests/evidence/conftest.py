from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
import pytest

from fold_guard.dataset.roles import Roles
from fold_guard.evidence.audit import default_rules
from fold_guard.evidence.check_plan import check_plan
from fold_guard.evidence.report import Report
from fold_guard.folds.fold_map import FoldMap
from fold_guard.gate.policy import Policy
from fold_guard.gate.verdict import Bindings, Verdict, decide, features_digest
from fold_guard.identity.hashing import json_digest


@dataclass(frozen=True)
class Checked:
    fold_map: FoldMap
    frame: pl.DataFrame
    roles: Roles
    policy: Policy
    report: Report
    verdict: Verdict


def bindings(report: Report, policy: Policy) -> Bindings:
    return Bindings(
        report.dataset.digest,
        report.folds.digest,
        policy.digest,
        json_digest(report.to_json()),
        features_digest(report.dataset.features),
    )


@pytest.fixture(scope="session")
def checked(clinic: pl.DataFrame, clinic_folds: Any) -> Checked:
    """The clinic, checked as the pipeline does; time is not looked at."""
    fold_map: FoldMap = clinic_folds()
    roles = Roles(("visit",), "y", ("patient",), "day").resolve(clinic.columns, source="clinic")
    rules = default_rules(roles)
    for name in ("temporal_order", "purge_embargo"):
        del rules[name]
    policy = Policy("main", rules, {}, {})
    report = check_plan(
        fold_map, clinic, roles, rules, name="clinic.csv", plan="main", policy=policy.digest
    )
    verdict = decide(report.checks, policy, bindings(report, policy))
    return Checked(fold_map, clinic, roles, policy, report, verdict)
