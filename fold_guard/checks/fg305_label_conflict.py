"""FG305: rows that are equal in every feature have the same label."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.classes.class_label import (
    label_kinds,
    label_target,
    lacks_class_label,
)
from fold_guard.checks.leaks import Leaks
from fold_guard.checks.outcome import Finding, Outcome, Severity
from fold_guard.checks.rule import Rule
from fold_guard.checks.sets.copies import (
    content_key,
    copies_among,
    copies_of,
    lacks_features,
    not_compared,
)
from fold_guard.checks.sets.set_leaks import whole_sets
from fold_guard.checks.sets.spanning import largest_sets
from fold_guard.checks.subjects.cells import Cells
from fold_guard.checks.subjects.subject import Subject
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
    cells = subject.alike(subject.features, subject.roles.label_columns)
    known = label_kinds(subject, cells)
    codes = np.where(known.codes >= 0, copies_among(subject, cells, subject.features), -1)
    conflicting = _conflicts(codes, known)[0]
    rows = cells.count(np.isin(codes, conflicting))
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
        findings=_worst(subject, cells, codes, conflicting, known),
    )


def leaks(subject: Subject, _: LabelConflictRule) -> Iterator[Leaks]:
    """Yield the rows that contradict each other: in themselves, so in no round."""
    rows = subject.rows_alike(subject.features, subject.roles.label_columns)
    known = label_kinds(subject, rows.cells)
    codes = np.where(known.codes >= 0, copies_of(subject, rows, subject.features), -1)
    conflicting, kinds = _conflicts(codes, known)
    worst = largest_sets(codes, conflicting, shown=len(conflicting))
    sizes = np.bincount(codes[codes >= 0])
    starts = np.searchsorted(kinds[0], worst)
    ends = np.searchsorted(kinds[0], worst, side="right")
    messages = [
        _text(subject, int(sizes[code]), known, kinds[1, start:end])
        for code, start, end in zip(worst, starts, ends, strict=True)
    ]
    yield whole_sets(rows, codes, label_target(subject), worst, messages)


def _conflicts(codes: IntArray, known: Classes) -> tuple[IntArray, IntArray]:
    """Return the sets with several labels, and each pair of set and label, by set and label."""
    kinds = np.unique(np.stack([codes, known.codes])[:, codes >= 0], axis=1)
    return np.flatnonzero(np.bincount(kinds[0]) > 1), kinds


def _worst(
    subject: Subject, cells: Cells, codes: IntArray, conflicting: IntArray, known: Classes
) -> tuple[Finding, ...]:
    findings = []
    for code in largest_sets(codes, conflicting, cells.counts):
        where = codes == code
        rows = cells.count(where)
        findings.append(
            Finding(
                _text(subject, rows, known, np.unique(known.codes[where])),
                count=rows,
                rows=cells.ids_at(where),
                key=content_key(cells.values, subject.features, np.flatnonzero(where)[:1]),
            )
        )
    return tuple(findings)


def _text(subject: Subject, rows: int, known: Classes, labels: IntArray) -> str:
    named = [known.names[each] for each in labels]
    # A set of labels is written as a list and needs no quotes.
    said = named if subject.roles.labels else [quoted(each) for each in named]
    return (
        f"{counted(rows, 'row')} equal in {counted(len(subject.features), 'feature')}, "
        f"labels {listed(said)}"
    )


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
        references=(
            (
                "C. G. Northcutt, A. Athalye and J. Mueller, Pervasive label errors in test sets "
                "destabilize machine learning benchmarks, NeurIPS 2021, datasets and benchmarks."
            ),
        ),
        measured={
            "clusters_conflicting": (
                "sets of rows that are equal in every feature and differ in label"
            ),
            "rows_conflicting": "rows of those sets",
        },
    ),
    lacks=lambda subject: lacks_class_label(subject) or lacks_features(subject),
    needs_rounds=False,
    totals=("clusters_conflicting", "rows_conflicting"),
    leaks=leaks,
)
