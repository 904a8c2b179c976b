"""Stage 4: train and score, if the verdict allows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from fold_guard.crossval.result import Result, RunFacts
from fold_guard.dataset.files import atomic_directory
from fold_guard.errors import ArtifactError, UsageError
from fold_guard.evidence.standing import (
    require_standing,
    standing,
    verdict_standing,
    write_provenance,
)
from fold_guard.folds.fold_map import FoldMap
from fold_guard.identity.hashing import json_digest
from fold_guard.integrations.beforehand import (
    require_explainable,
    require_extras,
    require_reachable,
    withdraw,
)
from fold_guard.project import Project
from fold_guard.stages.scored import Scored
from fold_guard.stages.verify import remade_statement
from fold_guard.stages.workspace import (
    cv_settings,
    given_verdict,
    named_estimator,
    roles_of,
    scored_by,
    table_of,
    written_report,
)
from fold_guard.suggest import did_you_mean

if TYPE_CHECKING:
    from fold_guard.crossval.design import Design
    from fold_guard.crossval.requirements.baseline import Baseline
    from fold_guard.crossval.requirements.no_worse import Pairing
    from fold_guard.crossval.result import Task
    from fold_guard.crossval.runs.budget import Estimate


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told while rounds are played.

    Attributes
    ----------
    on_progress : callable, optional
        Called with (rounds done, rounds in all).
    on_estimate : callable, optional
        Called once, after the first fits.
    on_note : callable
        Called with a sentence at a time.
    """

    on_progress: Callable[[int, int], None] | None = None
    on_estimate: Callable[[Estimate], None] | None = None
    on_note: Callable[[str], None] = lambda _: None


UNWATCHED = Watch()


def cv(project: Project, plan: str, watch: Watch = UNWATCHED) -> Scored:
    """Stage 4: train and score, if the verdict allows it; writes the result.

    What was played is kept in a journal, which `fold_guard.stages.follow_up.follow_up` lets go of:
    the call after one that was killed, or that ran out of its budget, goes on from there.

    Returns
    -------
    Scored
        For `follow_up`, which writes all that is kept beside the scores.

    Raises
    ------
    Refused
        The verdict refuses, or does not fit what is on disk now, or the checks that it rests on do
        not hold when they are computed anew: the verdict itself, the built-in checks, the folds.
    Incomplete
        ``cv.budget`` is used up.
    UsageError
        ``cv.headline`` or ``report.compare`` names a metric that there is not, or a requirement
        asks for what cannot be.
    FoldGuardError
        A tracker is out of reach, or a file of its cannot be written: found before any fit.
    """
    # An estimator may change the folder.
    project = replace(project, root=project.root.absolute())
    # Nothing heavier than digests before the verdict has been looked at.
    verdict = given_verdict(project, plan)
    from fold_guard.crossval.artifacts import write_result
    from fold_guard.crossval.design import design_of
    from fold_guard.crossval.estimators.specification import Estimator
    from fold_guard.crossval.guard import cross_validate
    from fold_guard.crossval.requirements.check import check_requirements
    from fold_guard.crossval.routes import Running
    from fold_guard.crossval.training_table import task_of
    from fold_guard.engines.local import LocalEngine
    from fold_guard.identity.pseudonyms import find_key

    section, paths, policy = project.plan(plan), project.paths(plan), project.policy(plan)
    settings, written = cv_settings(project), written_report(project, plan)
    frame, fold_map = table_of(project), FoldMap.load(paths.folds, verify=False)
    roles = roles_of(project, frame)
    manifest = fold_map.manifest
    design = design_of(manifest)
    task = settings.task
    if task is None and manifest.dataset.label in frame.columns:
        task = task_of(manifest, frame[manifest.dataset.label])
    if task is not None:
        classes = manifest.classes if task == "classification" else ()
        _require_metrics(project, task, classes)
        _require_possible(project, plan, task, classes, design, frame)
    # What is needed afterwards is looked at before: an hour of training is not to end in a typo.
    baselines, key = _baselines(project, plan), find_key()
    require_extras(settings.explain, settings.track)
    withdraw(settings.track, plan, project.root)
    facts: list[RunFacts] = []

    def estimator() -> Estimator:
        # Asked for once the verdict was accepted. A report and a verdict that were forged to fit
        # each other get no further: what they say is computed anew from data and folds.
        dataset = manifest.dataset.digest
        require_standing(
            (
                *standing(fold_map, frame, roles, section.fold, policy, report=written),
                verdict_standing(verdict, written, policy, fold_map, dataset),
                remade_statement(fold_map, frame, section.fold, roles),
            ),
            plan=plan,
        )
        built = named_estimator(project)
        if task is not None:
            require_explainable(settings.explain, built, task)
        require_reachable(settings.track, plan, project.root)
        return built

    result = cross_validate(
        estimator,
        frame,
        fold_map,
        verdict=verdict,
        policy=policy,
        report=json_digest(written.to_json()),
        features=roles.features,
        segments=roles.segments,
        task=task,
        seed=settings.seed,
        confidence=settings.confidence,
        interval=settings.interval,
        # Whether failures are too many is for the requirements to say, beside the evidence.
        max_failure_rate=1.0,
        journal=paths.journal,
        running=Running(
            engine=LocalEngine(settings.n_jobs, isolated=True),
            budget=settings.budget.bounds(),
            recheck=settings.recheck,
            exact=settings.exact,
            on_progress=watch.on_progress,
            on_estimate=watch.on_estimate,
            on_facts=facts.append,
            on_note=watch.on_note,
        ),
    )
    requirements = check_requirements(
        result,
        section.require,
        baselines=baselines,
        pairing=_pairing(result, frame, fold_map, design, settings.seed, bool(baselines)),
        max_failure_rate=settings.max_failure_rate,
    )
    with atomic_directory(paths.cv) as partial:
        write_result(result, requirements, partial)
        write_provenance(partial, verdict, scored_by(project, plan))
    return Scored(
        plan, result, requirements, facts[0], verdict, written, fold_map, frame, hide_by=key
    )


