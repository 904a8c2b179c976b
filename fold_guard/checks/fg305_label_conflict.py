"""FG305: rows that are equal in every feature have the same label."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.class_label import label_kinds, label_target, lacks_class_label
from fold_guard.checks.copies import copy_sets, lacks_features, not_compared
from fold_guard.checks.outcome import Finding, Outcome, Severity
from fold_guard.checks.rule import Rule
from fold_guard.checks.spanning import largest_sets
from fold_guard.checks.subject import Subject
from fold_guard.checks.wording import counted, listed, quoted
from fold_guard.dataset.labels import Classes

IntArray = npt.NDArray[np.int64]


class LabelConflictRule(Rule):
    """Thresholds of FG305.

    Attributes
    ----------
    max_rows_conflicting : int
        Rows that may have an equal row with another label.
    """

    severity: Severity = Severity.WARNING
    max_rows_conflicting: int = Field(0, ge=0)


def run(subject: Subject, rule: LabelConflictRule) -> Iterator[Outcome]:
    """Yield one outcome; a row without a label contradicts nobody and is not counted.

    Of several labels a row, the set of them counts as its label.
    """
    known = label_kinds(subject)
    codes = copy_sets(subject.frame, subject.features, subject.row_ids)
    codes = np.where(known.codes >= 0, codes, -1)
    kinds = np.unique(np.stack([codes, known.codes])[:, codes >= 0], axis=1)
    conflicting = np.flatnonzero(np.bincount(kinds[0]) > 1)
    of_conflict = np.isin(codes, conflicting)
    rows = int(of_conflict.sum())
    summary = "no two rows are equal in every feature and differ in label"
    if rows:
        summary = (
            f"{counted(rows, 'row')} in {counted(len(conflicting), 'set')} of rows that are equal "
            "in every feature but not in label"
        )
    left_out = not_compared(subject)
    yield CHECK.outcome(
        rule,
        broken=rows > rule.max_rows_conflicting,
        target=label_target(subject),
        summary=f"{summary}; {left_out}" if left_out else summary,
        measured={"clusters_conflicting": len(conflicting), "rows_conflicting": rows},
        findings=_worst(subject, codes, conflicting, known),
    )


def _worst(
    subject: Subject, codes: IntArray, conflicting: IntArray, known: Classes
) -> tuple[Finding, ...]:
    findings = []
    for code in largest_sets(codes, conflicting):
        where = np.flatnonzero(codes == code)
        named = [known.names[each] for each in np.unique(known.codes[where])]
        # A set of labels is written as a list and needs no quotes.
        several = bool(subject.roles.labels)
        labels = named if several else [quoted(each) for each in named]
        findings.append(
            Finding(
                f"{counted(len(where), 'row')} equal in "
                f"{counted(len(subject.features), 'feature')}, labels {listed(labels)}",
                count=len(where),
                rows=subject.ids_at(where),
            )
        )
    return tuple(findings)


CHECK = Check(
    code="FG305",
    name="label_conflict",
    rule=LabelConflictRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "When rows that no feature tells apart have different labels, no model can be right on "
            "all of them: either a label is wrong, or a column that matters is missing. It is no "
            "leak, but it caps the score that can be reached."
        ),
        example="Three rows are equal in 13 features; two are negative, one is positive.",
        fix=(
            "Look the listed rows up and mend the label, or add the column that tells them apart. "
            "With few or coarse features this is to be expected: raise max_rows_conflicting."
        ),
    ),
    lacks=lambda subject: lacks_class_label(subject) or lacks_features(subject),
    needs_rounds=False,
)
