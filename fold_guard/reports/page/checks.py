"""Rows of the table of checks: failures first, each with its numbers, findings and explanation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.check import Explanation
from fold_guard.checks.outcome import Finding, Outcome, Status
from fold_guard.evidence.report import Report
from fold_guard.reports.charts.figure import Table
from fold_guard.reports.page.numbers import number, plural
from fold_guard.reports.page.visible import cut
from fold_guard.reports.page.wording import STATUS_WORDS, WORST_FIRST

MOST_NUMBERS, MOST_COLUMNS, MOST_FINDINGS, MOST_ROWS = 40, 8, 20, 20
_WIDE = 60


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding: its sentence, and the row ids that it names."""

    message: str
    rows: str


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One outcome, ready to be shown."""

    code: str
    name: str
    target: str
    kind: str
    word: str
    severity: str
    summary: str
    numbers: tuple[tuple[str, str], ...]
    tables: tuple[tuple[str, Table], ...]
    thresholds: tuple[tuple[str, str], ...]
    findings: tuple[FindingRow, ...]
    explanation: Explanation | None
    notes: tuple[str, ...]


def check_rows(report: Report) -> tuple[CheckRow, ...]:
    """Return the outcomes of a report, the worst first, else in their order."""
    ranked = sorted(report.checks, key=lambda each: WORST_FIRST.index(each.status))
    return tuple(_row(each) for each in ranked)


def _row(outcome: Outcome) -> CheckRow:
    check = BY_NAME.get(outcome.name)
    known = check is not None and check.code == outcome.code
    notes = []
    plain = [(k, v) for k, v in outcome.measured.items() if not isinstance(v, Mapping)]
    nested = [(k, v) for k, v in outcome.measured.items() if isinstance(v, Mapping) and v]
    if len(plain) > MOST_NUMBERS:
        notes.append(f"{MOST_NUMBERS} of {len(plain):,} numbers are shown.")
    if len(outcome.findings) > MOST_FINDINGS:
        notes.append(f"{MOST_FINDINGS} of {len(outcome.findings):,} findings are shown.")
    return CheckRow(
        code=outcome.code,
        name=outcome.name,
        target=outcome.target,
        kind=outcome.status.value,
        word=STATUS_WORDS[outcome.status],
        severity=_severity(outcome),
        summary=outcome.summary,
        numbers=tuple((key, shown(value)) for key, value in plain[:MOST_NUMBERS]),
        tables=tuple((key, _table(key, value)) for key, value in nested[:MOST_COLUMNS]),
        thresholds=tuple((key, shown(value)) for key, value in outcome.requires.items()),
        findings=tuple(_finding(each) for each in outcome.findings[:MOST_FINDINGS]),
        explanation=check.explanation if check is not None and known else None,
        notes=tuple(notes),
    )


def _severity(outcome: Outcome) -> str:
    if outcome.status in (Status.ERROR, Status.SKIPPED, Status.NOT_APPLICABLE):
        return "It did not measure anything; not run is never passed, so the gate is shut."
    if outcome.accepted:
        return "A baseline accepts it: it is known, and has not grown."
    effect = "shuts the gate" if outcome.severity.value == "error" else "warns"
    return f"A broken rule {effect} (severity {outcome.severity.value})."


def _finding(finding: Finding) -> FindingRow:
    rows = ", ".join(cut(str(each), 40) for each in finding.rows[:MOST_ROWS])
    count = len(finding.rows[:MOST_ROWS])
    if rows and finding.count > count:
        rows += f", … (the first {count}; {finding.count:,} in all)"
    return FindingRow(finding.message, rows)


def _table(name: str, value: Mapping[str, object]) -> Table:
    items = list(value.items())
    note = ""
    if len(items) > MOST_NUMBERS:
        note = f"{MOST_NUMBERS} of {len(items):,} lines are shown."
    kept = items[:MOST_NUMBERS]
    inner = [each for _, each in kept if isinstance(each, Mapping)]
    head_word = {"rounds": "round", "folds": "fold"}.get(name, "")
    if len(inner) < len(kept) or not inner:
        return Table((head_word, name), tuple((k, shown(v)) for k, v in kept), note)
    columns = list(dict.fromkeys(key for each in inner for key in each))
    if len(columns) > MOST_COLUMNS:
        note = f"{note} {MOST_COLUMNS} of {len(columns):,} columns are shown.".strip()
        columns = columns[:MOST_COLUMNS]
    rows = tuple(
        (key, *(shown(each[c]) if c in each else "" for c in columns))
        for key, each in kept
        if isinstance(each, Mapping)
    )
    return Table((head_word, *map(str, columns)), rows, note)


def shown(value: object) -> str:
    """Return a measured value as text; a long list is cut and says so.

    >>> shown(4450), shown(0.28661), shown(True), shown(None), shown([1, 2])
    ('4,450', '0.2866', 'yes', 'none', '1, 2')
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number(value, 4)
    if isinstance(value, str):
        return cut(value, 4 * _WIDE)
    if isinstance(value, list | tuple):
        if not value:
            return "none"
        text = ", ".join(shown(each) for each in value[:12])
        return f"{text}, … ({plural(len(value), 'value')})" if len(value) > 12 else text
    return cut(json.dumps(value, default=str, sort_keys=True), 4 * _WIDE)
