"""Options that several verbs share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fold_guard.reports.formats import FORMATS

# readable=False here and at other paths: the library looks itself, and says what to do.
Config = Annotated[
    Path,
    typer.Option(
        "--config",
        metavar="FILE",
        readable=False,
        help="The parameters; paths in it are relative to it.",
    ),
]
Plan = Annotated[
    str | None,
    typer.Option("--plan", metavar="NAME", help="A plan in params.yaml. Default: every plan."),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", readable=False, help="Write to a file instead."),
]
DEFAULT_CONFIG = Path("params.yaml")


# mypy wants to see the members, but they are written down once, in FORMATS.
Format = StrEnum("Format", [(name.upper(), name) for name in FORMATS])  # type: ignore[misc]
DEFAULT_FORMAT = Format("text")
OutputFormat = Annotated[Format, typer.Option("--format", "-f", help="How to render the report.")]
