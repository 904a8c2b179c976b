"""A subject's label as classes: one a row, or several labels."""

from __future__ import annotations

from fold_guard.checks.subject import Subject
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
        classes(subject.frame[roles.label])
    except DataError:
        return "the label is continuous, it has no classes"
    return ""


def label_strata(subject: Subject) -> Strata:
    """Return the class of each row, or its labels; a null label is -1.

    Raises
    ------
    DataError
        A label of several that is not 0 or 1 in every row.
    """
    roles = subject.roles
    if roles.labels:
        return labels_of(subject.frame, roles.labels)
    assert roles.label is not None
    known = classes(subject.frame[roles.label])
    return Strata(known.names, known.codes)


def label_kinds(subject: Subject) -> Classes:
    """Return one class a row: its own, or the set of its labels.

    Raises
    ------
    DataError
        As `label_strata`.
    """
    if subject.roles.labels:
        codes, names = codes_of(label_sets(label_strata(subject)))
        return Classes(tuple(names), codes)
    assert subject.roles.label is not None
    return classes(subject.frame[subject.roles.label])


def label_target(subject: Subject) -> str:
    """Return what an outcome on the label names as its target."""
    roles = subject.roles
    return roles.label if roles.label is not None else counted(len(roles.labels), "label")
