"""``fold-guard audit``: check any split, without params or DVC."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict, get_args

import typer

from fold_guard.cli.options import DEFAULT_FORMAT, Output, OutputFormat

if TYPE_CHECKING:
    from fold_guard.dataset.declared import Dtype
    from fold_guard.evidence.repair import Repaired
    from fold_guard.evidence.report import Report


class _Given(TypedDict):
    fold: str
    label: str | list[str] | None
    id: Sequence[str]
    groups: Sequence[str]
    time: str | None
    features: Sequence[str] | None


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
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label",
            metavar="COL",
            help="The class; repeatable: several columns of 0 and 1 are several labels a row.",
        ),
    ] = None,
    id: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="COL", help="Names a row. Without: row numbers from 0."),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option("--group", metavar="COL", help="Patient, customer, device; repeatable."),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option("--time", metavar="COL", help="Number, date, datetime, or ISO 8601 text."),
    ] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(
            "--feature",
            metavar="COL",
            help="Default: columns without another role, but none of whole numbers or text that "
            "differ in every row (taken for ids).",
        ),
    ] = None,
    dtype: Annotated[
        list[str] | None,
        typer.Option(
            "--dtype",
            metavar="COL=TYPE",
            help="string (keeps 007), integer, number, boolean, date or datetime; repeatable.",
        ),
    ] = None,
    scheme: Annotated[
        Scheme,
        typer.Option("--scheme", help="kfold trains on all other folds, forward on earlier ones."),
    ] = Scheme.KFOLD,
    repair: Annotated[
        Path | None,
        typer.Option(
            "--repair",
            metavar="OUT",
            readable=False,
            help="Write the nearest clean split as a fold map, with moves.csv, into this folder. "
            "The exit code stays that of the split that was given.",
        ),
    ] = None,
    repair_copies: Annotated[
        bool,
        typer.Option("--repair-copies", help="The repair also keeps rows together that are equal."),
    ] = False,
    format: OutputFormat = DEFAULT_FORMAT,
    output: Output = None,
) -> None:
    """Say whether a split leaks, where, and how much it matters; exit 1 when it does."""
    from fold_guard.checks.wording import listed
    from fold_guard.cli.terminal import progress, put_report, refuse_overwrite
    from fold_guard.dataset.reading import read_table
    from fold_guard.evidence.audit import audit
    from fold_guard.evidence.repair import offers
    from fold_guard.evidence.repair import repair as repaired
    from fold_guard.identity.hashing import file_digest
    from fold_guard.reports.next_steps import repair_steps

    dtypes = _dtypes(dtype or ())
    refuse_overwrite(output, file)
    _require_repairable(repair, file, output, copies=repair_copies, named=bool(id))
    with progress(f"audit {file.name}") as line:
        line.step("read")
        table = read_table(file, dtypes=dtypes)
        given: _Given = {
            "fold": fold,
            "label": _one_or_several(label),
            "id": id or (),
            "groups": group or (),
            "time": time,
            "features": feature,
        }
        report = audit(
            table,
            **given,
            scheme=scheme.value,
            name=file.name,
            file_digest=file_digest(file),
            on_progress=line.step,
        )
        steps: list[str] = []
        if repair is None:
            line.step("next steps")
            steps = repair_steps(file.name, offers(table, report, **given), has_id=bool(id))
    steps += _unasked(label=label, group=group, time=time)
    used = {fold, time, *(label or ()), *(id or ()), *(group or ()), *report.dataset.features}
    left_out = [name for name in table.columns if name not in used]
    if feature is None and left_out:
        steps.append(
            f"{listed(left_out)}: unique in every row, so taken for an id and not compared; "
            "name what is compared with --feature"
        )
    put_report(report, format, output, steps)
    if repair is not None:
        with progress(f"repair {file.name}") as line:
            found = repaired(
                table,
                **given,
                scheme=scheme.value,
                copies=repair_copies,
                name=file.name,
                on_progress=line.step,
            )
            found.save(repair)
        _tell(found, report, repair, on_stderr=output is None and format.value != "text")
    raise typer.Exit(0 if report.passed else 1)


def _one_or_several(label: list[str] | None) -> str | list[str] | None:
    """Take one column for a class; several are labels."""
    return label[0] if label and len(label) == 1 else label or None


def _require_repairable(
    repair: Path | None, file: Path, output: Path | None, *, copies: bool, named: bool
) -> None:
    """Refuse before any work what a repair cannot do."""
    from fold_guard.errors import UsageError

    if repair is None:
        if copies:
            raise UsageError(
                "--repair-copies says how to repair, and nothing is to be repaired",
                remedy="Add --repair OUT.",
            )
        return
    from fold_guard.folds.repair import require_replaceable

    if not named:
        raise UsageError(
            "a fold map needs a row id: rows are never identified by position in an artefact",
            where="--repair",
            remedy="Name the column, or the columns, that identify a row: --id COL.",
        )
    require_replaceable(repair)
    for each in (file, output):
        if each is not None and each.resolve().is_relative_to(repair.resolve()):
            raise UsageError(
                "lies in the folder that the fold map takes the place of",
                where=str(each),
                remedy="Name another folder: --repair OUT.",
            )


def _tell(found: Repaired, report: Report, folder: Path, *, on_stderr: bool) -> None:
    """Say what the repair did; what another program reads on standard output stays its own."""
    from fold_guard.cli.terminal import colour, put, width
    from fold_guard.reports.repair_text import render_repair

    text = render_repair(found, report, folder, width=width(), colour=not on_stderr and colour())
    if on_stderr:
        print(text, file=sys.stderr)
    else:
        put(f"\n{text}")


def _dtypes(given: Sequence[str]) -> dict[str, Dtype]:
    from fold_guard.dataset.declared import Dtype
    from fold_guard.errors import UsageError
    from fold_guard.suggest import did_you_mean

    known: tuple[Dtype, ...] = get_args(Dtype)
    found: dict[str, Dtype] = {}
    for each in given:
        column, _, name = each.rpartition("=")
        if not column:
            raise UsageError(
                f"{each!r} is not COL=TYPE",
                where="--dtype",
                remedy="Write for instance --dtype patient=string.",
            )
        if name not in known:
            raise UsageError(
                f"there is no type {name!r}", where="--dtype", remedy=did_you_mean(name, known)
            )
        if column in found:
            raise UsageError(
                f"column {column!r} is given twice", where="--dtype", remedy="Name it once."
            )
        found[column] = known[known.index(name)]
    return found


def _unasked(**roles: object) -> list[str]:
    """Name the roles without which an audit says little, and the checks that they bring."""
    from fold_guard.checks.wording import listed

    codes = {"label": "FG202", "group": "FG301", "time": "FG306"}
    absent = [role for role in codes if not roles[role]]
    if not absent:
        return []
    options = listed([f"--{role}" for role in absent])
    return [f"name {options} to check {listed([codes[role] for role in absent])}"]
