"""Stage 2: run every declared check and suite."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl

from fold_guard.checks.outcome import Outcome
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.training.training_function import FITTING
from fold_guard.dataset.files import atomic_directory, write_json
from fold_guard.evidence.check_plan import check_plan
from fold_guard.evidence.report import Report
from fold_guard.folds.fold_map import FoldMap
from fold_guard.gate.policy import Policy
from fold_guard.project import Project
from fold_guard.stages.workspace import named_estimator, roles_of, table_of

Progress = Callable[[str], None]


def check(project: Project, plan: str, on_progress: Progress = lambda _: None) -> Report:
    """Stage 2: run every declared check and suite; writes the report, whatever it says."""
    paths, frame = project.paths(plan), table_of(project)
    fold_map = FoldMap.load(paths.folds, verify=False)
    data_docs = atomic_directory(paths.data_docs)
    report = checked(project, plan, frame, fold_map, data_docs, on_progress)
    write_json(paths.check, report.to_json())
    return report


def checked(
    project: Project,
    plan: str,
    frame: pl.DataFrame,
    fold_map: FoldMap,
    data_docs: AbstractContextManager[Path | None],
    on_progress: Progress,
) -> Report:
    """Run what the policy declares, without writing the report; Data Docs go where it is said."""
    policy = project.policy(plan)

    def suites(subject: Subject) -> tuple[Outcome, ...]:
        from fold_guard.integrations.suites import run_suites

        with data_docs as folder:
            return run_suites(
                policy,
                subject,
                fold_map,
                frame,
                root=project.root,
                data_docs=folder,
                on_progress=on_progress,
            )

    return check_plan(
        fold_map,
        frame,
        roles_of(project, frame),
        policy.rules,
        name=project.table.name,
        plan=plan,
        policy=policy.digest,
        estimator=_estimator(project, policy),
        suites=suites,
        on_progress=on_progress,
    )


def _estimator(project: Project, policy: Policy) -> object | None:
    """Build what cv trains, if a declared check fits it; its code is not imported otherwise."""
    if project.cv is None or policy.rules.keys().isdisjoint(FITTING):
        return None
    return named_estimator(project)
