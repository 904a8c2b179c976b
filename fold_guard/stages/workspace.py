"""What the stages find on disk: table, roles, report, verdict."""

from __future__ import annotations

import polars as pl

from fold_guard.dataset.files import read_json
from fold_guard.dataset.reading import read_table
from fold_guard.dataset.roles import Roles
from fold_guard.errors import ConfigError, Refused
from fold_guard.evidence.report import Report, report_from_json
from fold_guard.gate.verdict import Verdict, verdict_from_json
from fold_guard.project import CvSection, Project


def table_of(project: Project) -> pl.DataFrame:
    """Read the table of a project."""
    return read_table(project.table, dtypes=project.data.dtypes)


def roles_of(project: Project, frame: pl.DataFrame) -> Roles:
    """Return the roles, checked against the table; a column that holds folds is no feature."""
    held = [plan.fold.column for plan in project.plans.values() if plan.fold.column]
    return project.roles.resolve(frame.columns, source=project.data.path, fold=dict.fromkeys(held))


def written_report(project: Project, plan: str) -> Report:
    """Return the report that the check stage wrote."""
    path = project.paths(plan).check
    remedy = f"Run: fold-guard check --plan {plan}"
    report = report_from_json(read_json(path, remedy=remedy), source=str(path), remedy=remedy)
    if report.plan != plan:
        raise Refused(f"the report is on plan {report.plan!r}", where=str(path), remedy=remedy)
    return report


def given_verdict(project: Project, plan: str) -> Verdict:
    """Return the verdict that the gate stage wrote."""
    path = project.paths(plan).verdict
    return verdict_from_json(
        read_json(path, remedy=f"Run: fold-guard gate --plan {plan}"), source=str(path)
    )


def cv_settings(project: Project) -> CvSection:
    """Return the section of the cv stage."""
    if project.cv is None:
        raise ConfigError([("cv", "is missing; name an estimator under cv.estimator")])
    return project.cv
