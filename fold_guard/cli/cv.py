"""``fold-guard cv``: cross-validate, if the verdict allows it."""

from __future__ import annotations

import typer

from fold_guard.cli.options import DEFAULT_CONFIG, Config, Plan


def command(plan: Plan = None, config: Config = DEFAULT_CONFIG) -> None:
    """Train and score on the fold map: writes reports/PLAN/cv/, exit 1 when a target is missed."""
    from fold_guard.cli.terminal import colour, progress, put, width
    from fold_guard.project import load_project
    from fold_guard.reports.gate_text import render_requirements
    from fold_guard.reports.summary_text import render_scores
    from fold_guard.stages import cv as stage

    project = load_project(config)
    met = True
    for name in project.names(plan):
        with progress(f"cv {name}") as line:
            result, requirements = stage.cv(project, name, on_progress=line.count)
        asked = project.cv.headline if project.cv is not None else ()
        put(render_scores(name, result.summary, asked, width=width()))
        put(render_requirements(name, requirements, width=width(), colour=colour()))
        met = met and all(each.met for each in requirements)
    raise typer.Exit(0 if met else 1)
