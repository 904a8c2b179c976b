"""``fold-guard explain``: what a check means and how to mend what it found."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How to print an explanation."""

    TEXT = "text"
    MARKDOWN = "markdown"


def command(
    code: Annotated[
        str | None,
        typer.Argument(help="For instance FG301, or group_overlap. Default: all, a line each."),
    ] = None,
    format: Annotated[
        Format, typer.Option("--format", "-f", help="How to print it.")
    ] = Format.TEXT,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            readable=False,
            help="Write to a file instead; Markdown of all checks: a page each into a folder.",
        ),
    ] = None,
) -> None:
    """Say what a check asks, with an example, the fix, its numbers and sources."""
    from fold_guard.cli.terminal import colour, put, width
    from fold_guard.reports import explain_markdown as pages
    from fold_guard.reports.explain_text import explain, explain_all

    if format is Format.MARKDOWN:
        if code is None and output is not None:
            from fold_guard.dataset.files import write_text

            for name, text in pages.pages():
                write_text(output / name, text)
            return
        put(
            pages.explain_all_markdown() if code is None else pages.explain_markdown(code),
            output,
            utf8=True,
        )
        return
    cells, in_colour = width(), output is None and colour()
    if code is None:
        put(explain_all(width=cells, colour=in_colour), output)
    else:
        put(explain(code, width=cells, colour=in_colour), output)
