"""The rounds of a split, and the nearest rounds in which no unit lies on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.checks.sets.copies import copy_sets
from fold_guard.checks.subjects.subject import Subject
from fold_guard.dataset.instants import instants
from fold_guard.dataset.labels import codes_of
from fold_guard.dataset.ordering import ascending
from fold_guard.partition.recut import recut_blocks
from fold_guard.partition.repair import gather_units
from fold_guard.partition.rounds import EXCLUDED, Round, Rounds, forward_rounds, kfold_rounds
from fold_guard.partition.units import connected_units

IntArray = npt.NDArray[np.int64]
# Above this share of rows in sets of copies, the columns are too coarse to tell rows apart.
_COARSE = 0.2
# With more folds than this each tests a unit or a row, and no row has another fold to go to.
_MOST_FOLDS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Mended:
    """A split beside its repair; rows in the order of their ids.

    Attributes
    ----------
    frame : polars.DataFrame
    units : ndarray of int64, shape (n_rows,)
        What has to stay together: the components over all keys, with exact copies.
    given, repaired : sequence of Round
        Of the first repeat.
    how : {"gathered", "recut", "purged"}
        Units brought together in one fold each; blocks cut anew along time, units purged from
        train; the folds as they are, units purged from train.
    rows_moved : int
        Rows in another fold than before.
    rows_leaking : int
        Test rows, over the given rounds, whose unit is in train, too.
    copies : bool
        Whether copies are kept together.
    """

    frame: pl.DataFrame
    units: IntArray
    given: Sequence[Round]
    repaired: Sequence[Round]
    how: str
    rows_moved: int
    rows_leaking: int
    copies: bool

    @property
    def leaks(self) -> bool:
        """Whether there is anything to repair."""
        return self.rows_moved > 0 or self.rows_leaking > 0


def mended(subject: Subject) -> Mended:
    """Repair the first repeat of a subject's folds.

    Up to 100 folds of a round each are repaired as by ``fold-guard audit --repair``: with the
    fewest rows moved. Any other rounds (drawn, of several folds or single rows, purged by time, on
    both sides of which a row may lie) keep their test rows, and lose from train what shares a unit
    with those. Copies are left apart
    where there are group keys and more than a fifth of the rows has a copy: such columns are too
    coarse to tell rows apart.

    Raises
    ------
    InfeasibleError
        Fewer units, or instants, than folds.
    """
    roles, forward = subject.roles, subject.scheme == "forward"
    timed = forward and roles.time is not None
    label = () if roles.label is None else (roles.label,)
    time = (roles.time,) if timed and roles.time is not None else ()
    rows = subject.rows(tuple(dict.fromkeys((*subject.features, *label, *roles.groups, *time))))
    # By id: what a tie leaves to the order of rows is left to their ids.
    order = ascending(rows.row_ids)
    places = np.arange(len(rows.row_ids)) if order is None else order
    frame, folds = rows.frame[places], rows.folds[0][places]

    def sorted_round(at: int) -> Round:
        each = rows.rounds[at]
        return Round(each.index, each.train[places], each.test[places])

    given = Rounds(range(subject.rounds_a_repeat), sorted_round)
    inside = folds != EXCLUDED
    keys = [np.where(inside, codes_of(frame[name])[0], -1) for name in roles.groups]
    sets = copy_sets(frame, subject.features, rows.row_ids.gather(places))
    copies = not keys or np.count_nonzero(sets >= 0) <= _COARSE * len(sets)
    if copies:
        keys.append(np.where(inside, sets, -1))
    units = connected_units(len(folds), keys)
    leaking = sum(int(_shared(units, each)[each.test].sum()) for each in given)
    n_folds = int(folds.max(initial=-1)) + 1
    after, how = folds, "purged"
    repaired: Sequence[Round] = Rounds(range(len(given)), lambda at: _purged(units, given[at]))
    if time and _tests_alike(given, forward_rounds(folds, n_folds), 1):
        after, how = recut_blocks(instants(frame[time[0]]).values, folds, n_folds), "recut"
        repaired = forward_rounds(after, n_folds, units=units)
    elif not forward and _alike(given, kfold_rounds(folds, n_folds)):
        codes = codes_of(frame[label[0]])[0] if label and leaking else None
        after = gather_units(units, folds, n_folds, codes) if leaking else folds
        how, repaired = "gathered", kfold_rounds(after, n_folds)
    moved = int(np.count_nonzero(after != folds))
    return Mended(frame, units, given, repaired, how, moved, leaking, bool(copies))


def _alike(given: Sequence[Round], made: Sequence[Round]) -> bool:
    """Return whether rounds are those that the folds stand for, one a fold, and few."""
    return _tests_alike(given, made, 2) and all(
        np.array_equal(each.train, other.train) for each, other in zip(given, made, strict=True)
    )


def _tests_alike(given: Sequence[Round], made: Sequence[Round], least: int) -> bool:
    return least <= len(made) == len(given) <= _MOST_FOLDS and all(
        np.array_equal(each.test, other.test) for each, other in zip(given, made, strict=True)
    )


def _purged(units: IntArray, each: Round) -> Round:
    return Round(each.index, each.train & ~_shared(units, each), each.test)


def _shared(units: IntArray, each: Round) -> npt.NDArray[np.bool_]:
    """Return the rows whose unit lies on both sides of a round."""
    on = np.zeros((2, int(units.max(initial=-1)) + 1), dtype=np.bool_)
    on[0, units[each.train]] = True
    on[1, units[each.test]] = True
    both: npt.NDArray[np.bool_] = (on[0] & on[1])[units]
    return both
