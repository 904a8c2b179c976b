"""Options of ``audit``: what counts as known, from when on it refuses, and the full list."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fold_guard.checks.rule import Rule
    from fold_guard.checks.subjects.subject import Subject
    from fold_guard.evidence.baseline import Baseline
    from fold_guard.evidence.report import Report


class Gravity(StrEnum):
    """From which outcome on an audit refuses."""

    ERROR = "error"
    WARNING = "warning"


Findings = Annotated[
    Path | None,
    typer.Option(
        "--findings",
        metavar="FILE",
        readable=False,
        help="Write every row of every finding as Parquet; the report names the first few only.",
    ),
]
BaselineFile = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="FILE",
        readable=False,
        help="Accept the findings in this file, unless they have grown; new ones fail.",
    ),
]
WriteBaseline = Annotated[
    Path | None,
    typer.Option(
        "--write-baseline",
        metavar="FILE",
        readable=False,
        help="Write the present findings as a baseline. Without --baseline they are accepted now.",
    ),
]
FailOn = Annotated[
    Gravity,
    typer.Option("--fail-on", help="Exit 1 from this outcome on; accepted findings never do."),
]


def require_apart(**files: Path | None) -> None:
    """Refuse before any work options that would write over a file, or over each other.

    Parameters
    ----------
    **files : Path or None
        By option; ``file`` is what is audited. A baseline may be written over the one that is read.

    Raises
    ------
    UsageError
    """
    from fold_guard.cli.terminal import refuse_overwrite

    read = {name: files[name] for name in ("file", "baseline")}
    written = {name: path for name, path in files.items() if name not in read}
    taken = list[Path]()
    for name, path in written.items():
        inputs = [read["file"], None if name == "write_baseline" else read["baseline"]]
        option = f"--{name.replace('_', '-')}"
        refuse_overwrite(path, *(each for each in inputs if each is not None), option=option)
        refuse_overwrite(path, *taken, option=option, is_what="is written by another option")
        taken += [] if path is None else [path]


def read_known(path: Path | None) -> Baseline | None:
    """Read the baseline, if one is named: before any work."""
    from fold_guard.evidence.baseline import load_baseline

    return None if path is None else load_baseline(path)


def judged(
    report: Report,
    known: Baseline | None,
    baseline: Path | None,
    write_baseline: Path | None,
    fail_on: Gravity,
) -> tuple[Report, list[str]]:
    """Hold a report against what is known, and write down what is.

    Parameters
    ----------
    report : Report
    known : Baseline or None
        What was read from ``baseline``.
    baseline, write_baseline : Path or None
    fail_on : Gravity

    Returns
    -------
    Report, list of str
        As it is to be shown, and what to do next.
    """
    from fold_guard.checks.outcome import Severity
    from fold_guard.dataset.files import write_json
    from fold_guard.evidence.baseline import accept, baseline_of

    present = baseline_of(report)
    steps = []
    if known is not None and baseline is not None:
        held = accept(report, known, baseline.name)
    elif write_baseline is not None:
        held = accept(report, present, write_baseline.name)
    else:
        held = report
    if write_baseline is not None:
        write_json(write_baseline, present.to_json())
        steps.append(
            f"commit {write_baseline.name} and audit with --baseline {write_baseline.name}: "
            "what is new, or has grown, fails"
        )
    return replace(held, fail_on=Severity(fail_on.value)), steps


def put_findings(
    path: Path,
    report: Report,
    subject: Subject,
    rules: Mapping[str, Rule],
    *,
    on_progress: Callable[[str], None],
) -> str:
    """Write every row of every finding.

    Parameters
    ----------
    path : Path
    report : Report
    subject : Subject
        What was audited.
    rules : mapping of check name to Rule
        Those that the audit went by.
    on_progress : callable of str

    Returns
    -------
    str
        What the file holds.
    """
    from fold_guard.checks.wording import counted, listed
    from fold_guard.evidence.full_findings import write_findings

    written = write_findings(path, subject, report, rules, on_progress)
    text = f"{path.name} lists {counted(written.rows, 'row')} of the findings"
    if written.capped:
        text += f"; of {listed(written.capped)} no more than the report names"
    return text
