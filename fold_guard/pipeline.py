"""The whole flow: fold, check, gate, cv, report. The file to read first."""

from __future__ import annotations

from fold_guard.crossval.result import Result
from fold_guard.gate.verdict import Verdict
from fold_guard.project import Project
from fold_guard.stages.check import check
from fold_guard.stages.cv import cv
from fold_guard.stages.fold import fold
from fold_guard.stages.follow_up import follow_up
from fold_guard.stages.gate import gate


def run_plan(project: Project, plan: str) -> tuple[Verdict, Result | None]:
    """Run a plan from table to score in one go; ``dvc repro`` runs the same stages one by one.

    Returns
    -------
    tuple of (Verdict, Result or None)
        Without a passing verdict nothing is trained, and there is no result.
    """
    fold(project, plan)
    check(project, plan)
    verdict = gate(project, plan)
    if not verdict.passed:
        return verdict, None
    scored = cv(project, plan)
    follow_up(project, scored)
    return verdict, scored.result
