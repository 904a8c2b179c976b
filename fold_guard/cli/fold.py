"""``fold-guard fold``: make the fold map of a plan."""

from __future__ import annotations

from fold_guard.cli.options import DEFAULT_CONFIG, Config, Plan


def command(plan: Plan = None, config: Config = DEFAULT_CONFIG) -> None:
    """Deal the rows to folds: writes data/folds/PLAN/."""
    from fold_guard import pipeline
    from fold_guard.cli.terminal import progress, put
    from fold_guard.project import load_project
    from fold_guard.reports.fold_text import render_fold_map

    project = load_project(config)
    for name in project.names(plan):
        with progress(f"fold {name}"):
            fold_map = pipeline.fold(project, name)
        put(render_fold_map(name, fold_map))
