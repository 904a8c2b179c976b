"""``fold-guard audit``: check any split, without params or DVC."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import typer

from fold_guard.cli.known import BaselineFile, FailOn, Findings, Gravity, WriteBaseline
from fold_guard.cli.options import DEFAULT_FORMAT, Output, OutputFormat

if TYPE_CHECKING:
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
        str | None,
        typer.Option("--fold", metavar="COL", help="The split: folds 0..k-1; -1 always trains."),
    ] = None,
    fold_map: Annotated[
        Path | None,
        typer.Option(
            "--fold-map",
            metavar="FOLDER",
            readable=False,
            help="Or: a fold map. Roles default to those it was made with.",
        ),
    ] = None,
    splits: Annotated[
        Path | None,
        typer.Option(
            "--splits",
            metavar="PATH",
            readable=False,
            help="Or: row positions from 0. An .npz (train_0, test_0, ...), a .json (a list of "
            "[train, test]), or a folder (train_0.txt, test_0.txt, ...).",
        ),
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option(
            "--test", metavar="FILE", readable=False, help="Or: test rows; FILE holds train."
        ),
    ] = None,
    validation: Annotated[
        Path | None,
        typer.Option(
            "--validation", metavar="FILE", readable=False, help="With --test: validation rows."
        ),
    ] = None,
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
    evaluation_time: Annotated[
        str | None,
        typer.Option(
            "--evaluation-time",
            metavar="COL",
            help="When the label of a row was known: do train rows share time with test?",
        ),
    ] = None,
    embargo: Annotated[
        float | None,
        typer.Option(
            "--embargo",
            metavar="STEPS",
            min=0,
            help="Steps (days, for dates) after a test row in which no train row may begin. "
            "Default: what a purged fold map promises.",
        ),
    ] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(
            "--feature",
            metavar="COL",
            help="Default: columns without another role, but none of whole numbers or text (prose "
            "apart) that differ in every row (taken for ids).",
        ),
    ] = None,
    dtype: Annotated[
        list[str] | None,
        typer.Option(
            "--dtype",
            metavar="COL=TYPE",
            help="string (keeps 007), integer, number, boolean, date or datetime, or a format: "
            "date:%d.%m.%Y; repeatable.",
        ),
    ] = None,
    scheme: Annotated[
        Scheme | None,
        typer.Option(
            "--scheme",
            help="Of a fold column: kfold (default) trains on all other folds, forward on earlier "
            "ones.",
        ),
    ] = None,
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
    deep: Annotated[
        bool,
        typer.Option("--deep", help="Also run the checks that are costly or fit models."),
    ] = False,
    estimator: Annotated[
        str | None,
        typer.Option(
            "--estimator",
            metavar="MODULE:NAME",
            help="With --deep: the estimator or training function that FG501 and FG601 fit. "
            "Imports and runs that code.",
        ),
    ] = None,
    findings: Findings = None,
    baseline: BaselineFile = None,
    write_baseline: WriteBaseline = None,
    fail_on: FailOn = Gravity.ERROR,
    format: OutputFormat = DEFAULT_FORMAT,
    output: Output = None,
) -> None:
    """Say whether a split leaks, where, and how much it matters; exit 1 when it does."""
    from fold_guard.checks.subjects.table_subject import TableSubject
    from fold_guard.checks.wording import listed
    from fold_guard.cli.audit_input import Way, declared_dtypes, read_input, require_usable
    from fold_guard.cli.known import judged, put_findings, read_known, require_apart
    from fold_guard.cli.place import place_of
    from fold_guard.cli.terminal import progress, put_report
    from fold_guard.evidence.audit import audit_of, rules_of_audit
    from fold_guard.evidence.audited import audited_split
    from fold_guard.evidence.repair import offers
    from fold_guard.evidence.repair import repair as repaired
    from fold_guard.reports.next_steps import repair_steps

    dtypes, way = declared_dtypes(dtype or ()), Way(fold, fold_map, splits, test, validation)
    stated = None if scheme is None else scheme.value
    require_usable(way, scheme=stated, repair=repair, outputs=(output, findings, write_baseline))
    require_apart(
        file=file,
        baseline=baseline,
        output=output,
        findings=findings,
        write_baseline=write_baseline,
    )
    others = (file, output, findings, baseline, write_baseline)
    _require_repairable(repair, others, copies=repair_copies, named=bool(id))
    known = read_known(baseline)
    with progress("import"):
        trained = _trained(estimator, deep=deep)
    with progress(f"audit {file.name}") as line:
        line.step("read")
        read = read_input(file, way, dtypes=dtypes, labels=label or (), whole=feature is None)
        named: dict[str, Any] = {
            **read.split,
            "label": _one_or_several(label),
            "id": id or (),
            "groups": group or (),
            "time": time,
            "evaluation_time": evaluation_time,
            "features": feature,
            "scheme": stated,
            "name": file.name,
        }
        found = audited_split(read.frame, **named)
        rules = rules_of_audit(found, deep=deep, embargo=embargo)
        report = audit_of(
            found,
            rules,
            estimator=trained,
            name=file.name,
            source=read.source,
            file_digest=read.digest,
            on_progress=line.step,
        )
        given: _Given = {
            "fold": fold or "",
            "label": _one_or_several(label),
            "id": id or (),
            "groups": group or (),
            "time": time,
            # A repair knows no evaluation time; it is no feature there either.
            "features": feature if evaluation_time is None else report.dataset.features,
        }
        steps: list[str] = []
        if repair is None and fold is not None and isinstance(found.subject, TableSubject):
            line.step("next steps")
            offered = offers(found.subject, report)
            steps = repair_steps(file.name, offered, has_id=bool(id))
    facts = report.dataset
    steps += _unasked(label=facts.label or facts.labels, group=facts.groups, time=facts.time)
    roles = (*facts.id, facts.label, *facts.labels, *facts.groups, facts.time)
    used = {read.held, *roles, facts.evaluation_time, *facts.features}
    left_out = [name for name in found.columns if name not in used]
    if feature is None and left_out:
        steps.append(
            f"{listed(left_out)}: unique in every row, so taken for an id and not compared; "
            "name what is compared with --feature"
        )
    shown, more = judged(report, known, baseline, write_baseline, fail_on)
    steps += more
    if findings is not None:
        with progress(f"findings {findings.name}") as line:
            steps.append(put_findings(findings, shown, found.subject, rules, on_progress=line.step))
    put_report(shown, format, output, steps, place_of(file))
    if repair is not None:
        with progress(f"repair {file.name}") as line:
            mended = repaired(
                read.frame,
                **given,
                scheme="forward" if scheme is Scheme.FORWARD else "kfold",
                copies=repair_copies,
                name=file.name,
                on_progress=line.step,
            )
            mended.save(repair)
        _tell(mended, report, repair, on_stderr=output is None and format.value != "text")
    raise typer.Exit(0 if shown.passed else 1)


def _trained(estimator: str | None, *, deep: bool) -> object | None:
    """Import what is trained before any work; without the checks that fit it makes no sense."""
    if estimator is None:
        return None
    from fold_guard.crossval.estimators.named import named_training
    from fold_guard.errors import UsageError

    if not deep:
        raise UsageError(
            "only the checks of --deep fit an estimator", where="--estimator", remedy="Add --deep."
        )
    return named_training(estimator)


def _one_or_several(label: list[str] | None) -> str | list[str] | None:
    """Take one column for a class; several are labels."""
    return label[0] if label and len(label) == 1 else label or None


def _require_repairable(
    repair: Path | None, others: Sequence[Path | None], *, copies: bool, named: bool
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
    for each in others:
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


def _unasked(**roles: object) -> list[str]:
    """Name the roles without which an audit says little, and the checks that they bring."""
    from fold_guard.checks.wording import listed

    codes = {"label": "FG202", "group": "FG301", "time": "FG306"}
    absent = [role for role in codes if not roles[role]]
    if not absent:
        return []
    options = listed([f"--{role}" for role in absent])
    return [f"name {options} to check {listed([codes[role] for role in absent])}"]
