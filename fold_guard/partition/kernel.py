# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
# cython: cdivision=True, annotation_typing=False
"""The loops behind the assignment of units to folds.

Plain Python, which Cython compiles when the package is built (the C types stand in
``kernel.pxd``). Where no compiler was at hand this file runs as it is: slower, the same folds.
Costs are whole numbers; where fractions decide (`polish`), each is rounded once, in a fixed
order. Nothing here depends on the machine.

A unit's counts are row ``unit`` of a sparse matrix: ``counts[indptr[unit]:indptr[unit + 1]]``
rows in ``strata[...]``. ``off[fold, stratum]`` is k times the rows that the fold holds, less the
rows of the stratum in all: zero is the ideal.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Hashes = npt.NDArray[np.uint64]
    Floats = npt.NDArray[np.float64]


def number_units(codes: Ints, seen: Ints, units: Ints) -> int:
    """Give codes numbers by their first row, a negative one its own; returns how many there are.

    ``seen`` has a place for every code, filled with -1.
    """
    count = 0
    for row in range(codes.shape[0]):
        code = codes[row]
        if code < 0:
            units[row] = count
            count += 1
        else:
            if seen[code] < 0:
                seen[code] = count
                count += 1
            units[row] = seen[code]
    return count


def least_of_unit(units: Ints, keys: Hashes, least: Hashes) -> None:
    """Find the smallest key among the rows of each unit; ``least`` starts with the largest."""
    for row in range(units.shape[0]):
        unit = units[row]
        if keys[row] < least[unit]:
            least[unit] = keys[row]


def bucket(codes: Ints, values: Hashes, starts: Ints, sorted_values: Hashes) -> None:
    """Sort values by code, stably; ``starts`` has where each code begins and moves to its end."""
    for row in range(codes.shape[0]):
        code = codes[row]
        sorted_values[starts[code]] = values[row]
        starts[code] += 1


def cut(codes: Ints, keys: Hashes, cuts: Hashes, folds: Ints, filled: Ints) -> None:
    """Give each row the number of its stratum's cuts that are not above its key.

    ``cuts`` has a row a stratum, ascending; ``filled[stratum, fold]`` counts what was dealt.
    """
    for row in range(codes.shape[0]):
        code = codes[row]
        key = keys[row]
        fold = 0
        left = cuts.shape[1]
        # Halving without a branch: which way it goes is random, and a wrong guess costs most.
        while left > 1:
            half = left // 2
            fold += half * (cuts[code, fold + half - 1] <= key)
            left -= half
        fold += cuts[code, fold] <= key
        folds[row] = fold
        filled[code, fold] += 1


def tally(
    starts: Ints,
    strata: Ints,
    sizes: Ints,
    tallied: Ints,
    counts: Ints,
    indptr: Ints,
    scratch: Ints,
    n_strata: int,
) -> int:
    """Add up equal strata within each unit, and its size at the end; returns how many entries.

    ``strata[starts[unit]:starts[unit + 1]]`` is the stratum of each row of the unit. ``scratch``
    has a place for every stratum, filled with -1.
    """
    entry = 0
    for unit in range(starts.shape[0] - 1):
        first = entry
        for at in range(starts[unit], starts[unit + 1]):
            stratum = strata[at]
            # An entry of an earlier unit does not count: no need to wipe `scratch` each time.
            if scratch[stratum] >= first:
                counts[scratch[stratum]] += 1
            else:
                scratch[stratum] = entry
                tallied[entry] = stratum
                counts[entry] = 1
                entry += 1
        tallied[entry] = n_strata
        counts[entry] = sizes[unit]
        entry += 1
        indptr[unit + 1] = entry
    return entry


def place(
    indptr: Ints,
    strata: Ints,
    counts: Ints,
    weights: Ints,
    order: Ints,
    n_splits: int,
    folds: Ints,
    off: Ints,
    held: Ints,
) -> None:
    """Greedy start: each unit of ``order`` goes where it costs least, the first such fold.

    When as many units are left as there are empty folds, only those are looked at.
    """
    empty = 0
    for fold in range(n_splits):
        if held[fold] == 0:
            empty += 1
    left = order.shape[0]
    for position in range(order.shape[0]):
        unit = order[position]
        start = indptr[unit]
        stop = indptr[unit + 1]
        best = -1
        least = 0
        for fold in range(n_splits):
            if empty < left or held[fold] == 0:
                cost = 0
                for at in range(start, stop):
                    stratum = strata[at]
                    cost += weights[stratum] * counts[at] * off[fold, stratum]
                if best < 0 or cost < least:
                    least = cost
                    best = fold
        folds[unit] = best
        if held[best] == 0:
            empty -= 1
        held[best] += 1
        left -= 1
        for at in range(start, stop):
            off[best, strata[at]] += n_splits * counts[at]


def relocate(
    indptr: Ints,
    strata: Ints,
    counts: Ints,
    weights: Ints,
    order: Ints,
    n_splits: int,
    folds: Ints,
    off: Ints,
    held: Ints,
) -> int:
    """Move each unit of ``order`` where that lowers the cost most; returns how many moved."""
    moved = 0
    for position in range(order.shape[0]):
        unit = order[position]
        here = folds[unit]
        if held[here] == 1:
            continue
        start = indptr[unit]
        stop = indptr[unit + 1]
        leaving = 0
        for at in range(start, stop):
            stratum = strata[at]
            leaving += weights[stratum] * counts[at] * (n_splits * counts[at] - off[here, stratum])
        best = here
        least = 0
        for fold in range(n_splits):
            if fold != here:
                cost = leaving
                for at in range(start, stop):
                    stratum = strata[at]
                    cost += weights[stratum] * counts[at] * off[fold, stratum]
                if cost < least:
                    least = cost
                    best = fold
        if best != here:
            moved += 1
            folds[unit] = best
            held[here] -= 1
            held[best] += 1
            for at in range(start, stop):
                off[here, strata[at]] -= n_splits * counts[at]
                off[best, strata[at]] += n_splits * counts[at]
    return moved


def swap(
    indptr: Ints,
    strata: Ints,
    counts: Ints,
    weights: Ints,
    order: Ints,
    n_splits: int,
    folds: Ints,
    off: Ints,
    scratch: Ints,
    tries: int,
    state: int,
) -> int:
    """Let two units of ``order`` change places where that lowers the cost; returns how often.

    Pairs come from a Lehmer generator (Park and Miller, 1988) that starts at ``state``.
    ``scratch`` has a place for every stratum, filled with 0.
    """
    swapped = 0
    n_units = order.shape[0]
    for _turn in range(tries):
        state = state * 48271 % 2147483647
        one = order[state % n_units]
        state = state * 48271 % 2147483647
        other = order[state % n_units]
        from_fold = folds[one]
        to_fold = folds[other]
        if from_fold == to_fold:
            continue
        for at in range(indptr[one], indptr[one + 1]):
            scratch[strata[at]] += counts[at]
        for at in range(indptr[other], indptr[other + 1]):
            scratch[strata[at]] -= counts[at]
        gain = 0
        for at in range(indptr[one], indptr[one + 1]):
            stratum = strata[at]
            net = scratch[stratum]
            gain += (
                weights[stratum]
                * net
                * (off[to_fold, stratum] - off[from_fold, stratum] + n_splits * net)
            )
        for at in range(indptr[other], indptr[other + 1]):
            stratum = strata[at]
            net = scratch[stratum]
            # Strata that both hold were added above.
            if net == -counts[at]:
                gain += (
                    weights[stratum]
                    * net
                    * (off[to_fold, stratum] - off[from_fold, stratum] + n_splits * net)
                )
        if gain < 0:
            swapped += 1
            folds[one] = to_fold
            folds[other] = from_fold
        for which in range(2):
            unit = one if which == 0 else other
            for at in range(indptr[unit], indptr[unit + 1]):
                stratum = strata[at]
                if gain < 0:
                    off[from_fold, stratum] -= n_splits * scratch[stratum]
                    off[to_fold, stratum] += n_splits * scratch[stratum]
                scratch[stratum] = 0
    return swapped


def polish(
    dense: Ints,
    sizes: Ints,
    movable: Ints,
    n_splits: int,
    folds: Ints,
    filled: Ints,
    filled_sizes: Ints,
    held: Ints,
    shares: Floats,
    weight: float,
    history: Floats,
    worst_of: Floats,
    best_folds: Ints,
    tries: int,
    state: int,
) -> None:
    """Search for a smaller largest deviation of a class share, at even fold sizes.

    Late acceptance hill climbing (Burke and Bykov, 2017): a move is taken when the cost is no
    worse than it was ``len(history)`` turns ago. Needs neither a temperature nor ``exp``. The
    cost is the largest |share in a fold - share overall| plus ``weight`` times the standard
    deviation of the fold sizes over their mean. ``best_folds`` keeps the best that was seen.
    """
    n_units = movable.shape[0]
    n_strata = dense.shape[1]
    n_history = history.shape[0]
    rows = 0
    for fold in range(n_splits):
        rows += filled_sizes[fold]
    mean = 1.0 * rows / n_splits
    current = 0.0
    spread = 0.0
    for fold in range(n_splits):
        worst = 0.0
        for stratum in range(n_strata):
            off = 1.0 * filled[fold, stratum] / filled_sizes[fold] - shares[stratum]
            if off < 0:
                off = -off
            if off > worst:
                worst = off
        worst_of[fold] = worst
        if worst > current:
            current = worst
        off = filled_sizes[fold] / mean - 1.0
        spread += off * off
    current += weight * sqrt(spread / n_splits)
    least = current
    for at in range(n_history):
        history[at] = current
    for turn in range(tries):
        state = state * 48271 % 2147483647
        one = movable[state % n_units]
        from_fold = folds[one]
        state = state * 48271 % 2147483647
        other = -1
        if state % 2 == 0:
            state = state * 48271 % 2147483647
            to_fold = state % n_splits
            if held[from_fold] == 1:
                continue
        else:
            state = state * 48271 % 2147483647
            other = movable[state % n_units]
            to_fold = folds[other]
        if to_fold == from_fold:
            continue
        size = sizes[one]
        if other >= 0:
            size -= sizes[other]
        from_size = filled_sizes[from_fold] - size
        to_size = filled_sizes[to_fold] + size
        from_worst = 0.0
        to_worst = 0.0
        for stratum in range(n_strata):
            net = dense[one, stratum]
            if other >= 0:
                net -= dense[other, stratum]
            off = 1.0 * (filled[from_fold, stratum] - net) / from_size - shares[stratum]
            if off < 0:
                off = -off
            if off > from_worst:
                from_worst = off
            off = 1.0 * (filled[to_fold, stratum] + net) / to_size - shares[stratum]
            if off < 0:
                off = -off
            if off > to_worst:
                to_worst = off
        worst = from_worst if from_worst > to_worst else to_worst
        for fold in range(n_splits):
            if fold != from_fold and fold != to_fold and worst_of[fold] > worst:
                worst = worst_of[fold]
        # Added up anew each time: a running sum would gather rounding errors.
        spread = 0.0
        for fold in range(n_splits):
            held_rows = filled_sizes[fold]
            if fold == from_fold:
                held_rows = from_size
            if fold == to_fold:
                held_rows = to_size
            off = held_rows / mean - 1.0
            spread += off * off
        cost = worst + weight * sqrt(spread / n_splits)
        at = turn % n_history
        if cost <= current or cost <= history[at]:
            current = cost
            worst_of[from_fold] = from_worst
            worst_of[to_fold] = to_worst
            filled_sizes[from_fold] = from_size
            filled_sizes[to_fold] = to_size
            folds[one] = to_fold
            if other >= 0:
                folds[other] = from_fold
            else:
                held[from_fold] -= 1
                held[to_fold] += 1
            for stratum in range(n_strata):
                net = dense[one, stratum]
                if other >= 0:
                    net -= dense[other, stratum]
                filled[from_fold, stratum] -= net
                filled[to_fold, stratum] += net
            if current < least:
                least = current
                for position in range(n_units):
                    best_folds[movable[position]] = folds[movable[position]]
        history[at] = current
