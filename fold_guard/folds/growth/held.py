"""Which fold each row of a table is held in by one old map, or by two that were grown apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.errors import Refused
from fold_guard.folds.growth.lineage import Kin
from fold_guard.folds.material import Material
from fold_guard.partition.links import FREE

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Where the rows of a table stand in the old maps.

    Attributes
    ----------
    folds : ndarray of int64, shape (n_rows,)
        `FREE` for a row that no old map has.
    settled : ndarray of bool, shape (n_rows,)
        Rows that every old map has, just as they are in the table: their links are old.
    disputed : ndarray of bool, shape (n_rows,)
        Rows that two maps hold in different folds, each by its own account; ``folds`` has the
        first map's.
    """

    folds: IntArray
    settled: BoolArray
    disputed: BoolArray


def held_by(material: Material, parents: Sequence[Kin], base: Kin | None) -> Held:
    """Look the rows of a table up in old maps.

    Where two maps differ on a row, the one that agrees with ``base`` has not touched it, and the
    other counts.

    Parameters
    ----------
    material : Material
    parents : sequence of Kin
        One, or two.
    base : Kin or None
        The last map that two parents have in common.

    Raises
    ------
    Refused
        No row of an old map is in the table.
    """
    n_rows = len(material.ids)
    folds = np.full(n_rows, FREE, dtype=np.int64)
    settled = np.ones(n_rows, dtype=np.bool_)
    disputed = np.zeros(n_rows, dtype=np.bool_)
    before = None if base is None else _look_up(material, base)[0]
    for parent in parents:
        theirs, same = _look_up(material, parent)
        if (theirs == FREE).all():
            raise Refused(
                "not one row of the old map is in the table",
                where=f"id {', '.join(material.roles.id)}",
                remedy="Is it another table, or did the ids change their type (text, numbers)?",
            )
        both = (folds != FREE) & (theirs != FREE) & (folds != theirs)
        mine_is_old = both & (folds == before) if before is not None else np.zeros_like(both)
        theirs_is_old = both & (theirs == before) if before is not None else np.zeros_like(both)
        disputed |= both & ~mine_is_old & ~theirs_is_old
        folds = np.where((folds == FREE) | mine_is_old, theirs, folds)
        settled &= same
    return Held(folds, settled, disputed)


def _look_up(material: Material, kin: Kin) -> tuple[IntArray, BoolArray]:
    if material.ids.dtype != kin.table["row_id"].dtype:
        nothing = np.full(len(material.ids), FREE, dtype=np.int64)
        return nothing, np.zeros(len(nothing), dtype=np.bool_)
    found = material.ids.to_frame("row_id").join(
        kin.table, on="row_id", how="left", maintain_order="left"
    )
    same = (found["row_digest"] == material.digests).fill_null(False)
    return found["fold"].fill_null(FREE).cast(pl.Int64).to_numpy(), same.to_numpy()
