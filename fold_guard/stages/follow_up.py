"""What is kept of a cross-validation beside its scores: facts of the run, samples, tracking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fold_guard.crossval.result import Result
from fold_guard.dataset.files import atomic_file, write_json
from fold_guard.project import Project
from fold_guard.stages.scored import Scored
from fold_guard.stages.workspace import cv_settings, named_estimator

if TYPE_CHECKING:
    from fold_guard.crossval.runs.work import Work
    from fold_guard.crossval.samples import Untested
    from fold_guard.crossval.training_table import Trained
    from fold_guard.integrations.mlflow_model import FittedOnAll
    from fold_guard.integrations.shap_values import Refitted
    from fold_guard.partition.rounds import Round

# Its seed follows from this number, which no round has.
_NO_ROUND = 2**62


def follow_up(
    project: Project, scored: Scored, on_note: Callable[[str], None] = lambda _: None
) -> None:
    """Write facts and samples, explain what failed, tell the trackers, let go of the journal.

    All of it has seconds in it or depends on a key, so it goes where no digest looks. The journal
    goes last: should a tracker be out of reach, the next call trains nothing again.

    Parameters
    ----------
    project : Project
    scored : Scored
        What `fold_guard.stages.cv.cv` returned.
    on_note : callable
        Called with a sentence at a time.

    Raises
    ------
    FoldGuardError
        A file cannot be written, or a tracker does not take what it is told.
    """
    from fold_guard.crossval.runs.journal import discard_journal
    from fold_guard.crossval.samples import sample_table
    from fold_guard.identity.pseudonyms import pseudonymised

    paths, key = project.paths(scored.plan), scored.hide_by
    write_json(paths.run_facts, asdict(scored.facts))
    samples = sample_table(scored.shown()[0], scored.facts, _untested(scored))
    with atomic_file(paths.samples) as partial:
        pseudonymised(samples, key).write_parquet(partial, compression="zstd")
    _track(project, scored, on_note)
    _explain(project, scored, samples, on_note)
    # Where failures refuse the result, the next call tries those rounds alone.
    if scored.passed or not scored.result.failures:
        discard_journal(paths.journal)


def _untested(scored: Scored) -> list[Untested]:
    """Return the rows that the failed rounds were to predict."""
    from fold_guard.crossval.samples import Untested
    from fold_guard.crossval.training_table import label_values
    from fold_guard.identity.row_ids import row_ids

    failed = {each.round for each in scored.result.failures}
    if not failed:
        return []
    facts = scored.fold_map.manifest.dataset
    ids = row_ids(scored.frame, facts.id)
    assert facts.label is not None
    labels = label_values(scored.frame[facts.label], scored.result.task)
    return [
        Untested(each.index, ids.filter(each.test), labels.filter(each.test))
        for each in scored.fold_map.rounds(scored.frame)
        if each.index in failed
    ]


def _explain(
    project: Project,
    scored: Scored,
    samples: pl.DataFrame,
    on_note: Callable[[str], None],
) -> None:
    from fold_guard.crossval.runs.play import fitted
    from fold_guard.crossval.training_table import trained_on
    from fold_guard.integrations.explaining import FILES, ExplainSettings, explain_all

    settings = cv_settings(project)
    result, folder = scored.result, project.paths(scored.plan).samples.parent
    if settings.explain == ExplainSettings() and not any((folder / n).exists() for n in FILES):
        return
    given = trained_on(scored.frame, scored.fold_map, scored.report.dataset.features, result.task)

    def refit(number: int) -> Refitted:
        from fold_guard.integrations.shap_values import Refitted

        places = {each.index: at for at, each in enumerate(given.rounds)}
        work = _work(project, result, given, given.rounds, given.inner)
        model, train = fitted(work, places[number])
        return Refitted(model, given.X.iloc[train])

    files = explain_all(
        settings.explain,
        result,
        samples,
        folder,
        X=given.X,
        row_ids=given.ids,
        refit=refit,
        key=scored.hide_by,
    )
    for file in files:
        on_note(f"wrote {file}")


def _track(project: Project, scored: Scored, on_note: Callable[[str], None]) -> None:
    from fold_guard.integrations.tracked import Tracked
    from fold_guard.integrations.tracking import TrackSettings, track_all

    settings = cv_settings(project)
    if settings.track == TrackSettings():
        return
    paths, section = project.paths(scored.plan), project.plan(scored.plan)
    tracked = Tracked(
        plan=scored.plan,
        result=scored.result,
        facts=scored.facts,
        requirements=scored.requirements,
        verdict=scored.verdict,
        report=scored.report,
        passed=scored.passed,
        params={"cv": settings.scored_by(), "fold": asdict(section.fold)},
        artifacts={
            "fold_map": paths.folds,
            "check": paths.check,
            "verdict": paths.verdict,
            "cv": paths.cv,
        },
    )
    receipt = track_all(
        settings.track,
        tracked,
        project.root,
        fit=lambda: _fitted(project, scored),
        key=scored.hide_by,
    )
    if receipt.mlflow is not None:
        on_note(f"MLflow: run {receipt.mlflow.run_id}")
    if receipt.prometheus is not None:
        on_note(f"Prometheus: {receipt.prometheus}")


def _fitted(project: Project, scored: Scored) -> FittedOnAll:
    """Fit the estimator on every row; a search in it tunes on the folds of the map."""
    from fold_guard.crossval.runs.play import fitted
    from fold_guard.crossval.training_table import trained_on
    from fold_guard.integrations.mlflow_model import FittedOnAll
    from fold_guard.partition.rounds import Round

    given = trained_on(
        scored.frame, scored.fold_map, scored.report.dataset.features, scored.result.task
    )
    every = np.ones(len(given.ids), dtype=np.bool_)
    rounds = [Round(_NO_ROUND, every, ~every)]
    inner = None if given.inner is None else [given.rounds]
    work = _work(project, scored.result, given, rounds, inner)
    return FittedOnAll(fitted(work, 0)[0], given.X)


def _work(
    project: Project,
    result: Result,
    given: Trained,
    rounds: Sequence[Round],
    inner: Sequence[Sequence[Round]] | None,
) -> Work:
    """Lay out rounds to be fitted as those of the cross-validation were."""
    from fold_guard.crossval.runs.work import Work

    return Work(
        estimator=named_estimator(project),
        X=given.X,
        y=given.y,
        task=result.task,
        classes=result.classes,
        rounds=rounds,
        seed=cv_settings(project).seed,
        inner=inner,
    )
