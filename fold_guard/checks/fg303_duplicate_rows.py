"""FG303: no row of train comes back, equal in every feature, in test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.copies import copy_sets, copy_sets_within, lacks_features, not_compared
from fold_guard.checks.outcome import Finding, Outcome
from fold_guard.checks.overlap import rows_and_folds
from fold_guard.checks.rule import Rule
from fold_guard.checks.spanning import Spanning, largest_sets, spanning_sets
from fold_guard.checks.subject import Subject
from fold_guard.checks.wording import counted, listed, quoted
from fold_guard.dataset.labels import as_text

IntArray = npt.NDArray[np.int64]
# Above this share of rows in sets of copies, the columns are too coarse to tell rows apart.
_COARSE = 0.2


class DuplicateRowsRule(Rule):
    """Thresholds of FG303.

    Attributes
    ----------
    max_test_rows_with_copy : int
        Test rows, summed over rounds, that may have a copy in train.
    """

    max_test_rows_with_copy: int = Field(0, ge=0)


def run(subject: Subject, rule: DuplicateRowsRule) -> Iterator[Outcome]:
    """Yield one outcome over the features, and one over features and label when there is one."""
    width = len(subject.features)
    codes = copy_sets(subject.frame, subject.features, subject.row_ids)
    yield _outcome(subject, rule, codes, width, counted(width, "feature"))
    roles = subject.roles
    labels = roles.labels if roles.label is None else (roles.label,)
    if labels:
        columns = [subject.frame[name] for name in labels]
        codes = copy_sets_within(codes, columns, subject.row_ids)
        noun = "label" if roles.label is not None else counted(len(labels), "label")
        target = f"{counted(width, 'feature')} + {noun}"
        yield _outcome(subject, rule, codes, width + len(labels), target)


def _outcome(
    subject: Subject, rule: DuplicateRowsRule, codes: IntArray, width: int, target: str
) -> Outcome:
    found = spanning_sets(codes, subject.every_repeat, subject.rounds)
    sets = int(codes.max(initial=-1)) + 1
    rows = int((codes >= 0).sum())
    distinct = len(codes) - rows + sets
    summary = _summary(found, sets, rows, distinct, len(codes), subject.n_repeats)
    left_out = not_compared(subject)
    return CHECK.outcome(
        rule,
        broken=found.leaking_total > rule.max_test_rows_with_copy,
        target=target,
        summary=f"{summary}; {left_out}" if left_out else summary,
        measured={
            "columns": width,
            "clusters": sets,
            "rows_in_clusters": rows,
            "clusters_crossing": len(found.spanning),
            "rows_in_crossing_clusters": int(found.rows_in_spanning.sum()),
            "cross_fold_pairs": found.cross_fold_pairs,
            "rounds": {
                str(each.index): {"test_rows_with_copy_in_train": each.leaking}
                for each in found.rounds
            },
            "test_rows_with_copy_in_train_total": found.leaking_total,
            "distinct_rows": distinct,
        },
        findings=_worst(subject, codes, found, width),
    )


def _summary(
    found: Spanning, sets: int, rows: int, distinct: int, n_rows: int, repeats: int
) -> str:
    if not sets:
        return "no two rows are identical"
    total = found.leaking_total
    pairs = (
        f"{counted(found.cross_fold_pairs, 'pair')} of identical rows "
        f"{'lies' if found.cross_fold_pairs == 1 else 'lie'} in different folds"
    )
    if repeats > 1:
        pairs += f" (summed over {repeats} repeats)"
    if total:
        have = "has" if total == 1 else "have"
        share = f"{100 * total / found.tested_total:.1f}%"
        text = f"{pairs}; {counted(total, 'test row')} ({share}) {have} a copy in train"
    elif found.cross_fold_pairs:
        text = f"{pairs}, none on both sides of a round"
    else:
        text = f"{counted(sets, 'set')} of identical rows, none in several folds"
        text += " of a repeat" if repeats > 1 else ""
    if rows > _COARSE * n_rows:
        text += (
            f"; the columns have only {distinct:,} distinct rows in {n_rows:,}, "
            "copies may be lawful"
        )
    return text


def _worst(subject: Subject, codes: IntArray, found: Spanning, width: int) -> tuple[Finding, ...]:
    """Describe the largest sets among those that lie on both sides of some round."""
    findings = []
    for code in largest_sets(codes, found.shared):
        where, folds = rows_and_folds(subject, codes, found, code)
        where = where[subject.row_ids.gather(where).arg_sort().to_numpy()]
        labels: list[str | None] = []
        if subject.roles.label is not None:
            labels = (
                as_text(subject.frame[subject.roles.label]).alias("label").gather(where).to_list()
            )
            labels = sorted(set(labels), key=lambda each: each or "")
        text = f"{counted(len(where), 'row')} equal in {counted(width, 'column')}, "
        text += folds
        if labels:
            named = ["no label" if each is None else quoted(each) for each in labels]
            text += f", {'label' if len(named) == 1 else 'labels'} {listed(named)}"
        findings.append(Finding(text, count=len(where), rows=subject.ids_at(where)))
    return tuple(findings)


CHECK = Check(
    code="FG303",
    name="duplicate_rows",
    rule=DuplicateRowsRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "A test row that is also in train is not new: the model may have memorised its answer. "
            "Copies arise from joins, repeated exports and oversampling before the split. Rows are "
            "compared in every feature, exactly; ids, group keys, time and fold never take part."
        ),
        example="Rows 3105 and 11890 are equal in 13 columns and lie in folds 1 and 3.",
        fix=(
            "Drop the copies, or keep them together with a group key that they share. With few or "
            "coarse features, different cases may lawfully look the same: then say so in the "
            "policy with max_test_rows_with_copy or severity warning."
        ),
    ),
    lacks=lacks_features,
)
