"""A subject's label as classes: one a row, or several labels."""

from __future__ import annotations

from fold_guard.checks.subjects.cells import Cells
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.wording import counted
from fold_guard.dataset.labels import Classes, classes, codes_of
from fold_guard.dataset.strata import Strata, label_sets, labels_of
from fold_guard.errors import DataError


def lacks_class_label(subject: Subject) -> str:
    """Return why there are no classes to count, or ""."""
    roles = subject.roles
    if roles.labels:
        return ""
    if roles.label is None:
        return "there is no label column"
    # Ages are whole numbers; that they are no classes the plan alone knows.
    if subject.traits.strata == "bins":
        return "the label is continuous, it has no classes"
    try:
        classes(subject.cells([roles.label]).values[roles.label])
    except DataError:
        return "the label is continuous, it has no classes"
    return ""


def label_strata(subject: Subject, cells: Cells) -> Strata:
    """Return the class of each cell, or its labels; a null label is -1.

    Parameters
    ----------
    subject : Subject
    cells : Cells
        By the label columns, and perhaps others.

    Raises
    ------
    DataError
        A label of several that is not 0 or 1 in every row.
    """
    roles = subject.roles
    if roles.labels:
        return labels_of(cells.values, roles.labels)
    assert roles.label is not None
    known = classes(cells.values[roles.label])
    return Strata(known.names, known.codes)


def label_kinds(subject: Subject, cells: Cells) -> Classes:
    """Return one class a cell: its own, or the set of its labels.

    Raises
    ------
    DataError
        As `label_strata`.
    """
    if subject.roles.labels:
        codes, names = codes_of(label_sets(label_strata(subject, cells)))
        return Classes(tuple(names), codes)
    assert subject.roles.label is not None
    return classes(cells.values[subject.roles.label])


def label_target(subject: Subject) -> str:
    """Return what an outcome on the label names as its target."""
    roles = subject.roles
    return roles.label if roles.label is not None else counted(len(roles.labels), "label")
