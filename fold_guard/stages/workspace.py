"""What the stages find on disk: table, roles, report, verdict."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, cast

import polars as pl

from fold_guard.dataset.files import read_json
from fold_guard.dataset.reading import read_table
from fold_guard.dataset.roles import Roles
from fold_guard.errors import ConfigError, Refused
from fold_guard.evidence.report import Report, report_from_json
from fold_guard.gate.verdict import Verdict, verdict_from_json
from fold_guard.identity.hashing import file_digest
from fold_guard.project import CvSection, Project

if TYPE_CHECKING:
    from fold_guard.crossval.estimators.specification import Estimator


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


def named_estimator(project: Project) -> Estimator:
    """Build the estimator that params name, with the resampling of its train side."""
    from fold_guard.crossval.estimators.specification import build_estimator

    settings = cv_settings(project)
    estimator = build_estimator(settings.estimator, path="cv.estimator")
    if settings.resample is None:
        return estimator
    from fold_guard.integrations.imbalanced_learn import resampled

    sampler = build_estimator(settings.resample, path="cv.resample", needs=("fit_resample",))
    return cast("Estimator", resampled(estimator, sampler))


def scored_by(project: Project, plan: str) -> dict[str, object]:
    """Return all that scores, and what is said of them, follow from beside data, folds and policy.

    Targets are among it: another target is another statement.
    """
    require = project.plan(plan).require
    paths = dict.fromkeys(each.no_worse_than for each in require if each.no_worse_than)
    stored = {path: project.root / path / "result.json" for path in paths}
    return {
        **cv_settings(project).scored_by(),
        "segments": list(project.roles.segments),
        "require": [asdict(each) for each in require],
        "baselines": {p: file_digest(at) if at.is_file() else "" for p, at in stored.items()},
    }
