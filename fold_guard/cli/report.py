"""``fold-guard report``: one HTML page on all plans."""

from __future__ import annotations

from typing import Annotated

import typer

from fold_guard.cli.options import DEFAULT_CONFIG, Config


def command(
    config: Config = DEFAULT_CONFIG,
    summary: Annotated[
        bool, typer.Option("--summary", help="Print the headline only; write nothing.")
    ] = False,
) -> None:
    """Gather what the stages wrote: writes reports/index.html and prints the headline."""
    from fold_guard.cli.terminal import colour, progress, put, width
    from fold_guard.project import load_project
    from fold_guard.reports.summary_text import render_summary
    from fold_guard.stages import report as stage

    project = load_project(config)
    with progress("report"):
        dossier = stage.gather(project) if summary else stage.report(project)
    put(render_summary(dossier, width=width(), colour=colour()))
