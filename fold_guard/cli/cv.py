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
    from fold_guard.stages.follow_up import follow_up

    project = load_project(config)
    met = True
    for name in project.names(plan):
        with progress(f"cv {name}") as line:
            watch = stage.Watch(line.count, line.estimate, line.say)
            try:
                scored = stage.cv(project, name, watch)
            except KeyboardInterrupt:
                if (kept := project.paths(name).journal).exists():
                    line.say(f"rounds that were played are in {kept}: run it again to go on")
                raise
        result, requirements = scored.shown()
        asked = project.cv.headline if project.cv is not None else ()
        cells, ink = width(), colour()
        scores = render_scores(
            name, result, asked, requirements=requirements, width=cells, colour=ink
        )
        put(scores)
        put(render_requirements(name, requirements, width=cells, colour=ink))
        # After the scores are told: a tracker that fails takes nothing from them.
        with progress(f"cv {name}") as line:
            follow_up(project, scored, line.say)
        met = met and all(each.met for each in requirements)
    raise typer.Exit(0 if met else 1)
