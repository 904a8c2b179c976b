"""What two fold maps have otherwise, row by row, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from fold_guard.errors import Refused, UsageError
from fold_guard.folds.growth.conflict import described, linking_rows, units_of
from fold_guard.folds.growth.held import held_by
from fold_guard.folds.growth.kinship import ancestors, last_common
from fold_guard.folds.growth.lineage import Kin, Lineage
from fold_guard.folds.manifest import Manifest
from fold_guard.folds.material import read_material
from fold_guard.partition.links import torn_units
from fold_guard.partition.rounds import EXCLUDED

Kind = Literal[
    "extension",
    "branches",
    "plan",
    "seed",
    "roles",
    "link",
    "data",
    "edited",
    "dealt anew",
    "further repeats",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why two maps differ: of what kind, and in words."""

    kind: Kind
    detail: str


@dataclass(frozen=True, slots=True, eq=False)
class FoldMapDiff:
    """The difference between two fold maps.

    Attributes
    ----------
    before, after : Manifest
    rows : polars.DataFrame
        The rows that differ, ascending: ``row_id``, ``before`` and ``after`` (Int64, the fold;
        null in the map that does not have the row), ``relabelled``, ``changed`` (Boolean).
    same : int
        Rows that are in both maps and alike.
    reasons : tuple of Reason
    """

    before: Manifest
    after: Manifest
    rows: pl.DataFrame
    same: int
    reasons: tuple[Reason, ...]

    @property
    def equal(self) -> bool:
        """Whether the maps are the same: rows, folds, plan, roles and lineage."""
        return self.rows.is_empty() and self.before.digest == self.after.digest

    @property
    def added(self) -> pl.Series:
        """Ids of the rows that only the later map has."""
        return self._where(pl.col("before").is_null())

    @property
    def removed(self) -> pl.Series:
        """Ids of the rows that only the earlier map has."""
        return self._where(pl.col("after").is_null())

    @property
    def moved(self) -> pl.Series:
        """Ids of the rows in another fold."""
        return self._where(_MOVED)

    @property
    def excluded(self) -> pl.Series:
        """Ids of the rows that are newly in neither side of any round; added or moved, too."""
        was_in = pl.col("before").is_null() | (pl.col("before") != EXCLUDED)
        return self._where((pl.col("after") == EXCLUDED) & was_in)

    @property
    def relabelled(self) -> pl.Series:
        """Ids of the rows with another label."""
        return self._where(pl.col("relabelled"))

    @property
    def changed(self) -> pl.Series:
        """Ids of the rows with another content, the relabelled included."""
        return self._where(pl.col("changed"))

    @property
    def moves(self) -> tuple[tuple[int, int, int], ...]:
        """How many rows went from which fold to which: (from, to, rows), ascending."""
        counts = self.rows.filter(_MOVED).group_by("before", "after").len().sort("before", "after")
        return tuple(counts.iter_rows())

    def _where(self, rows: pl.Expr) -> pl.Series:
        return self.rows.filter(rows)["row_id"]


_MOVED = pl.col("before") != pl.col("after")


def compared(before: Lineage, after: Lineage, frame: pl.DataFrame | None = None) -> FoldMapDiff:
    """Compare two maps; see `fold_guard.FoldMap.diff`.

    Raises
    ------
    UsageError
        ``frame`` is not the table of the later map.
    """
    old, new = before.kin[0], after.kin[0]
    rows = _rows(old, new)
    differing = pl.any_horizontal(
        pl.col("before").ne_missing(pl.col("after")), "relabelled", "changed"
    )
    found = FoldMapDiff(
        before=old.manifest,
        after=new.manifest,
        rows=rows.filter(differing),
        same=rows.filter(~differing).height,
        reasons=(),
    )
    reasons = (
        *_edited(old, new),
        *_settings(old.manifest, new.manifest),
        *_kinship(before, after),
        *_links(found, old, new, frame),
        *_data(found),
    )
    return FoldMapDiff(
        found.before,
        found.after,
        found.rows,
        found.same,
        (*reasons, *_anew(found, reasons), *_further(old, new)),
    )


def _rows(old: Kin, new: Kin) -> pl.DataFrame:
    tables = []
    for kin, name in ((old, "before"), (new, "after")):
        columns = {"row_id": kin.table["row_id"], name: kin.table["fold"]}
        label = kin.table["label"] if "label" in kin.table.columns else None
        columns[f"{name}_label"] = (
            pl.Series([None] * kin.table.height, dtype=pl.String) if label is None else label
        )
        columns[f"{name}_digest"] = kin.table["row_digest"]
        tables.append(pl.DataFrame(columns))
    if old.table["row_id"].dtype != new.table["row_id"].dtype:
        # Ids of another kind name other rows: 1 is not "1".
        text = pl.col("row_id").cast(pl.String)
        joined = pl.concat([each.with_columns(text) for each in tables], how="diagonal")
    else:
        joined = tables[0].join(tables[1], on="row_id", how="full", coalesce=True)
    both = pl.col("before").is_not_null() & pl.col("after").is_not_null()
    return joined.select(
        "row_id",
        "before",
        "after",
        relabelled=both & pl.col("before_label").ne_missing(pl.col("after_label")),
        changed=both & pl.col("before_digest").ne_missing(pl.col("after_digest")),
    ).sort("row_id", "before")


