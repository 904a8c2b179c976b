"""The worst findings of a report, with the rows to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fold_guard.checks.outcome import Finding, Outcome
from fold_guard.reports.clean import clean, clean_sentence
from fold_guard.reports.layout import Ink, table, wrapped

_FINDINGS, _ROWS = 6, 5
_HEAD = "Worst  "


def worst_lines(
    outcomes: Sequence[Outcome], width: int, ink: Ink, *, numbered: bool, audited: bool
) -> list[str]:
    """Lay out the first findings of each outcome.

    Parameters
    ----------
    outcomes : sequence of Outcome
        The gravest first.
    width : int
    ink : Ink
    numbered : bool
        Whether rows are cited by number because the table has no id.
    audited : bool
        Whether it is the report of an audit, which can write the full list.
    """
    # What a baseline knows is not news.
    new = [
        replace(each, findings=tuple(x for x in each.findings if not x.accepted))
        for each in outcomes
    ]
    found = [each for each in new if each.findings]
    if not found:
        return []
    # The first finding of every outcome comes before the second of any.
    turns = sorted(
        (turn, place) for place, each in enumerate(found) for turn in range(len(each.findings))
    )[:_FINDINGS]
    shown = [(found[p], found[p].findings[t]) for p, t in sorted((p, t) for t, p in turns)]
    rows = [
        ((clean(each.code, 8),), finding_sentence(finding, numbered=numbered))
        for each, finding in shown
    ]
    lines = table(rows, [("bold",)] * len(rows), width - len(_HEAD), ink)
    hidden = sum(len(each.findings) for each in found) - len(shown)
    if hidden:
        whole = (
            "audit with --findings FILE.parquet for every row of each"
            if audited
            else "--format json has all that were kept"
        )
        more = f"... and {hidden:,} more; {whole}"
        lines += wrapped(more, width - len(_HEAD))
    if numbered and any(finding.rows for _, finding in shown):
        hint = "Row numbers count from 0; name an id column to see ids."
        lines += wrapped(hint, width - len(_HEAD))
    return [
        ink("bold", _HEAD.rstrip()) + "  " + lines[0],
        *(" " * len(_HEAD) + x for x in lines[1:]),
    ]


def finding_sentence(finding: Finding, *, numbered: bool) -> str:
    """Return a finding with the first rows that it names, cleaned."""
    text = clean_sentence(finding.message)
    if not finding.rows:
        return text
    more = len(finding.rows) > _ROWS or finding.count > len(finding.rows)
    ids = ", ".join(clean(row, 40) for row in finding.rows[:_ROWS]) + (", ..." if more else "")
    single = len(finding.rows) == 1 and not more
    noun = ("row number" if numbered else "row") + ("" if single else "s")
    return f"{text}: {noun} {ids}"
