"""``fold-guard audit``: check any split, without params or DVC."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fold_guard.cli.options import Format, Output, OutputFormat


class Scheme(StrEnum):
    """How rounds follow from folds."""

    KFOLD = "kfold"
    FORWARD = "forward"


def command(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", readable=False, help="Parquet, CSV, Arrow or JSON Lines."),
    ],
    fold: Annotated[
        str, typer.Option("--fold", metavar="COL", help="Folds 0..k-1; -1 always trains.")
    ],
    label: Annotated[str | None, typer.Option("--label", metavar="COL", help="The class.")] = None,
    id: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="COL", help="Names a row. Without: row numbers from 0."),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option("--group", metavar="COL", help="Patient, customer, device; repeatable."),
    ] = None,
    time: Annotated[
        str | None, typer.Option("--time", metavar="COL", help="Number, date or datetime.")
    ] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option("--feature", metavar="COL", help="Default: columns without another role."),
    ] = None,
    scheme: Annotated[
        Scheme,
        typer.Option("--scheme", help="kfold trains on all other folds, forward on earlier ones."),
    ] = Scheme.KFOLD,
    format: OutputFormat = Format.TEXT,
    output: Output = None,
) -> None:
    """Say whether a split leaks, where, and how much it matters; exit 1 when it does."""
    from fold_guard.cli.terminal import progress, put_report
    from fold_guard.dataset.reading import read_table
    from fold_guard.evidence.audit import audit

    with progress(f"audit {file.name}") as line:
        line.step("read")
        report = audit(
            read_table(file),
            fold=fold,
            label=label,
            id=id or (),
            groups=group or (),
            time=time,
            features=feature,
            scheme=scheme.value,
            name=file.name,
            on_progress=line.step,
        )
    put_report(report, format, output, [])
    raise typer.Exit(0 if report.passed else 1)
