"""FG102: the fold map was made from this very table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.leaks import Leaks, ids_listed
from fold_guard.checks.outcome import Finding, Outcome, RowId
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.cells import SHOWN
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.wording import counted
from fold_guard.folds.reconciliation import Reconciliation


class FoldMapMatchesDataRule(Rule):
    """FG102 has no threshold: what was checked must be what is trained on."""


def run(subject: Subject, rule: FoldMapMatchesDataRule) -> Iterator[Outcome]:
    """Yield one outcome on map and table."""
    found = subject.reconciliation
    assert found is not None
    findings = tuple(
        Finding(
            each.text,
            count=len(each.ids),
            # Of all rows, one sentence: a list would say less.
            rows=() if each.key == "columns" else tuple(sorted(each.ids)[:SHOWN]),
            key=each.key,
        )
        for each in _differences(found)
    )
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


def leaks(subject: Subject, _: FoldMapMatchesDataRule) -> Iterator[Leaks]:
    """Yield the rows of each difference; an edited map is one of no row."""
    found = subject.reconciliation
    assert found is not None
    for finding, each in enumerate(_differences(found)):
        if each.ids:
            yield ids_listed("fold map", finding, each.text, each.ids)


@dataclass(frozen=True, slots=True)
class _Difference:
    key: str
    text: str
    ids: tuple[RowId, ...] = ()


def _differences(found: Reconciliation) -> Iterator[_Difference]:
    if found.edited:
        yield _Difference("edited", "the fold map was edited after it was made")
    if found.columns_changed:
        yield _Difference(
            "columns",
            "columns came, went or were renamed since the fold map was made, "
            "so no row is as it was",
            found.rows_changed,
        )
    changed = () if found.columns_changed else found.rows_changed
    for key, rows, text in (
        ("missing", found.rows_missing, "of the fold map missing from the table"),
        ("extra", found.rows_extra, "of the table without a fold"),
        ("changed", changed, "changed since the fold map was made"),
        ("labels", found.labels_changed, "with another label than when the fold map was made"),
    ):
        if rows:
            yield _Difference(key, f"{counted(len(rows), 'row')} {text}", rows)


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
        references=(
            (
                "J. Pineau et al., Improving reproducibility in machine learning research, JMLR "
                "22, 2021."
            ),
        ),
        measured={
            "rows_missing": "rows of the fold map that the table lacks",
            "rows_extra": "rows of the table that the fold map does not know",
            "rows_changed": "rows whose content is not as it was when the map was made",
            "labels_changed": "rows whose label is not as it was",
            "columns_changed": "whether columns came, went or were renamed",
            "edited": "whether the map was edited after it was made",
        },
    ),
    lacks=lambda subject: "" if subject.reconciliation is not None else "there is no fold map",
    needs_rounds=False,
    totals=("rows_missing", "rows_extra", "rows_changed", "labels_changed"),
    leaks=leaks,
)
