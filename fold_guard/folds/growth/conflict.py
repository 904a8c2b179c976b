"""Rows that link units of different folds: refused, excluded, or their unit moved together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fold_guard.errors import Refused
from fold_guard.folds.growth.held import Held
from fold_guard.folds.manifest import OnConflict
from fold_guard.folds.material import Material
from fold_guard.partition.links import FREE, Link, fewest_links, torn_units
from fold_guard.partition.rounds import EXCLUDED
from fold_guard.partition.units import connected_units

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Folds in which no unit is torn.

    Attributes
    ----------
    units : ndarray of int64, shape (n_rows,)
        Connected components; an excluded row links nothing.
    folds : ndarray of int64, shape (n_rows,)
        `FREE` for the rows that are still to be dealt; all rows of a unit have the same.
    """

    units: IntArray
    folds: IntArray


def settled(material: Material, held: Held, on_conflict: OnConflict) -> Settled:
    """Let every unit have one fold.

    Parameters
    ----------
    material : Material
    held : Held
    on_conflict : {"fail", "exclude", "move"}

    Raises
    ------
    Refused
        A conflict, and the policy does not settle it.
    """
    folds = held.folds.copy()
    if held.disputed.any():
        if on_conflict == "fail":
            raise Refused(_disputes(material, held.disputed), where="fold maps", remedy=_ways(None))
        if on_conflict == "exclude":
            folds[held.disputed] = EXCLUDED
    units = units_of(material, folds)
    if torn_units(units, folds).size:
        if on_conflict == "move":
            folds = _together(units, folds)
        else:
            links = linking_rows(material, held.settled, folds, units)
            if on_conflict == "fail":
                moved = int((_together(units, folds) != folds)[folds != FREE].sum())
                raise Refused(
                    f"{_count(len(links), 'row')} {'links' if len(links) == 1 else 'link'} units "
                    f"of different folds: {described(material, links)}",
                    where="table",
                    remedy=_ways(moved),
                )
            folds[[link.row for link in links]] = EXCLUDED
            units = units_of(material, folds)
    # A new row goes where its unit is.
    of_unit = np.full(int(units.max(initial=-1)) + 1, FREE, dtype=np.int64)
    holds = folds >= -1
    of_unit[units[holds]] = folds[holds]
    return Settled(units, np.where(folds == FREE, of_unit[units], folds))


def units_of(material: Material, folds: IntArray) -> IntArray:
    """Return the connected components over all keys; excluded rows link nothing."""
    inside = folds != EXCLUDED
    return connected_units(len(folds), [np.where(inside, key, -1) for key in material.keys])


def linking_rows(
    material: Material, fixed: BoolArray, folds: IntArray, units: IntArray
) -> tuple[Link, ...]:
    """Return the fewest rows without which no two folds are linked.

    Raises
    ------
    Refused
        Folds are linked by rows that are as they always were.
    """
    fixed = fixed & (folds >= -1)
    alone = connected_units(len(folds), [np.where(fixed, key, -1) for key in material.keys])
    torn = torn_units(alone, np.where(fixed, folds, FREE))
    if torn.size:
        first = np.flatnonzero(fixed & (alone == torn[0]))
        other = first[folds[first] != folds[first[0]]][0]
        a, b = (f"{material.ids[int(row)]!r} (fold {folds[row]})" for row in (first[0], other))
        raise Refused(
            f"the old map itself splits {_count(len(torn), 'unit')}: no row is new or changed "
            f"between row {a} and row {b}",
            where="old fold map",
            remedy="Bring such units together with on_conflict move (--on-conflict move), or make "
            "a new map.",
        )
    keys = [np.where(folds != EXCLUDED, key, -1) for key in material.keys]
    return fewest_links(keys, units, folds, fixed, np.arange(len(folds)))


def described(material: Material, links: tuple[Link, ...], shown: int = _SHOWN) -> str:
    """Name the first few linking rows, with the keys and folds that each would join."""
    texts = []
    for link in links[:shown]:
        ends = [
            f"{material.named(key, link.row)} is in fold {fold}"
            if key >= 0
            else f"the row itself is in fold {fold}"
            for key, fold in link.ends
        ]
        texts.append(f"row {material.ids[link.row]!r} ({', '.join(ends)})")
    more = f"; and {len(links) - shown:,} more" if len(links) > shown else ""
    return "; ".join(texts) + more


def _together(units: IntArray, folds: IntArray) -> IntArray:
    """Move each torn unit to the fold that holds most of its rows; to -1 if it has rows there."""
    moved = folds.copy()
    k = int(folds.max(initial=0)) + 1
    sizes = np.bincount(folds[folds >= 0], minlength=k)
    torn = torn_units(units, folds)
    rows = np.flatnonzero(np.isin(units, torn) & (folds >= -1))
    rows = rows[np.argsort(units[rows], kind="stable")]
    for part in np.split(rows, np.flatnonzero(np.diff(units[rows])) + 1):
        counts = np.bincount(folds[part] + 1, minlength=k + 1)
        # What was pinned to the train side stays pinned. Equal: the smaller fold, then the first.
        target = -1 if counts[0] else int(np.lexsort((np.arange(k), sizes, -counts[1:]))[0])
        moved[part] = target
    return moved


def _disputes(material: Material, disputed: BoolArray) -> str:
    rows = material.ids.filter(disputed).sort()
    first = ", ".join(repr(each) for each in rows.head(_SHOWN))
    return (
        f"{_count(len(rows), 'row')} {'is' if len(rows) == 1 else 'are'} in other folds in one "
        f"map than in the other: {first}" + (" ..." if len(rows) > _SHOWN else "")
    )


def _ways(moved: int | None) -> str:
    exclude = "exclude (these rows are left out of every round)"
    move = (
        "move (the first map's fold counts)"
        if moved is None
        else f"move (each such unit to one fold: {_count(moved, 'old row')} would change fold)"
    )
    return f"Correct the keys if they are wrong, or choose --on-conflict {exclude} or {move}."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
