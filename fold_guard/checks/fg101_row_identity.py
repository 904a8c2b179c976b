"""FG101: every row has an id of its own."""

from __future__ import annotations

from collections.abc import Iterator

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.leaks import Leaks, ids_listed
from fold_guard.checks.outcome import Finding, Outcome
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.wording import counted, listed
from fold_guard.identity.row_ids import RowIdentity, examine_ids


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
                _without(found),
                count=found.null_ids,
                key="null ids",
            )
        )
    if found.duplicate_ids:
        parts.append(f"{counted(found.duplicate_ids, 'row')} with the id of an earlier row")
        findings.append(
            Finding(
                _repeating(found),
                count=found.duplicate_ids,
                rows=found.duplicate_examples,
                key="duplicate ids",
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


def leaks(subject: Subject, _: RowIdentityRule) -> Iterator[Leaks]:
    """Yield the rows without an id, then the id of each row that an earlier one has already."""
    found, target = subject.identity, ", ".join(subject.roles.id)
    nulls, repeated = found.every_null, found.every_duplicate
    if nulls is None or repeated is None:
        # The rows stayed where they are, and have no order: those without an id have no name.
        here = examine_ids(subject.rows(()).row_ids)
        assert here.every_duplicate is not None
        repeated = here.every_duplicate
        names: list[str | None] = [None] * here.null_ids
    else:
        names = [f"row {at}" for at in nulls]
    if names:
        yield ids_listed(target, 0, _without(found), names)
    if len(repeated):
        yield ids_listed(target, int(bool(names)), _repeating(found), repeated.to_list())


def _without(found: RowIdentity) -> str:
    text = f"{counted(found.null_ids, 'row')} without an id, "
    return text + f"at {listed(found.null_positions)} counted from 0"


def _repeating(found: RowIdentity) -> str:
    return f"{counted(found.duplicate_ids, 'row')} with an id that another row has already"


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
        references=(
            (
                "M. D. Wilkinson et al., The FAIR Guiding Principles for scientific data "
                "management and stewardship, Scientific Data 3, 2016, doi:10.1038/sdata.2016.18."
            ),
        ),
        measured={
            "rows": "rows of the table",
            "null_ids": "rows without an id",
            "duplicate_ids": "rows with an id that a row before them has already",
        },
    ),
    lacks=lambda subject: (
        "" if subject.has_ids else "no id column was named; findings cite row numbers"
    ),
    needs_rounds=False,
    totals=("null_ids", "duplicate_ids"),
    leaks=leaks,
)
