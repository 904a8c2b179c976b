"""Stage 3: judge the report under the policy."""

from __future__ import annotations

from fold_guard.dataset.files import write_json
from fold_guard.evidence.judge import verdict_on
from fold_guard.gate.verdict import Verdict
from fold_guard.project import Project
from fold_guard.stages.workspace import written_report


def gate(project: Project, plan: str) -> Verdict:
    """Stage 3: judge the report under the policy; writes the verdict."""
    paths, policy = project.paths(plan), project.policy(plan)
    report = written_report(project, plan)
    verdict = verdict_on(report, policy)
    write_json(paths.verdict, verdict.to_json())
    return verdict
