"""Suggest the name that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to ``name``, or None when none is close.

    >>> nearest("subject", ["row_id", "subject_id"])
    'subject_id'
    """
    candidates = list(known)
    folded = {candidate.casefold(): candidate for candidate in candidates}
    match = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.5)
    if match:
        return folded[match[0]]
    part = [c for f, c in folded.items() if name and name.casefold() in f]
    return part[0] if part else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence that names the nearest candidates, for an error's remedy.

    >>> did_you_mean("lable", ["label", "fold"])
    "Did you mean 'label'?"
    """
    candidates = list(known)
    best = nearest(name, candidates)
    if best is not None:
        return f"Did you mean {best!r}?"
    shown = ", ".join(candidates[:12]) + (", ..." if len(candidates) > 12 else "")
    return f"Known: {shown}"