def _edited(old: Kin, new: Kin) -> list[Reason]:
    return [
        Reason("edited", f"the {name} map was edited after it was made: its digest does not fit")
        for name, kin in (("earlier", old), ("later", new))
        if kin.digest_now != kin.manifest.digest
    ]


def _settings(old: Manifest, new: Manifest) -> list[Reason]:
    plan = old.plan.differences(new.plan)
    seed = plan.pop("seed", "")
    roles = old.dataset.roles.differences(new.dataset.roles)
    return [
        *([Reason("plan", f"another plan: {', '.join(plan.values())}")] if plan else []),
        *([Reason("seed", f"another {seed}")] if seed else []),
        *([Reason("roles", f"other roles: {', '.join(roles)}")] if roles else []),
    ]


def _further(old: Kin, new: Kin) -> list[Reason]:
    """Count rows that moved in a later repeat or in nested folds; `rows` has the first repeat."""
    names = (*new.manifest.fold_columns[1:], *new.manifest.inner_columns)
    if old.table["row_id"].dtype != new.table["row_id"].dtype or not names:
        return []
    both = old.table.join(new.table, on="row_id", suffix="_now")
    moved = {
        name: int((both[name] != both[f"{name}_now"]).sum())
        for name in names
        if name in old.table.columns
    }
    told = [f"{rows:,} in column {name}" for name, rows in moved.items() if rows]
    if not told:
        return []
    return [Reason("further repeats", f"rows have other folds there: {', '.join(told)}")]


def _kinship(before: Lineage, after: Lineage) -> list[Reason]:
    known = {each.manifest.digest: each for each in (*before.kin, *after.kin)}
    old, new = before.kin[0].manifest, after.kin[0].manifest
    if old.digest == new.digest:
        return []
    if old.digest in ancestors(known, new.digest):
        steps = _steps(known, new.digest, old.digest)
        text = f"the later map was grown from the earlier one in {steps} step{'s' * (steps > 1)}"
        return [Reason("extension", text)]
    if new.digest in ancestors(known, old.digest):
        return [
            Reason("extension", "the other way round: the earlier map was grown from the later")
        ]
    common = last_common(known, old.digest, new.digest)
    if common is None:
        return []
    return [Reason("branches", f"both maps were grown from {common[:12]}, apart from each other")]


def _steps(known: dict[str, Kin], start: str, goal: str) -> int:
    near, steps = {start}, 0
    while goal not in near:
        near = {p for each in near if each in known for p in known[each].manifest.parents}
        steps += 1
    return steps


def _links(found: FoldMapDiff, old: Kin, new: Kin, frame: pl.DataFrame | None) -> list[Reason]:
    moved = found.moved
    if not len(moved):
        return []
    if frame is None:
        text = "whether new links moved rows cannot be told from the maps alone: name the table"
        return [Reason("link", text)] if new.manifest.dataset.groups else []
    material = read_material(frame, new.manifest.dataset.roles, new.manifest.plan)
    if material.dataset != new.manifest.dataset.digest:
        raise UsageError(
            "this is not the table that the later map was made from",
            where="table",
            remedy="Name the table as it was then, or leave it out.",
        )
    held = held_by(material, (old,), None)
    units = units_of(material, held.folds)
    torn = torn_units(units, held.folds)
    ids = material.ids.filter(np.isin(units, torn))
    count = int(moved.is_in(ids.implode()).sum()) if moved.dtype == ids.dtype else 0
    if not count:
        return [Reason("link", "no moved row is of a unit that links folds of the earlier map")]
    head = f"{count:,} of {len(moved):,} moved rows are of units that now link folds"
    try:
        links = linking_rows(material, held.settled, held.folds, units)
    except Refused:
        return [Reason("link", f"{head}; the earlier map had split them already")]
    return [Reason("link", f"{head}: {described(material, links)}")]


def _data(found: FoldMapDiff) -> list[Reason]:
    old, new = found.before.dataset, found.after.dataset
    if old.digest == new.digest:
        return []
    text = f"other data: {old.rows:,} rows -> {new.rows:,}"
    if old.columns != new.columns:
        text += f", {old.columns:,} columns -> {new.columns:,}"
    return [Reason("data", text)]


def _anew(found: FoldMapDiff, reasons: tuple[Reason, ...]) -> list[Reason]:
    explained = {"extension", "branches", "plan", "seed", "roles", "edited"}
    if not len(found.moved) or explained & {each.kind for each in reasons}:
        return []
    return [
        Reason(
            "dealt anew",
            "neither map was grown from the other: the folds were dealt anew, and other data give "
            "other folds under the same seed (fold-guard fold --extend keeps them)",
        )
    ]
