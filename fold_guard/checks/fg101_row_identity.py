"""FG101: every row has an id of its own."""

from __future__ import annotations

from collections.abc import Iterator

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.outcome import Finding, Outcome
from fold_guard.checks.rule import Rule
from fold_guard.checks.subject import Subject
from fold_guard.checks.wording import counted, listed


class RowIdentityRule(Rule):
    """FG101 has no threshold: one repeated id makes a fold map ambiguous."""


def run(subject: Subject, rule: RowIdentityRule) -> Iterator[Outcome]:
    """Yield one outcome on the ids of the whole table."""
    found = subject.identity
    findings, parts = [], []
    if found.null_ids:
        parts.append(f"{counted(found.null_ids, 'row')} without an id")
        findings.append(
            Finding(
                f"{counted(found.null_ids, 'row')} without an id, "
                f"at {listed(found.null_positions)} counted from 0",
                count=found.null_ids,
            )
        )
    if found.duplicate_ids:
        parts.append(f"{counted(found.duplicate_ids, 'row')} with the id of an earlier row")
        findings.append(
            Finding(
                f"{counted(found.duplicate_ids, 'row')} with an id that another row has already",
                count=found.duplicate_ids,
                rows=found.duplicate_examples,
            )
        )
    yield CHECK.outcome(
        rule,
        broken=bool(findings),
        target=", ".join(subject.roles.id),
        summary=" and ".join(parts) or f"{counted(found.rows, 'row')}, each with its own id",
        measured={
            "rows": found.rows,
            "null_ids": found.null_ids,
            "duplicate_ids": found.duplicate_ids,
        },
        findings=findings,
    )


CHECK = Check(
    code="FG101",
    name="row_identity",
    rule=RowIdentityRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "A fold map says which row id is tested in which fold. An id that two rows share, or a "
            "row without one, has no certain place: it can be in train and in test at once, and "
            "nobody can tell later which row was meant."
        ),
        example="Two tests carry id 812; the map puts 812 in fold 1, so both are tested there.",
        fix=(
            "Name the column, or the columns together, that tell rows apart under data.roles.id; "
            "drop true copies; give every row an id where the table is made, not by counting rows."
        ),
    ),
    lacks=lambda subject: (
        "" if subject.has_ids else "no id column was named; findings cite row numbers"
    ),
    needs_rounds=False,
)
