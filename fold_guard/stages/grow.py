"""Stage 1 on data that have grown: extend an old map, merge two, compare two."""

from __future__ import annotations

from pathlib import Path

from fold_guard.dataset.reading import read_table
from fold_guard.dataset.roles import Roles
from fold_guard.errors import ArtifactError, UsageError
from fold_guard.folds.diff import FoldMapDiff
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.growth.remake import broken_links, lineage_of
from fold_guard.folds.manifest import OnConflict
from fold_guard.folds.storage import copy
from fold_guard.project import Project, load_project
from fold_guard.stages.workspace import roles_of, table_of


def extend(
    project: Project, plan: str, old: Path, on_conflict: OnConflict = "fail"
) -> tuple[FoldMap, FoldMap]:
    """Stage 1 on data that have grown: old rows keep their folds.

    Parameters
    ----------
    plan : str
    old : Path
        The folder of the old map; it may be the plan's own.
    on_conflict : {"fail", "exclude", "move"}
        See `fold_guard.FoldMap.grow`.

    Returns
    -------
    tuple of FoldMap
        The old map and the new one. When the table has not changed they are one, and its files
        are copied byte by byte.
    """
    section, frame, before = project.plan(plan), table_of(project), _parent(old)
    _require_same_roles(before, roles_of(project, frame), old)
    fold_map = before.grow(frame, on_conflict=on_conflict, plan=section.fold)
    target = project.paths(plan).folds
    if fold_map is before:
        copy(old, target)
    else:
        fold_map.save(target)
    return before, fold_map


def merge(
    project: Project, plan: str, ours: Path, theirs: Path, on_conflict: OnConflict = "fail"
) -> FoldMap:
    """Stage 1 after two branches have both extended the map: see `fold_guard.FoldMap.merge`."""
    section, frame = project.plan(plan), table_of(project)
    roles, maps = roles_of(project, frame), (_parent(ours), _parent(theirs))
    for fold_map, folder in zip(maps, (ours, theirs), strict=True):
        _require_same_roles(fold_map, roles, folder)
    fold_map = maps[0].merge(maps[1], frame, on_conflict=on_conflict, plan=section.fold)
    fold_map.save(project.paths(plan).folds)
    return fold_map


def diff(
    before: Path, after: Path, *, data: Path | None = None, config: Path | None = None
) -> FoldMapDiff:
    """Compare two saved fold maps; needs no project.

    Parameters
    ----------
    before, after : Path
        Folders.
    data : Path, optional
        The later map's table; without it, and without ``config``, links cannot be told.
    config : Path, optional
        A params.yaml: its table is taken when ``data`` is not given, its dtypes in any case.
    """
    maps = [FoldMap.load(folder, verify=False) for folder in (before, after)]
    project = None if config is None else load_project(config)
    frame = None
    if data is not None:
        frame = read_table(data, dtypes={} if project is None else project.data.dtypes)
    elif project is not None:
        frame = table_of(project)
    return maps[0].diff(maps[1], frame)


def _parent(folder: Path) -> FoldMap:
    fold_map = FoldMap.load(folder)
    problems = broken_links(lineage_of(fold_map))
    if problems:
        raise ArtifactError(
            f"its lineage is broken: {problems[0]}",
            where=str(folder),
            remedy="Restore the folder, or make a new map: fold-guard fold.",
        )
    return fold_map


def _require_same_roles(old: FoldMap, roles: Roles, folder: Path) -> None:
    other = old.manifest.dataset.roles.differences(roles)
    if other:
        raise UsageError(
            f"it was made with other roles ({', '.join(other)})",
            where=str(folder),
            remedy="Bring data.roles back, or make a new map: fold-guard fold without --extend.",
        )
