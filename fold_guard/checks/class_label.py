"""Whether a subject's label is a class: several checks ask nothing else of a table."""

from __future__ import annotations

from fold_guard.checks.subject import Subject
from fold_guard.dataset.labels import classes
from fold_guard.errors import DataError


def lacks_class_label(subject: Subject) -> str:
    """Return why there are no classes to count, or ""."""
    if subject.roles.label is None:
        return "there is no label column"
    try:
        classes(subject.frame[subject.roles.label])
    except DataError:
        return "the label is continuous, it has no classes"
    return ""
