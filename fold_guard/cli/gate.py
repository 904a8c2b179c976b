"""``fold-guard gate``: decide whether training may start."""

from __future__ import annotations

import typer

from fold_guard.cli.options import DEFAULT_CONFIG, Config, Plan


def command(plan: Plan = None, config: Config = DEFAULT_CONFIG) -> None:
    """Judge the check report: writes reports/PLAN/verdict.json, exit 1 if refused."""
    from fold_guard.cli.terminal import colour, put, width
    from fold_guard.project import load_project
    from fold_guard.reports.gate_text import render_verdict
    from fold_guard.stages import gate as stage

    project = load_project(config)
    verdicts = [stage.gate(project, name) for name in project.names(plan)]
    for verdict in verdicts:
        put(render_verdict(verdict, width=width(), colour=colour()))
    raise typer.Exit(0 if all(verdict.passed for verdict in verdicts) else 1)
