"""Stage 4: train and score, if the verdict allows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

from fold_guard.crossval.requirements import RequirementOutcome, check_requirements
from fold_guard.crossval.result import Result, RunFacts
from fold_guard.dataset.files import atomic_directory, write_json
from fold_guard.errors import UsageError
from fold_guard.evidence.standing import (
    require_standing,
    standing,
    verdict_standing,
    write_provenance,
)
from fold_guard.folds.fold_map import FoldMap
from fold_guard.identity.hashing import json_digest
from fold_guard.project import Project
from fold_guard.stages.verify import remade_statement
from fold_guard.stages.workspace import (
    cv_settings,
    given_verdict,
    roles_of,
    table_of,
    written_report,
)
from fold_guard.suggest import did_you_mean


def cv(
    project: Project, plan: str, on_progress: Callable[[int, int], None] | None = None
) -> tuple[Result, tuple[RequirementOutcome, ...]]:
    """Stage 4: train and score, if the verdict allows it; writes the result.

    Raises
    ------
    Refused
        The verdict refuses, or does not fit what is on disk now, or the checks that it rests on do
        not hold when they are computed anew: the verdict itself, the built-in checks, the folds.
    UsageError
        ``cv.headline`` or ``report.compare`` names a metric that there is not.
    """
    # Nothing heavier than digests before the verdict has been looked at.
    verdict = given_verdict(project, plan)
    from fold_guard.crossval.artifacts import write_result
    from fold_guard.crossval.estimator import Classifier, build_estimator
    from fold_guard.crossval.guard import cross_validate
    from fold_guard.engines.local import LocalEngine

    section, paths, policy = project.plan(plan), project.paths(plan), project.policy(plan)
    settings, written = cv_settings(project), written_report(project, plan)
    frame, fold_map = table_of(project), FoldMap.load(paths.folds, verify=False)
    roles = roles_of(project, frame)
    _require_metrics(project, fold_map.manifest.classes)
    facts: list[RunFacts] = []

    def estimator() -> Classifier:
        # Asked for once the verdict was accepted. A report and a verdict that were forged to fit
        # each other get no further: what they say is computed anew from data and folds.
        dataset = fold_map.manifest.dataset.digest
        require_standing(
            (
                *standing(fold_map, frame, roles, section.fold, policy, report=written),
                verdict_standing(verdict, written, policy, fold_map, dataset),
                remade_statement(fold_map, frame, section.fold, roles),
            ),
            plan=plan,
        )
        return build_estimator(settings.estimator, path="cv.estimator")

    result = cross_validate(
        estimator,
        frame,
        fold_map,
        verdict=verdict,
        policy=policy,
        report=json_digest(written.to_json()),
        features=roles.features,
        run=LocalEngine(settings.n_jobs).map,
        on_progress=on_progress,
        on_facts=facts.append,
    )
    requirements = check_requirements(result, section.require)
    with atomic_directory(paths.cv) as partial:
        write_result(result, requirements, partial)
        write_provenance(partial, verdict, settings.estimator)
    # Timings go where no digest looks.
    write_json(paths.run_facts, asdict(facts[0]))
    return result, requirements


def _require_metrics(project: Project, classes: Sequence[str]) -> None:
    from fold_guard.crossval.metrics import metric_names

    asked = [("cv.headline", name) for name in cv_settings(project).headline]
    if project.report.compare is not None:
        asked.append(("report.compare.metric", project.report.compare.metric))
    known = metric_names(classes)
    for where, name in asked:
        if name not in known:
            raise UsageError(
                f"there is no metric {name!r}",
                where=f"params.yaml: {where}",
                remedy=did_you_mean(name, known),
            )
