"""An audit or a check report as terminal text: verdict, checks, worst findings, what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Outcome, Severity, Status
from fold_guard.checks.wording import counted
from fold_guard.evidence.report import NotRun, Report
from fold_guard.reports.baseline_words import baseline_sentences
from fold_guard.reports.clean import clean, clean_sentence
from fold_guard.reports.layout import Ink, ends, hanging, table, usable
from fold_guard.reports.next_steps import suggestions
from fold_guard.reports.place import Place
from fold_guard.reports.worst import worst_lines

_ORDER = (Status.ERROR, Status.FAILED, Status.SKIPPED, Status.WARNED, Status.PASSED)
_SHOWN = {
    Status.FAILED: ("FAILED", "red"),
    Status.ERROR: ("ERROR", "red"),
    Status.SKIPPED: ("SKIPPED", "red"),
    Status.WARNED: ("warned", "yellow"),
    Status.PASSED: ("passed", "green"),
}
_NAME, _TARGET = 24, 22


def render_text(
    report: Report,
    *,
    width: int = 100,
    colour: bool = False,
    next_steps: Sequence[str] = (),
    place: Place | None = None,
) -> str:
    """Return a report as terminal text.

    Parameters
    ----------
    report : Report
    width : int
        Cells of the terminal; taken as 40 when narrower and 120 when wider.
    colour : bool
        Adds ANSI colours and changes no word.
    next_steps : sequence of str
        Commands or advice that only the caller knows; shown before the usual ones.
    place : Place, optional
        Of no use here.

    Returns
    -------
    str
        Ends in one newline; no line is wider than ``width`` or ends in a space.

    Examples
    --------
    >>> import pandas as pd
    >>> from fold_guard.evidence.audit import audit
    >>> visits = pd.DataFrame({"patient": [7, 7, 8, 8], "fold": [0, 1, 0, 1]})
    >>> report = audit(visits, fold="fold", groups=["patient"], name="visits.csv")
    >>> render_text(report, width=80).split()[0]
    'REFUSED'
    """
    cells, ink = usable(width), Ink(colour)
    blocks = [_header(report, cells, ink)]
    passed = [each for each in report.checks if each.status is Status.PASSED]
    if report.passed:
        shown = [each for each in report.checks if each.status is Status.WARNED]
    else:
        shown = [each for each in report.checks if each.status in _ORDER]
    shown.sort(key=lambda each: _ORDER.index(each.status))
    if shown:
        blocks.append(_checks(shown, cells, ink))
    closing = _passed(passed, cells) if report.passed else []
    blocks.append(closing + _not_run(report, cells, ink) + _baseline(report, cells))
    numbered, audited = not report.dataset.id, report.plan is None
    blocks.append(worst_lines(shown, cells, ink, numbered=numbered, audited=audited))
    blocks.append(suggestions(report, next_steps, cells, ink))
    # A clean split is told in a few lines; only a longer report needs air.
    between = "\n\n" if shown else "\n"
    return between.join("\n".join(block) for block in blocks if block) + "\n"


def _header(report: Report, width: int, ink: Ink) -> list[str]:
    warned = report.count(Status.WARNED) - report.accepted
    if not report.passed:
        verdict, style = "REFUSED", "red"
    elif warned or report.accepted:
        parts = [counted(warned, "warning")] if warned else []
        parts += [f"{report.accepted} accepted"] if report.accepted else []
        verdict, style = f"PASSED with {' and '.join(parts)}", "yellow"
    else:
        verdict, style = "PASSED", "green"
    facts, folds = report.dataset, report.folds
    subject = f"plan {clean(report.plan, 40)} on " if report.plan is not None else ""
    always = f" ({folds.always_train:,} rows always train)" if folds.always_train else ""
    left = (
        f"{verdict}  {subject}{clean(facts.name, 48)}: {counted(facts.rows, 'row')}, "
        f"{folds.size}{always}, scheme {folds.scheme}"
    )
    first, *others = ends(left, _counts(report), width)
    return [ink.start(style, first, verdict), *others]


def _counts(report: Report) -> str:
    accepted = report.accepted
    warned = "warned" if report.fail_on is Severity.ERROR else "warned (--fail-on warning)"
    parts = [
        f"{number} {word}"
        for status, word in (
            (Status.ERROR, "could not run"),
            (Status.FAILED, "failed"),
            (Status.SKIPPED, "skipped"),
            (Status.WARNED, warned),
            (Status.PASSED, "passed"),
            (Status.NOT_APPLICABLE, "not applicable"),
        )
        if (number := report.count(status) - (accepted if status is Status.WARNED else 0))
    ]
    parts += [f"{accepted} accepted"] if accepted else []
    return ", ".join([*(parts or ["no check ran"]), f"{len(report.not_run)} not run"])


def _checks(outcomes: Sequence[Outcome], width: int, ink: Ink) -> list[str]:
    rows, styles = [], []
    for each in outcomes:
        word, style = ("accepted", "yellow") if each.accepted else _SHOWN[each.status]
        cells = (clean(each.code, 8), clean(each.name, _NAME), clean(each.target, _TARGET))
        rows.append(((*cells, word), clean_sentence(each.summary)))
        styles.append(("bold", "", "", style))
    return table(rows, styles, width, ink)


def _passed(outcomes: Sequence[Outcome], width: int) -> list[str]:
    """Name what passed; a check that ran on several targets is named once, with their number."""
    if not outcomes:
        return []
    times: dict[str, int] = {}
    for each in outcomes:
        label = each.code if each.name in BY_NAME else each.name
        times[label] = times.get(label, 0) + 1
    names = [f"{clean(n, 32)}{f' ({t} targets)' if t > 1 else ''}" for n, t in times.items()]
    return hanging("passed:  ", ", ".join(names), width)


def _baseline(report: Report, width: int) -> list[str]:
    return [
        line
        for each in baseline_sentences(report)
        for line in hanging("baseline: ", clean_sentence(each, 600), width)
    ]


def _not_run(report: Report, width: int, ink: Ink) -> list[str]:
    idle = [
        NotRun(each.code, each.name, each.summary)
        for each in report.checks
        if each.status is Status.NOT_APPLICABLE
    ]
    by_reason: dict[str, list[str]] = {}
    for each in (*report.not_run, *idle):
        # What this version has can be asked for by name; of the rest the code says enough.
        named = not report.passed and each.name in BY_NAME
        label = f"{each.code} {each.name}" if named else each.code
        by_reason.setdefault(each.reason, []).append(clean(label, 40))
    text = "; ".join(
        f"{', '.join(labels)} ({clean(reason, 160)})" for reason, labels in by_reason.items()
    )
    lines = hanging("not run: ", text or "nothing was left out", width)
    return [ink("dim", line) for line in lines]
