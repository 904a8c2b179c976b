"""Stage 1: deal the rows to folds."""

from __future__ import annotations

from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import made
from fold_guard.project import Project
from fold_guard.stages.workspace import roles_of, table_of


def fold(project: Project, plan: str) -> FoldMap:
    """Stage 1: deal the rows to folds; writes the fold map."""
    section, frame = project.plan(plan), table_of(project)
    roles = roles_of(project, frame)
    fold_map = FoldMap.of(made(frame, section.fold, roles))
    fold_map.save(project.paths(plan).folds)
    return fold_map
