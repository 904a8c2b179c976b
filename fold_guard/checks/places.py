"""How findings name a round: by its fold where the two are one, else by what it tests."""

from __future__ import annotations

import numpy as np

from fold_guard.checks.subject import Subject
from fold_guard.checks.wording import listed


def round_details(subject: Subject, at: int) -> str:
    """Return repeat and folds of a round, or "" where its number says both.

    Parameters
    ----------
    subject : Subject
    at : int
        Position of the round in ``subject.rounds``.

    Returns
    -------
    str
        ``repeat 1, fold 2``; ``folds 0 and 3`` of a round that tests several; ``repeat 1`` of a
        test set that was drawn, or of a round that tests nothing.
    """
    each, several = subject.rounds[at], subject.n_repeats > 1
    repeat = at // subject.rounds_a_repeat
    tested = np.unique(subject.every_repeat[repeat][each.test]).tolist()
    parts = [f"repeat {repeat}"] if several else []
    # The test set of a draw is fold 0 always: it tells nothing.
    if tested and subject.traits.layout != "sampled" and (several or tested != [each.index]):
        parts.append(f"{'fold' if len(tested) == 1 else 'folds'} {listed(tested)}")
    return ", ".join(parts)


def round_name(subject: Subject, at: int, plain: str = "round") -> str:
    """Return a round's number, with repeat and folds where it does not say them.

    Parameters
    ----------
    subject : Subject
    at : int
        Position of the round in ``subject.rounds``.
    plain : str
        What a round is called that tests the one fold of its number.

    Returns
    -------
    str
        ``round 3``, or ``round 7 (repeat 1, fold 2)``.
    """
    details, index = round_details(subject, at), subject.rounds[at].index
    return f"round {index} ({details})" if details else f"{plain} {index}"
