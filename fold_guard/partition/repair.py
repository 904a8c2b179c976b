"""Bring the units of a split together again, with the fewest rows moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.errors import InfeasibleError
from fold_guard.partition.counting import distinct_counts, first_of_runs
from fold_guard.partition.rounds import EXCLUDED

IntArray = npt.NDArray[np.int64]
# The first place that no path has reached; far from overflow when a weight is added.
_FAR = np.int64(2**60)
# Ties are evened out in so many passes at most; two or three is what it takes.
_PASSES = 8


def gather_units(
    units: IntArray, folds: IntArray, n_splits: int, classes: IntArray | None = None
) -> IntArray:
    """Let every unit have one fold, no fold be empty, and as few rows as can be change theirs.

    A unit that goes to a fold moves all its rows but those that are there. No unit minds where
    another one goes, so the fold that holds most of its rows is best for each, and the sum over
    the units is the least there is. Only folds that nobody would go to couple the units. They are
    filled one by one along a shortest path in the graph of the folds, in which the edge from A to
    B costs what the cheapest unit of A would pay to go to B instead (rows in A less rows in B).
    Starting from the least cost, that is the method of successive shortest paths for flows of
    least cost, which keeps the cost the least after each step (Ahuja, Magnanti and Orlin, Network
    Flows, 1993, 9.7).

    Among folds that cost a unit the same, one that evens out sizes and classes is taken, in whole
    numbers; -1 wins over test folds, for what was set aside for training is left there.

    Parameters
    ----------
    units : ndarray of int64, shape (n_rows,)
        0..n_units-1; among equals the unit of the lower number is settled first.
    folds : ndarray of int64, shape (n_rows,)
        0..k-1; -1 always trains, and moves only with a unit that has rows in a fold, too; an
        excluded row (-2) ties nothing and stays.
    n_splits : int
        k; every fold below k has a unit in the result.
    classes : ndarray of int64, shape (n_rows,), optional
        0..n_classes-1; negative: of no class.

    Returns
    -------
    ndarray of int64, shape (n_rows,)

    Raises
    ------
    InfeasibleError
        Fewer units than folds.

    Examples
    --------
    >>> gather_units(np.array([0, 0, 0, 1]), np.array([1, 1, 0, 0]), 2).tolist()
    [1, 1, 1, 0]
    """
    cells = _cells(units, folds, n_splits)
    target = _even(cells, _settled(cells), units, folds, classes)
    moved = folds.copy()
    of_unit = np.full(int(units.max(initial=-1)) + 1, EXCLUDED, dtype=np.int64)
    of_unit[cells.names] = target
    member = (folds != EXCLUDED) & (of_unit[units] != EXCLUDED)
    moved[member] = of_unit[units[member]]
    return moved


def rows_to_gather(units: IntArray, folds: IntArray, n_splits: int) -> int:
    """Return how many rows `gather_units` would move, without asking where ties go.

    Raises
    ------
    InfeasibleError
        As `gather_units`.

    Examples
    --------
    >>> rows_to_gather(np.array([0, 0, 0, 1]), np.array([1, 1, 0, 0]), 2)
    1
    """
    cells = _cells(units, folds, n_splits)
    target = _settled(cells)
    stays = cells.fold == target[cells.owner]
    return int(cells.rows.sum() - cells.rows[stays].sum())


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """The rows of each unit in each fold, where there are any; by unit, then by fold.

    Units all of whose rows are in -1 or excluded have nothing to settle and are left out.
    """

    names: IntArray
    owner: IntArray
    fold: IntArray
    rows: IntArray
    n_splits: int

    @property
    def starts(self) -> IntArray:
        """The first cell of each unit."""
        return np.flatnonzero(first_of_runs(self.owner))

    def rows_at(self, target: IntArray) -> IntArray:
        """Count the rows that each unit has where it goes."""
        found = np.zeros(len(self.names), dtype=np.int64)
        there = self.fold == target[self.owner]
        found[self.owner[there]] = self.rows[there]
        return found


def _cells(units: IntArray, folds: IntArray, n_splits: int) -> _Cells:
    member = folds != EXCLUDED
    width = n_splits + 1
    cell, rows = distinct_counts(units[member] * width + folds[member] + 1)
    unit, fold = cell // width, cell % width - 1
    tested = unit[fold >= 0]
    tested = tested[first_of_runs(tested)]
    if len(tested) < n_splits:
        n = len(tested)
        raise InfeasibleError(
            f"{n:,} unit{' has' if n == 1 else 's have'} rows in test folds: no split into "
            f"{n_splits:,} folds keeps every unit together",
            remedy=f"At most {n:,} folds can be clean: make a new split with n_splits <= {n:,}."
            if n > 1
            else "Everything hangs together: use another group key.",
        )
    place = np.full(int(unit.max(initial=-1)) + 1, -1, dtype=np.int64)
    place[tested] = np.arange(len(tested))
    owner = place[unit]
    keep = owner >= 0
    return _Cells(tested, owner[keep], fold[keep], rows[keep], n_splits)


def _settled(cells: _Cells) -> IntArray:
    """Return the fold of each unit at the least cost; ties go to the lowest fold."""
    most = np.maximum.reduceat(cells.rows, cells.starts)
    best = np.flatnonzero(cells.rows == most[cells.owner])
    # The first of each unit: -1 stands before all folds.
    target = cells.fold[best[first_of_runs(cells.owner[best])]]
    load = np.bincount(target + 1, minlength=cells.n_splits + 1)
    for empty in np.flatnonzero(load[1:] == 0).tolist():
        _fill(cells, target, empty)
    return target


def _fill(cells: _Cells, target: IntArray, empty: int) -> None:
    """Send units along the cheapest path that ends in an empty fold."""
    width = cells.n_splits + 1
    at = target + 1
    here = cells.rows_at(target)
    load = np.bincount(at, minlength=width)
    cost = np.full((width, width), _FAR, dtype=np.int64)
    # To a fold in which it has no row a unit takes all of them along.
    np.minimum.at(cost, at, here[:, None])
    held = cells.owner, cells.fold + 1
    np.minimum.at(cost, (at[held[0]], held[1]), here[held[0]] - cells.rows)
    gives = load >= 2
    gives[0] = load[0] >= 1
    dist = np.where(gives, np.int64(0), _FAR)
    before = np.full(width, -1, dtype=np.int64)
    while True:
        through = dist[:, None] + cost
        nearest = through.argmin(axis=0)
        reached = through[nearest, np.arange(width)]
        shorter = reached < dist
        if not shorter.any():
            break
        dist[shorter] = reached[shorter]
        before[shorter] = nearest[shorter]
    place = empty + 1
    while before[place] >= 0:
        source = int(before[place])
        there = np.zeros(len(target), dtype=np.int64)
        into = held[1] == place
        there[held[0][into]] = cells.rows[into]
        pays = np.where(at == source, here - there, _FAR)
        target[int(pays.argmin())] = place - 1
        place = source


def _even(
    cells: _Cells,
    target: IntArray,
    units: IntArray,
    folds: IntArray,
    classes: IntArray | None,
) -> IntArray:
    """Let units go to other folds that cost them the same, as long as the folds get more even.

    What becomes less with every step is the sum, over folds, of the squares of size and class
    counts: their totals are given, so the sum is least when the folds are alike.
    """
    here = cells.rows_at(target)
    equal = (cells.rows == here[cells.owner]) & (cells.fold >= 0) & (target[cells.owner] >= 0)
    choices = np.bincount(cells.owner[equal], minlength=len(target))
    free = np.flatnonzero(choices > 1)
    if not free.size:
        return target
    bounds = np.searchsorted(cells.owner, np.stack([free, free + 1]))
    options = [cells.fold[start:end][equal[start:end]].tolist() for start, end in bounds.T.tolist()]
    of_unit = np.full(int(units.max(initial=-1)) + 1, -1, dtype=np.int64)
    of_unit[cells.names] = np.arange(len(target))
    member = np.flatnonzero((folds != EXCLUDED) & (of_unit[units] >= 0))
    owner = of_unit[units[member]]
    # Size in column 0, then the classes; rows of no class count for the size alone.
    stratum = (np.full(len(units), -1) if classes is None else classes)[member]
    width = int(stratum.max(initial=-1)) + 2
    counts = np.zeros((cells.n_splits, width), dtype=np.int64)
    tested = target[owner] >= 0
    classed = tested & (stratum >= 0)
    np.add.at(counts[:, 0], target[owner[tested]], 1)
    np.add.at(counts, (target[owner[classed]], stratum[classed] + 1), 1)
    load = np.bincount(target[target >= 0], minlength=cells.n_splits)
    order = np.argsort(owner, kind="stable")
    parts = np.searchsorted(owner[order], np.stack([free, free + 1])).T.tolist()
    profiles = []
    for start, end in parts:
        found, times = np.unique(stratum[order[start:end]] + 1, return_counts=True)
        inside = found > 0
        strata = np.concatenate([[0], found[inside]])
        profiles.append((strata, np.concatenate([[end - start], times[inside]])))
    largest = sorted(range(len(free)), key=lambda each: (parts[each][0] - parts[each][1], each))
    for _ in range(_PASSES):
        better = False
        for each in largest:
            unit = int(free[each])
            fold = int(target[unit])
            if load[fold] == 1:
                continue
            strata, rows = profiles[each]
            theirs = counts[np.ix_(options[each], strata)] @ rows
            own = int(counts[fold, strata] @ rows) - int(rows @ rows)
            # Whether it counts as there or not must not matter to the fold where it is.
            theirs[options[each].index(fold)] = own
            best = int(theirs.argmin())
            if theirs[best] < own:
                to = options[each][best]
                counts[fold, strata] -= rows
                counts[to, strata] += rows
                load[fold] -= 1
                load[to] += 1
                target[unit] = to
                better = True
        if not better:
            break
    return target