def _require_metrics(project: Project, task: Task, classes: Sequence[str]) -> None:
    from fold_guard.crossval.metrics.registry import metric_names

    asked = [("cv.headline", name) for name in cv_settings(project).headline]
    if project.report.compare is not None:
        asked.append(("report.compare.metric", project.report.compare.metric))
    known = metric_names(task, classes)
    for where, name in asked:
        if name not in known:
            raise UsageError(
                f"there is no metric {name!r}",
                where=f"params.yaml: {where}",
                remedy=did_you_mean(name, known),
            )


def _require_possible(
    project: Project,
    plan: str,
    task: Task,
    classes: Sequence[str],
    design: Design,
    frame: pl.DataFrame,
) -> None:
    from fold_guard.crossval.requirements.possible import require_possible
    from fold_guard.crossval.training_table import segment_texts

    known = {name: set(segment_texts(frame[name])) for name in project.roles.segments}
    path = f"plans.{plan}.require"
    require_possible(project.plan(plan).require, task, classes, design, known, path=path)


def _baselines(project: Project, plan: str) -> Mapping[str, Baseline]:
    from fold_guard.crossval.requirements.baseline import Baseline, stored_fold_map
    from fold_guard.crossval.stored import read_result

    found: dict[str, Baseline] = {}
    for each in project.plan(plan).require:
        path = each.no_worse_than
        if path is None or path in found:
            continue
        folder, where = project.root / path, f"params.yaml: plans.{plan}.require: {path}"
        if folder.resolve() == project.paths(plan).cv.resolve():
            raise UsageError(
                "is where this very plan writes: each run would be held against the last one",
                where=where,
                remedy="Copy the folder aside, and name the copy.",
            )
        try:
            result, fold_map = read_result(folder), stored_fold_map(folder)
        except ArtifactError as error:
            raise ArtifactError(
                f"holds no whole cross-validation: {error.where}: {error.what}",
                where=where,
                remedy="Copy the whole folder reports/<plan>/cv again.",
            ) from error
        if fold_map is None:
            raise UsageError(
                "has no provenance.json, so nobody knows what it was scored on",
                where=where,
                remedy="Copy the whole folder of a cross-validation.",
            )
        found[path] = Baseline(path, result, fold_map)
    return found


def _pairing(
    result: Result,
    frame: pl.DataFrame,
    fold_map: FoldMap,
    design: Design,
    seed: int,
    compared: bool,
) -> Pairing:
    from fold_guard.crossval.inputs import measured_rounds
    from fold_guard.crossval.requirements.no_worse import Pairing
    from fold_guard.crossval.training_table import units_of
    from fold_guard.identity.row_ids import row_ids

    if not compared:
        return Pairing()
    facts = fold_map.manifest.dataset
    ids = row_ids(frame, facts.id)
    of_rows = pl.DataFrame({"row_id": ids, "unit": units_of(frame, facts.groups)})
    tested = result.predictions.select("row_id")
    units = tested.join(of_rows, on="row_id", how="left", maintain_order="left")["unit"]
    inflation = None
    if not result.rounds:
        rounds = measured_rounds(fold_map.rounds(frame), frame.height, None, 0)
        inflation = rounds.inflation(design.rounds_a_repeat)
    return Pairing(design, units.to_numpy(), inflation, fold_map.digest, seed)
