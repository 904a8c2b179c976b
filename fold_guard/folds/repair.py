"""Repair a split: the nearest clean one as a fold map, with the rows that moved and why."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.csv_cells import write_csv
from fold_guard.dataset.files import atomic_directory
from fold_guard.dataset.labels import as_text, codes_of
from fold_guard.dataset.ordering import ascending
from fold_guard.dataset.roles import Roles
from fold_guard.errors import UsageError
from fold_guard.folds.assembly import assembled, rows_by_fold, table_of
from fold_guard.folds.dealing import Dealt
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.manifest import FORMAT
from fold_guard.folds.material import Material, read_material
from fold_guard.folds.plan import FoldPlan, Scheme
from fold_guard.folds.storage import LINEAGE, MANIFEST_FILE, MAP_FILE
from fold_guard.identity.row_ids import examine_ids, require_usable, row_ids
from fold_guard.partition.balance import share_balance
from fold_guard.partition.links import torn_units
from fold_guard.partition.recut import recut_blocks
from fold_guard.partition.repair import gather_units
from fold_guard.partition.rounds import EXCLUDED
from fold_guard.partition.units import connected_units

IntArray = npt.NDArray[np.int64]
MOVES_FILE = "moves.csv"


@dataclass(frozen=True, slots=True)
class FoldsBefore:
    """The folds as they were given: rows of each, and how far class shares were off.

    Attributes
    ----------
    rows : tuple of int, length k
    max_share_deviation : float
        As in the manifest of a fold map; 0 without classes.
    """

    rows: tuple[int, ...]
    max_share_deviation: float


@dataclass(frozen=True, slots=True, eq=False)
class Repair:
    """A repaired split.

    Attributes
    ----------
    fold_map : FoldMap
    moves : polars.DataFrame
        The rows in another fold than before, ascending by ``row_id``: ``from``, ``to`` (Int64)
        and ``reason`` (the key and value that tie the row to its unit, or its time).
    units : int
        Units that had rows in several folds; 0 for blocks of time, where the rounds purge them.
    before : FoldsBefore
    """

    fold_map: FoldMap
    moves: pl.DataFrame
    units: int
    before: FoldsBefore

    def save(self, directory: Path | str) -> None:
        """Write the fold map with ``moves.csv`` beside it; whole or not at all.

        Raises
        ------
        UsageError
            As `require_replaceable`.
        """
        require_replaceable(Path(directory))
        with atomic_directory(Path(directory)) as partial:
            self.fold_map.save(partial)
            write_csv(self.moves, partial / MOVES_FILE)


def require_replaceable(directory: Path) -> None:
    """Refuse to write over anything but a fold map.

    Raises
    ------
    UsageError
        A file, or a folder that holds something else.
    """
    if not directory.exists():
        return
    ours = directory.is_dir()
    if ours and (content := {each.name for each in directory.iterdir()}):
        ours = content <= {MAP_FILE, MANIFEST_FILE, LINEAGE, MOVES_FILE} and _is_map(directory)
    if not ours:
        raise UsageError(
            "is there already, and is no fold map of fold_guard alone",
            where=str(directory),
            remedy="Name a new folder: a fold map takes the place of all that is in it.",
        )


def _is_map(directory: Path) -> bool:
    try:
        raw = json.loads((directory / MANIFEST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(raw, dict) and raw.get("format") == FORMAT


def repaired(
    frame: pl.DataFrame,
    roles: Roles,
    folds: IntArray,
    *,
    column: str,
    scheme: Scheme = "kfold",
    copies: IntArray | None = None,
) -> Repair:
    """Move as few rows as can be so that units are whole, or that blocks follow time.

    Parameters
    ----------
    frame : polars.DataFrame
    roles : Roles
        With an id; features play no part.
    folds : ndarray of int64, shape (n_rows,)
        0..k-1; -1 always train; -2 in neither side.
    column : str
        The fold column, for the plan of the map.
    scheme : {"kfold", "forward"}
        ``kfold``: every unit (connected over all group keys) goes to one fold. ``forward``: every
        row goes to the block of its time, the cuts where the fewest rows move; units are left to
        the rounds of the map, which purge them.
    copies : ndarray of int64, shape (n_rows,), optional
        Sets of equal rows, one more key of the units; negative: in none.

    Returns
    -------
    Repair

    Raises
    ------
    UsageError
        No id, or no role that anything could be repaired by.
    DataError
        Null or repeated ids, null labels, null times.
    InfeasibleError
        Fewer units, or instants, than folds.

    Examples
    --------
    >>> table = pl.DataFrame({"row": [1, 2, 3, 4], "who": ["a", "a", "a", "b"], "f": [0, 0, 1, 1]})
    >>> found = repaired(table, Roles(("row",), groups=("who",)), table["f"].to_numpy(), column="f")
    >>> found.moves.rows()
    [(3, 1, 0, 'who=a')]
    """
    _require_roles(roles, scheme, copies)
    ids = row_ids(frame, roles.id)
    require_usable(examine_ids(ids), source=f"id {', '.join(roles.id)}")
    order = ascending(ids)
    if order is not None:
        # Whatever a tie leaves to the order of rows is left to their ids.
        frame, folds = frame[order], folds[order]
        copies = None if copies is None else copies[order]
    n_folds = int(folds.max()) + 1
    forward = scheme == "forward"
    plan = (
        FoldPlan("forward", n_splits=n_folds) if forward else FoldPlan("predefined", column=column)
    )
    named = replace(roles, features=None)
    material = read_material(frame, named, plan)
    ties = _ties(frame, roles, folds, copies)
    units = connected_units(len(folds), [tie.codes for tie in ties])
    if forward:
        assert material.when is not None
        assert roles.time is not None
        after = recut_blocks(material.when, folds, n_folds)
        torn = 0
        when = as_text(frame[roles.time])
        reasons = [f"{roles.time}={when[int(row)]}" for row in np.flatnonzero(after != folds)]
    else:
        known = None if material.known is None else material.known.codes
        after = gather_units(units, folds, n_folds, known)
        torn = len(torn_units(units, folds))
        reasons = _reasons(ties, units, folds, after)
    moved = np.flatnonzero(after != folds)
    moves = pl.DataFrame(
        {
            "row_id": material.ids.gather(moved),
            "from": folds[moved],
            "to": after[moved],
            "reason": pl.Series(reasons, dtype=pl.String),
        }
    )
    said = (
        f"repaired from column {column!r}: {len(moved):,} of {len(folds):,} rows have another "
        f"fold here than there",
    )
    dealt = Dealt(units, after[None, :], n_folds, said if len(moved) else ())
    kin = assembled(material, plan, dealt, table=table_of(material, dealt.folds))
    return Repair(FoldMap.of(kin), moves, torn, _before(material, folds, n_folds))


def _require_roles(roles: Roles, scheme: Scheme, copies: IntArray | None) -> None:
    if not roles.id:
        raise UsageError(
            "a repair needs a row id: rows are never identified by position in an artefact",
            where="repair",
            remedy="Name the column, or the columns, that identify a row: id (--id COL).",
        )
    if scheme == "forward" and roles.time is None:
        raise UsageError(
            "a repair under scheme forward puts rows into the block of their time, and there is "
            "no time column",
            where="repair",
            remedy="Name it: time (--time COL).",
        )
    if scheme == "forward" and copies is not None:
        raise UsageError(
            "copies at different times cannot be kept together in blocks of time",
            where="repair",
            remedy="Drop the copies from the table, or leave copies (--repair-copies) out.",
        )
    if scheme == "kfold" and not roles.groups and copies is None:
        raise UsageError(
            "there is nothing to keep together",
            where="repair",
            remedy="Name a group key: groups (--group COL), or ask for copies (--repair-copies).",
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Tie:
    """One key of the units; codes are negative where a row has none or is excluded."""

    name: str
    codes: IntArray
    values: list[object]

    def named(self, row: int) -> str:
        if not self.name:
            return "equal features"
        return f"{self.name}={self.values[int(self.codes[row])]}"


def _ties(
    frame: pl.DataFrame, roles: Roles, folds: IntArray, copies: IntArray | None
) -> list[_Tie]:
    inside = folds != EXCLUDED
    ties = []
    for name in roles.groups:
        codes, values = codes_of(frame[name])
        ties.append(_Tie(name, np.where(inside, codes, -1), values))
    if copies is not None:
        ties.append(_Tie("", np.where(inside, copies, -1), []))
    return ties


def _reasons(ties: list[_Tie], units: IntArray, folds: IntArray, after: IntArray) -> list[str]:
    """Say of each moved row what ties it to where it goes.

    The key that it shares with a row that stays there says most; next one that it shares with a
    row of another fold; then one that leads there by way of further rows. A unit that was whole
    moves for one reason only: that no fold be empty.
    """
    moved = np.flatnonzero(after != folds)
    whole = ~np.isin(units[moved], torn_units(units, folds))
    best = np.full(len(moved), 3, dtype=np.int64)
    by = np.zeros(len(moved), dtype=np.int64)
    for at, tie in enumerate(ties):
        member = tie.codes >= 0
        n_values = int(tie.codes.max(initial=-1)) + 1
        codes = tie.codes[member]
        stays = np.zeros(n_values, dtype=np.bool_)
        stays[codes[(after == folds)[member]]] = True
        low = np.full(n_values, np.iinfo(np.int64).max, dtype=np.int64)
        high = np.full(n_values, EXCLUDED, dtype=np.int64)
        np.minimum.at(low, codes, folds[member])
        np.maximum.at(high, codes, folds[member])
        several = np.bincount(codes, minlength=n_values) > 1
        level = np.where(stays, 0, np.where(low < high, 1, np.where(several, 2, 3)))
        mine = tie.codes[moved]
        found = np.where(mine >= 0, level[mine] if n_values else 3, 3)
        by = np.where(found < best, at, by)
        best = np.minimum(best, found)
    return [
        f"fold {int(after[row])} would be empty" if alone else ties[key].named(int(row))
        for row, key, alone in zip(moved.tolist(), by.tolist(), whole.tolist(), strict=True)
    ]


def _before(material: Material, folds: IntArray, n_folds: int) -> FoldsBefore:
    rows = np.bincount(folds[folds >= 0], minlength=n_folds)
    counts = rows_by_fold(material, folds, n_folds)
    off = share_balance(counts).max_share_deviation if counts.shape[1] else 0.0
    return FoldsBefore(tuple(map(int, rows)), off)
