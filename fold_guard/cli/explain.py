"""``fold-guard explain``: what a check means and how to mend what it found."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    code: Annotated[str, typer.Argument(help="For instance FG301, or group_overlap.")],
) -> None:
    """Say what a check asks, with an example and the fix."""
    from fold_guard.cli.terminal import put, width
    from fold_guard.reports.explain_text import explain

    put(explain(code, width=width()))
