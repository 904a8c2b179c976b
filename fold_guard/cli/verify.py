"""``fold-guard verify``: recompute whether everything on disk still belongs together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from fold_guard.cli.options import DEFAULT_CONFIG, Config, Plan

if TYPE_CHECKING:
    from fold_guard.project import Project


def command(plan: Plan = None, config: Config = DEFAULT_CONFIG) -> None:
    """Recompute digests and checks of everything on disk; exit 1 if anything does not hold."""
    from fold_guard.project import load_project

    project = load_project(config)
    raise typer.Exit(put_statements(project, project.names(plan), quick=False))


def put_statements(project: Project, names: Sequence[str], *, quick: bool) -> int:
    """Print what holds and what does not; return the exit code."""
    from fold_guard.cli.terminal import colour, progress, put, width
    from fold_guard.reports.standing_text import render_standing
    from fold_guard.stages import verify as stage

    with progress("check" if quick else "verify") as line:
        found = stage.verify(project, names, quick=quick, on_progress=line.step)
    put(render_standing(found, width=width(), colour=colour()))
    return 0 if all(each.holds for plan in found.values() for each in plan) else 1
