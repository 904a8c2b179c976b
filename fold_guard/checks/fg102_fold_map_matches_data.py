"""FG102: the fold map was made from this very table."""

from __future__ import annotations

from collections.abc import Iterator

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.outcome import Finding, Outcome
from fold_guard.checks.rule import Rule
from fold_guard.checks.subject import SHOWN, Subject
from fold_guard.checks.wording import counted
from fold_guard.folds.reconciliation import Reconciliation


class FoldMapMatchesDataRule(Rule):
    """FG102 has no threshold: what was checked must be what is trained on."""


def run(subject: Subject, rule: FoldMapMatchesDataRule) -> Iterator[Outcome]:
    """Yield one outcome on map and table."""
    found = subject.reconciliation
    assert found is not None
    findings = tuple(_findings(found))
    agreement = f"the fold map was made from these {counted(subject.identity.rows, 'row')}"
    yield CHECK.outcome(
        rule,
        broken=not found.agrees,
        target="fold map",
        summary="; ".join(each.message for each in findings) or agreement,
        measured={
            "rows_missing": len(found.rows_missing),
            "rows_extra": len(found.rows_extra),
            "rows_changed": len(found.rows_changed),
            "labels_changed": len(found.labels_changed),
            "columns_changed": found.columns_changed,
            "edited": found.edited,
        },
        findings=findings,
    )


def _findings(found: Reconciliation) -> Iterator[Finding]:
    if found.edited:
        yield Finding("the fold map was edited after it was made")
    if found.columns_changed:
        # One sentence: a list of all rows would say less.
        yield Finding(
            "columns came, went or were renamed since the fold map was made, "
            "so no row is as it was",
            count=len(found.rows_changed),
        )
    changed = () if found.columns_changed else found.rows_changed
    for rows, text in (
        (found.rows_missing, "of the fold map missing from the table"),
        (found.rows_extra, "of the table without a fold"),
        (changed, "changed since the fold map was made"),
        (found.labels_changed, "with another label than when the fold map was made"),
    ):
        if rows:
            yield Finding(
                f"{counted(len(rows), 'row')} {text}",
                count=len(rows),
                rows=tuple(sorted(rows)[:SHOWN]),
            )


CHECK = Check(
    code="FG102",
    name="fold_map_matches_data",
    rule=FoldMapMatchesDataRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "A fold map holds a digest of every row it was made from. When rows came, went or "
            "changed since, its promises (groups kept together, classes balanced) are about "
            "another table. When its own folds were edited, nobody knows what they promise."
        ),
        example="An export adds 40 rows and mends 3 labels; the old map has no fold for the 40.",
        fix=(
            "Make the fold map again from the table (dvc repro, or fold-guard fold), or bring back "
            "the table that it was made from (dvc checkout)."
        ),
    ),
    lacks=lambda subject: "" if subject.reconciliation is not None else "there is no fold map",
    needs_rounds=False,
)
