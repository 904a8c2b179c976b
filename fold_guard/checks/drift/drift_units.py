"""What the checks of drift share: the units of rows, and the names of folds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.subjects.subject import Subject
from fold_guard.dataset.labels import codes_of
from fold_guard.partition.units import connected_units

IntArray = npt.NDArray[np.int64]


def units_in(frame: pl.DataFrame, groups: tuple[str, ...]) -> IntArray | None:
    """Return the unit of each row: rows that share any group key; None without keys.

    Examples
    --------
    >>> units_in(pl.DataFrame({"patient": [7, 8, 7, None]}), ("patient",)).tolist()
    [0, 1, 0, 2]
    """
    if not groups:
        return None
    return connected_units(frame.height, [codes_of(frame[key])[0] for key in groups])


def fold_key(subject: Subject, repeat: int, fold: int | str) -> str:
    """Return a fold as a key of ``measured``: ``2``, or ``1/2`` in repeat 1 of several."""
    return f"{repeat}/{fold}" if subject.n_repeats > 1 else str(fold)


def fold_place(subject: Subject, repeat: int, fold: int) -> str:
    """Return a fold as people read it: ``fold 2``, or ``the test set of repeat 1``."""
    place = "the test set" if subject.traits.layout == "sampled" else f"fold {fold}"
    place = subject.fold_names.get(fold, place)
    return f"{place} of repeat {repeat}" if subject.n_repeats > 1 else place


def lacks_folds_to_compare(subject: Subject) -> str:
    """Return why folds cannot be held against one another, or ""."""
    if not subject.features:
        return "there is no feature column"
    if subject.traits.layout == "each":
        unit = "group" if subject.traits.groups else "row"
        return f"every {unit} is a fold of its own: one {unit} has no distribution"
    return ""
