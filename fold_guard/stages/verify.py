"""Recompute whether data, fold map, params, verdict and scores still belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext

import polars as pl

from fold_guard.dataset.roles import Roles
from fold_guard.errors import ArtifactError, DataError, Refused, UsageError
from fold_guard.evidence.standing import (
    Statement,
    remade_standing,
    report_standing,
    scores_standing,
    standing,
    verdict_standing,
)
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.growth.remake import remade, remade_past
from fold_guard.folds.plan import FoldPlan
from fold_guard.identity.digests import row_digests
from fold_guard.project import Project
from fold_guard.stages.check import checked
from fold_guard.stages.workspace import (
    given_verdict,
    roles_of,
    scored_by,
    table_of,
    written_report,
)

Progress = Callable[[str], None]


def verify(
    project: Project,
    plans: Sequence[str],
    *,
    quick: bool = False,
    on_progress: Progress = lambda _: None,
) -> dict[str, tuple[Statement, ...]]:
    """Recompute whether data, fold map, params, verdict and scores still belong together.

    Parameters
    ----------
    plans : sequence of str
    quick : bool
        Data, fold map, params and the deterministic checks only: what a commit can break. A
        verdict is then looked at if there is one. Otherwise the suites are run again, too, and
        the whole check report must come out as it was written.
    on_progress : callable of str

    Returns
    -------
    dict of plan to statements
    """
    try:
        frame = table_of(project)
        digests = row_digests(frame)
    except (DataError, UsageError) as error:
        # Params that ask for what cannot be are no statement about what is on disk; and before a
        # commit the error itself is wanted.
        if quick or (isinstance(error, UsageError) and project.table.is_file()):
            raise
        return {plan: (Statement("data", False, str(error)),) for plan in plans}
    return {
        plan: _verify_plan(project, plan, frame, digests, on_progress, quick=quick)
        for plan in plans
    }


def _verify_plan(
    project: Project,
    plan: str,
    frame: pl.DataFrame,
    digests: pl.Series,
    on_progress: Progress,
    *,
    quick: bool,
) -> tuple[Statement, ...]:
    paths, policy = project.paths(plan), project.policy(plan)
    fold_map = FoldMap.load(paths.folds, verify=False)
    roles = roles_of(project, frame)
    section = project.plan(plan)
    if quick and not paths.verdict.exists():
        return standing(fold_map, frame, roles, section.fold, policy, digests)
    try:
        verdict, written = given_verdict(project, plan), written_report(project, plan)
    except Refused as error:
        found = standing(fold_map, frame, roles, section.fold, policy, digests)
        return (*found, Statement("verdict", False, str(error)))
    try:
        found = standing(fold_map, frame, roles, section.fold, policy, digests, report=written)
    except DataError as error:
        found = (Statement("checks", False, str(error)),)
    dataset = fold_map.manifest.dataset.digest if found[0].holds else ""
    found = (*found, verdict_standing(verdict, written, policy, fold_map, dataset))
    if quick:
        return found
    try:
        anew = checked(project, plan, frame, fold_map, nullcontext(), on_progress)
        again = report_standing(written, anew)
    except DataError as error:
        again = Statement("report", False, str(error))
    found = (*found, remade_statement(fold_map, frame, section.fold, roles), again)
    if project.cv is None:
        if not paths.cv.exists():
            return found
        text = "there are some, and params have no section cv to hold them against"
        return (*found, Statement("scores", False, text))
    return (*found, scores_standing(paths.cv, verdict, scored_by(project, plan)))


def remade_statement(
    fold_map: FoldMap, frame: pl.DataFrame, plan: FoldPlan, roles: Roles
) -> Statement:
    """Deal the folds again, those of the ancestors too, and say whether they are the same."""
    try:
        again = remade(fold_map, frame, plan, roles)
        return remade_standing(fold_map, again, remade_past(fold_map, frame))
    except (DataError, Refused, UsageError, ArtifactError) as error:
        # The plan gives no folds at all, or the parents do not grow to this map.
        return Statement("remade", False, str(error))
