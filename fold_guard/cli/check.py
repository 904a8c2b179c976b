"""``fold-guard check``: run the declared checks, or the quick ones before a commit."""

from __future__ import annotations

from typing import Annotated

import typer

from fold_guard.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_FORMAT,
    Config,
    Output,
    OutputFormat,
    Plan,
)
from fold_guard.errors import UsageError

Quick = Annotated[
    bool,
    typer.Option(
        "--quick",
        help="Digests and deterministic checks only; writes nothing; exit 1 when one is broken.",
    ),
]


def command(
    plan: Plan = None,
    config: Config = DEFAULT_CONFIG,
    quick: Quick = False,
    format: OutputFormat = DEFAULT_FORMAT,
    output: Output = None,
) -> None:
    """Check the fold map: writes reports/PLAN/check.json and exits 0; the gate decides."""
    from fold_guard.cli.place import place_of_plan
    from fold_guard.cli.terminal import progress, put_report
    from fold_guard.project import load_project
    from fold_guard.stages import check as stage

    project = load_project(config)
    names = project.names(plan)
    if (output or format is not DEFAULT_FORMAT) and (quick or len(names) > 1):
        raise UsageError(
            "--format and --output take the report of one plan",
            remedy="Name it with --plan, and leave --quick out.",
        )
    if quick:
        from fold_guard.cli.verify import put_statements

        raise typer.Exit(put_statements(project, names, quick=True))
    for name in names:
        with progress(f"check {name}") as line:
            report = stage.check(project, name, on_progress=line.step)
        place = place_of_plan(config, name, format)
        put_report(report, format, output, [f"fold-guard gate --plan {name}"], place)
