"""How findings name a round: by its fold where the two are one, else by what it tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.wording import listed


def round_details(subject: Subject, at: int) -> str:
    """Return repeat and folds of a round, or "" where its number says both.

    Parameters
    ----------
    subject : Subject
    at : int
        Position of the round among those of all repeats.

    Returns
    -------
    str
        ``repeat 1, fold 2``; ``folds 0 and 3`` of a round that tests several; ``repeat 1`` of a
        test set that was drawn, or of a round that tests nothing; ``test`` where folds have names.
    """
    shape, several = subject.shape, subject.n_repeats > 1
    each, repeat = shape.rounds[at], at // subject.rounds_a_repeat
    tested = np.unique(shape.folds[repeat][each.test]).tolist()
    parts = [f"repeat {repeat}"] if several else []
    # The test set of a draw is fold 0 always: it tells nothing.
    if subject.traits.layout == "sampled":
        return ", ".join(parts)
    if subject.fold_names and tested:
        return ", ".join([*parts, folds_named(tested, subject.fold_names)])
    if tested and (several or tested != [each.index]):
        parts.append(f"{'fold' if len(tested) == 1 else 'folds'} {listed(tested)}")
    return ", ".join(parts)


def round_name(subject: Subject, at: int, plain: str = "round") -> str:
    """Return a round's number, with repeat and folds where it does not say them.

    Parameters
    ----------
    subject : Subject
    at : int
        Position of the round among those of all repeats.
    plain : str
        What a round is called that tests the one fold of its number.

    Returns
    -------
    str
        ``round 3``, or ``round 7 (repeat 1, fold 2)``.
    """
    details, index = round_details(subject, at), subject.shape.rounds[at].index
    return f"round {index} ({details})" if details else f"{plain} {index}"


def folds_named(folds: Sequence[int], names: Mapping[int, str], shown: int = 5) -> str:
    """Return folds in words: by their names, where they have any.

    Examples
    --------
    >>> folds_named([0, 2], {}), folds_named([0, 1], {0: "train", 1: "test"})
    ('folds 0 and 2', 'train and test')
    """
    if names:
        return listed([names.get(fold, f"fold {fold}") for fold in folds], shown)
    return f"folds {listed(folds, shown)}"
