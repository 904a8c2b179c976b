"""``fold-guard fold``: make the fold map of a plan, extend an old one, or merge two."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fold_guard.cli.options import DEFAULT_CONFIG, Config, Plan
from fold_guard.errors import UsageError

if TYPE_CHECKING:
    from fold_guard.folds.manifest import OnConflict


class Policy(StrEnum):
    """What becomes of rows that link units of different folds."""

    FAIL = "fail"
    EXCLUDE = "exclude"
    MOVE = "move"


Extend = Annotated[
    Path | None,
    typer.Option(
        "--extend",
        metavar="OLD",
        readable=False,
        help="The folder of an old fold map, be it the plan's own: its rows keep their folds.",
    ),
]
Merge = Annotated[
    tuple[Path, Path] | None,
    typer.Option(
        "--merge",
        metavar="OURS THEIRS",
        readable=False,
        help="The folders of two fold maps that were extended apart, on two branches.",
    ),
]
Conflict = Annotated[
    Policy | None,
    typer.Option(
        "--on-conflict",
        help="Rows that link units of different folds: refuse, leave them out of every round, or "
        "move their units together. Default: fail.",
    ),
]


def command(
    plan: Plan = None,
    config: Config = DEFAULT_CONFIG,
    extend: Extend = None,
    merge: Merge = None,
    on_conflict: Conflict = None,
) -> None:
    """Deal the rows to folds: writes data/folds/PLAN/."""
    from fold_guard.cli.terminal import progress, put
    from fold_guard.project import load_project
    from fold_guard.reports.fold_text import render_fold_map
    from fold_guard.reports.growth_text import UNCHANGED, render_growth
    from fold_guard.stages import grow
    from fold_guard.stages.fold import fold

    if extend is not None and merge is not None:
        raise UsageError("--extend and --merge exclude each other", remedy="Name one of them.")
    project = load_project(config)
    if extend is None and merge is None:
        if on_conflict is not None:
            raise UsageError(
                "--on-conflict is for maps that grow", remedy="Add --extend OLD or --merge."
            )
        for name in project.names(plan):
            with progress(f"fold {name}"):
                fold_map = fold(project, name)
            put(render_fold_map(name, fold_map))
        return
    names = project.names(plan)
    if len(names) > 1:
        raise UsageError(
            "one old map grows into the map of one plan", remedy="Name it with --plan."
        )
    policy: OnConflict = (Policy.FAIL if on_conflict is None else on_conflict).value
    old = None
    with progress(f"fold {names[0]}") as line:
        if merge is not None:
            line.step("merge")
            fold_map = grow.merge(project, names[0], *merge, policy)
        else:
            assert extend is not None
            line.step("extend")
            old, fold_map = grow.extend(project, names[0], extend, policy)
    same = old is not None and old.digest == fold_map.digest
    growth = UNCHANGED if same else render_growth(fold_map)
    put(f"{render_fold_map(names[0], fold_map)}\n{growth}")
