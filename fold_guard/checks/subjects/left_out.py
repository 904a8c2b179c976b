"""Folds that are a unit left out by itself: what compares folds compares the dealt ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.wording import counted
from fold_guard.partition.rounds import EXCLUDED

IntArray = npt.NDArray[np.int64]


def is_dealt(subject: Subject, fold: int) -> bool:
    """Return whether a fold is one that units were dealt to."""
    return subject.n_dealt is None or fold < subject.n_dealt


def dealt_alone(subject: Subject, folds: IntArray) -> IntArray:
    """Return folds with -2 in place of those that are a unit left out by itself.

    Not -1: a fold has to be held against the other folds, of which no row is of the subgroup.
    """
    if subject.n_dealt is None:
        return folds
    return np.where(folds < subject.n_dealt, folds, EXCLUDED)


def n_left_out(subject: Subject) -> int:
    """Return how many folds are a unit left out by itself."""
    if subject.n_dealt is None:
        return 0
    folds = np.unique(subject.shape.folds)
    return int(np.count_nonzero(folds >= subject.n_dealt))


def left_out_said(subject: Subject, what: str) -> str:
    """Return that such folds are not looked at, as the end of a sentence; "" without any.

    Parameters
    ----------
    subject : Subject
    what : str
        What is not done with them: ``compared``.
    """
    count = n_left_out(subject)
    return f"; {counted(count, 'unit')} left out one by one not {what}" if count else ""
