"""Stage 5: gather all plans into one HTML page."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

import polars as pl

from fold_guard.checks.subjects.prepare import subject_of_map
from fold_guard.crossval.result import Result
from fold_guard.dataset.files import write_text
from fold_guard.errors import UsageError
from fold_guard.evidence.dossier import Comparison, Dossier, PlanDossier
from fold_guard.evidence.gather import gather_plan
from fold_guard.evidence.hidden import hidden_dossier
from fold_guard.evidence.standing import (
    PROVENANCE_FILE,
    Statement,
    decided_again,
    scores_standing,
    verdict_standing,
)
from fold_guard.folds.fold_map import FoldMap
from fold_guard.gate.verdict import Verdict
from fold_guard.identity.pseudonyms import find_key
from fold_guard.project import Project
from fold_guard.stages.workspace import (
    given_verdict,
    roles_of,
    scored_by,
    table_of,
    written_report,
)

_VERSIONS = (
    "fold-integrity",
    "scikit-learn",
    "pandas",
    "polars",
    "numpy",
    "pandera",
    "great-expectations",
    "dvc",
)


def report(project: Project) -> Dossier:
    """Stage 5: gather all plans into one HTML page."""
    from fold_guard.reports.html import render_dossier

    dossier = gather(project)
    write_text(project.index, render_dossier(dossier))
    return dossier


def gather(project: Project) -> Dossier:
    """Read what the stages of every plan wrote; with a key, pseudonyms stand for row ids.

    Without a section ``cv`` a project ends at the gate, and its report has no scores.
    """
    key, frame = find_key(), table_of(project)
    plans = tuple(_gather_plan(project, name, frame) for name in project.plans)
    dossier = Dossier(
        title=project.report.title,
        claim=project.report.claim,
        headline=() if project.cv is None else project.cv.headline,
        plans=plans,
        comparison=_comparison(
            project, {each.name: each.result for each in plans if each.result is not None}
        ),
        parameters=project.text,
        versions={name: found for name in _VERSIONS if (found := _version(name))},
    )
    return hidden_dossier(dossier, key)


def _gather_plan(project: Project, plan: str, frame: pl.DataFrame) -> PlanDossier:
    from fold_guard.crossval.stored import read_requirements, read_result

    paths, policy = project.paths(plan), project.policy(plan)
    fold_map = FoldMap.load(paths.folds)
    subject = subject_of_map(fold_map, frame, roles_of(project, frame))
    written, given = written_report(project, plan), given_verdict(project, plan)
    found = subject.reconciliation
    dataset = found.dataset_digest if found is not None else ""
    verdict = verdict_standing(given, written, policy, fold_map, dataset)
    reason = _no_score(project, plan, given, verdict)
    gathered = gather_plan(
        subject,
        fold_map.manifest,
        written,
        # On the page stands what report and policy give, whatever a file says.
        decided_again(given, written, policy),
        None if reason else read_result(paths.cv),
        () if reason else read_requirements(paths.cv),
        reason,
    )
    return replace(gathered, awaited=project.cv is not None or not verdict.holds)


def _no_score(project: Project, plan: str, given: Verdict, verdict: Statement) -> str:
    """Say why no score of a plan may be shown; empty when one may."""
    paths = project.paths(plan)
    scored = (paths.cv / PROVENANCE_FILE).is_file()
    old = "; scores of an earlier run are not shown" if scored else ""
    if not verdict.holds:
        return f"the verdict allows none, {verdict.detail}{old}"
    if project.cv is None:
        return f"cross-validation was not run, as params.yaml has no section cv{old}"
    if not scored:
        return "there are none: the cv stage has not run"
    scores = scores_standing(paths.cv, given, scored_by(project, plan))
    return "" if scores.holds else f"scores do not stand: {scores.detail}"


def _comparison(project: Project, results: dict[str, Result]) -> Comparison | None:
    asked = project.report.compare
    if asked is None or not {asked.loose, asked.strict} <= set(results):
        return None
    means = []
    for plan in (asked.loose, asked.strict):
        summary = results[plan].summary.get(asked.metric)
        if summary is None or summary.estimate is None:
            raise UsageError(
                f"plan {plan!r} has no value of metric {asked.metric!r}",
                where="params.yaml: report.compare.metric",
            )
        means.append(summary.estimate)
    return Comparison(asked.metric, asked.loose, asked.strict, asked.ignores, means[0], means[1])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
