"""FG303: no row of train comes back, equal in every feature, in test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.leaks import Leaks
from fold_guard.checks.outcome import Finding, Outcome
from fold_guard.checks.rule import Rule
from fold_guard.checks.sets.copies import (
    content_key,
    copies_among,
    copies_of,
    lacks_features,
    may_hide_copies,
    not_compared,
)
from fold_guard.checks.sets.overlap import rows_and_folds
from fold_guard.checks.sets.set_leaks import SetFacts, leaks_of_sets
from fold_guard.checks.sets.spanning import Spanning, largest_sets, spanning_sets, tested_rows
from fold_guard.checks.subjects.cells import Cells
from fold_guard.checks.subjects.subject import Subject
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
    cells, shape = subject.alike(subject.features, subject.roles.label_columns), subject.shape
    every = _Every(shape.n_rows, tested_rows(shape))
    for target, columns in _compared(subject):
        yield _outcome(subject, rule, cells, every, columns, target)


def leaks(subject: Subject, _: DuplicateRowsRule) -> Iterator[Leaks]:
    """Yield the test rows of each round that have a copy in train, by features and with label."""
    rows = subject.rows_alike(subject.features, subject.roles.label_columns)
    label = subject.roles.label
    labels = None if label is None else as_text(rows.frame[label])
    for target, columns in _compared(subject):
        yield from leaks_of_sets(
            rows,
            copies_of(subject, rows, columns),
            target,
            _in_words(len(columns)),
            labels=labels,
        )


def _in_words(width: int) -> Callable[[SetFacts], str]:
    return lambda each: _text(each.rows, width, each.folds, each.labels)


def _compared(subject: Subject) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each target with the columns in which rows are to be equal."""
    features, labels = subject.features, subject.roles.label_columns
    width = counted(len(features), "feature")
    yield width, features
    if labels:
        noun = "label" if subject.roles.label is not None else counted(len(labels), "label")
        yield f"{width} + {noun}", (*features, *labels)


@dataclass(frozen=True, slots=True)
class _Every:
    """All rows, those that equal no other included, and the test rows of each round."""

    rows: int
    tested: IntArray


def _outcome(
    subject: Subject,
    rule: DuplicateRowsRule,
    cells: Cells,
    every: _Every,
    columns: tuple[str, ...],
    target: str,
) -> Outcome:
    codes, width = copies_among(subject, cells, columns), len(columns)
    found = spanning_sets(codes, cells, tested=every.tested)
    sets = int(codes.max(initial=-1)) + 1
    rows = cells.count(codes >= 0)
    distinct = every.rows - rows + sets
    summary = _summary(found, sets, rows, distinct, every.rows, subject.n_repeats)
    notes = [each for each in (not_compared(subject), may_hide_copies(subject)) if each]
    return CHECK.outcome(
        rule,
        broken=found.leaking_total > rule.max_test_rows_with_copy,
        target=target,
        summary="; ".join([summary, *notes]),
        measured={
            "columns": width,
            "clusters": sets,
            "rows_in_clusters": rows,
            "clusters_crossing": len(found.spanning),
            "rows_in_crossing_clusters": found.rows_in_spanning,
            "cross_fold_pairs": found.cross_fold_pairs,
            "rounds": {
                str(each.index): {"test_rows_with_copy_in_train": each.leaking}
                for each in found.rounds
            },
            "test_rows_with_copy_in_train_total": found.leaking_total,
            "distinct_rows": distinct,
        },
        findings=_worst(subject, cells, codes, found, columns),
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


def _worst(
    subject: Subject, cells: Cells, codes: IntArray, found: Spanning, columns: tuple[str, ...]
) -> tuple[Finding, ...]:
    """Describe the largest sets among those that lie on both sides of some round."""
    findings = []
    for code in largest_sets(codes, found.shared, cells.counts):
        where, rows, folds = rows_and_folds(cells, codes, found, code)
        labels: list[str | None] = []
        if subject.roles.label is not None:
            held = as_text(cells.values[subject.roles.label]).alias("label")
            labels = held.gather(np.flatnonzero(where)).unique().to_list()
            labels.sort(key=lambda each: each or "")
        findings.append(
            Finding(
                _text(rows, len(columns), folds, labels),
                count=rows,
                rows=cells.ids_at(where),
                key=content_key(cells.values, columns, np.flatnonzero(where)[:1]),
            )
        )
    return tuple(findings)


def _text(rows: int, width: int, folds: str, labels: Sequence[str | None]) -> str:
    text = f"{counted(rows, 'row')} equal in {counted(width, 'column')}, {folds}"
    if labels:
        named = ["no label" if each is None else quoted(each) for each in labels]
        text += f", {'label' if len(named) == 1 else 'labels'} {listed(named)}"
    return text


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
        references=(
            (
                "B. Barz and J. Denzler, Do we train on test data? Purging CIFAR of near- "
                "duplicates, Journal of Imaging 6(6), 2020, doi:10.3390/jimaging6060041."
            ),
            (
                "M. Allamanis, The adverse effects of code duplication in machine learning models "
                "of code, Onward! 2019, doi:10.1145/3359591.3359735."
            ),
            (
                "S. Kapoor and A. Narayanan, Leakage and the reproducibility crisis in machine- "
                "learning-based science, Patterns 4(9), 2023, doi:10.1016/j.patter.2023.100804."
            ),
        ),
        measured={
            "columns": "columns that were compared",
            "clusters": "sets of rows that are equal in all of them",
            "rows_in_clusters": "rows of those sets",
            "clusters_crossing": "sets with rows in several folds of a repeat",
            "rows_in_crossing_clusters": "rows of those sets",
            "cross_fold_pairs": "unordered pairs of equal rows that lie in different folds",
            "rounds.{j}.test_rows_with_copy_in_train": (
                "test rows of the round with an equal row in its train"
            ),
            "test_rows_with_copy_in_train_total": (
                "summed over the rounds: what the threshold is about"
            ),
            "distinct_rows": "rows that are left when each set counts once",
        },
    ),
    lacks=lacks_features,
    totals=("test_rows_with_copy_in_train_total",),
    leaks=leaks,
)
