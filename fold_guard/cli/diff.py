"""``fold-guard diff``: what two fold maps have otherwise, and why."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fold_guard.cli.options import Config, Output


class DiffFormat(StrEnum):
    """How a difference is rendered."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def command(
    before: Annotated[
        Path,
        typer.Argument(metavar="A", readable=False, help="The folder of the earlier fold map."),
    ],
    after: Annotated[
        Path, typer.Argument(metavar="B", readable=False, help="The folder of the later one.")
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="FILE", readable=False, help="B's table, to see which rows link."
        ),
    ] = None,
    config: Config | None = None,
    format: Annotated[
        DiffFormat, typer.Option("--format", "-f", help="How to render the difference.")
    ] = DiffFormat.TEXT,
    output: Output = None,
) -> None:
    """Compare two fold maps; exit 0 if they are the same, 1 if they differ."""
    from fold_guard.cli.terminal import colour, progress, put, refuse_overwrite, width
    from fold_guard.reports.diff_json import render_diff_json
    from fold_guard.reports.diff_markdown import render_diff_markdown
    from fold_guard.reports.diff_text import render_diff_text
    from fold_guard.stages import grow as stage

    refuse_overwrite(output, *([data] if data is not None else []))
    with progress("diff"):
        found = stage.diff(before, after, data=data, config=config)
    if format.value == "json":
        text = render_diff_json(found)
    elif format.value == "markdown":
        text = render_diff_markdown(found)
    else:
        text = render_diff_text(found, width=width(), colour=output is None and colour())
    put(text, output, utf8=format.value != "text")
    raise typer.Exit(0 if found.equal else 1)
