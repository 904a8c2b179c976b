"""Rows of a report's folds, by class, in every repeat."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.subjects.cells import Cells
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.subjects.table_subject import TableSubject
from fold_guard.dataset.labels import as_text, codes_of
from fold_guard.dataset.strata import Strata, labels_of
from fold_guard.errors import DataError
from fold_guard.evidence.report import FoldsFacts, RepeatFacts
from fold_guard.identity.digests import assignment_digest

IntArray = npt.NDArray[np.int64]
_CLASSES_KEPT = 50
NOT_COMPUTED = "not computed: the table is not in memory"


def folds_facts(subject: Subject, source: str) -> FoldsFacts:
    """Count the rows of the folds.

    Parameters
    ----------
    subject : Subject
    source : str
        Where the folds come from, in words.

    Returns
    -------
    FoldsFacts
        Its digest is that of the first repeat's assignment.
    """
    cells = subject.cells([*subject.roles.label_columns])
    strata = _strata(subject, cells)
    every = cells.folds
    count = int(every.max(initial=-1)) + 1
    repeats = tuple(_repeat_facts(cells, each, count, strata) for each in every)
    return FoldsFacts(
        source=source,
        scheme=subject.scheme,
        count=count,
        # What is left out altogether, for good or by a draw, trains nothing.
        always_train=cells.count((every == -1).all(axis=0)),
        classes=() if strata is None else strata.names,
        rows=repeats[0].rows,
        by_class=repeats[0].by_class,
        digest=_digest(subject),
        repeats=repeats if len(repeats) > 1 else (),
    )


def _digest(subject: Subject) -> str:
    if not isinstance(subject, TableSubject):
        return NOT_COMPUTED
    return assignment_digest(subject.row_ids, pl.Series(subject.folds))


def _strata(subject: Subject, cells: Cells) -> Strata | None:
    """Return the classes of the cells, or their labels; None when there are none to list."""
    roles = subject.roles
    if subject.traits.strata == "bins":
        return None
    if roles.labels:
        try:
            strata = labels_of(cells.values, roles.labels)
        except DataError:
            # The checks of the label say so.
            return None
    elif roles.label is not None:
        codes, names = codes_of(as_text(cells.values[roles.label]))
        strata = Strata(tuple(names), codes)
    else:
        return None
    return strata if 0 < len(strata.names) <= _CLASSES_KEPT else None


def _repeat_facts(cells: Cells, folds: IntArray, count: int, strata: Strata | None) -> RepeatFacts:
    by_class = () if strata is None else strata.by_fold(folds, count, cells.counts).tolist()
    rows = cells.tally(folds, count)
    return RepeatFacts(tuple(rows.tolist()), tuple(map(tuple, by_class)))
