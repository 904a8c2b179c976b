"""The maps that a fold map was grown from, kept as their manifests and what they had otherwise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from fold_guard.folds.manifest import (
    LISTED,
    GrowthFacts,
    Manifest,
    OnConflict,
    fold_map_digest,
)
from fold_guard.partition.rounds import EXCLUDED

_VALUES = ("fold", "label", "row_digest")


@dataclass(frozen=True, slots=True, eq=False)
class Kin:
    """A fold map of a lineage, whole: its table and its manifest."""

    table: pl.DataFrame
    manifest: Manifest

    @property
    def digest_now(self) -> str:
        """Digest of what the table and the manifest hold."""
        facts = self.manifest.dataset
        return fold_map_digest(self.table, self.manifest.plan, facts.roles, self.manifest.parents)


@dataclass(frozen=True, slots=True, eq=False)
class Ancestor:
    """A map of the lineage as it is kept.

    Attributes
    ----------
    manifest : Manifest
        As the ancestor wrote it.
    delta : polars.DataFrame
        Its rows that are not the same in the map grown from it, and, with a null fold, the rows
        that came after it: with that map the whole ancestor comes back.
    """

    manifest: Manifest
    delta: pl.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class Lineage:
    """A fold map and the maps behind it, brought back.

    Attributes
    ----------
    kin : tuple of Kin
        The map itself, then its ancestors, each after the map that it is kept against.
    missing : tuple of str
        Digests that a manifest names as parent and that are not kept.
    stray : tuple of str
        Digests that are kept and that no manifest names.
    """

    kin: tuple[Kin, ...]
    missing: tuple[str, ...]
    stray: tuple[str, ...]

    def find(self, digest: str) -> Kin | None:
        """Return the map of a digest."""
        return next((each for each in self.kin if each.manifest.digest == digest), None)


def kept(kin: Kin, child: pl.DataFrame) -> Ancestor:
    """Return a map as it is kept beside the one that was grown from it."""
    columns = [name for name in _VALUES if name in kin.table.columns]
    theirs = child.select("row_id", *(pl.col(name).alias(f"child_{name}") for name in columns))
    beside = kin.table.join(theirs, on="row_id", how="left", maintain_order="left")
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"child_{name}")) for name in columns)
    other = beside.filter(~same).select("row_id", *columns)
    later = child.join(kin.table, on="row_id", how="anti").select(
        "row_id", *(pl.lit(None, kin.table.schema[name]).alias(name) for name in columns)
    )
    return Ancestor(kin.manifest, pl.concat([other, later]).sort("row_id"))


def restored(ancestor: Ancestor, child: pl.DataFrame) -> Kin:
    """Bring an ancestor back from the map that it is kept against."""
    rest = child.select(ancestor.delta.columns).join(ancestor.delta, on="row_id", how="anti")
    own = ancestor.delta.filter(pl.col("fold").is_not_null())
    return Kin(pl.concat([rest, own]).sort("row_id"), ancestor.manifest)


def walk(head: Kin, ancestors: Iterable[Ancestor]) -> Lineage:
    """Follow the parents from a map to the maps that were made from a table alone.

    Parameters
    ----------
    head : Kin
    ancestors : iterable of Ancestor
        In any order.
    """
    kept_as = {each.manifest.digest: each for each in ancestors}
    found = {head.manifest.digest: head}
    missing: list[str] = []
    # First parent first and to its end: by that order alone it is plain against which map each
    # ancestor is kept, also after a merge.
    ahead = [(digest, head) for digest in reversed(head.manifest.parents)]
    while ahead:
        digest, child = ahead.pop()
        if digest in found or digest in missing:
            continue
        if digest not in kept_as:
            missing.append(digest)
            continue
        found[digest] = restored(kept_as[digest], child.table)
        ahead += [(each, found[digest]) for each in reversed(found[digest].manifest.parents)]
    stray = tuple(sorted(digest for digest in kept_as if digest not in found))
    return Lineage(tuple(found.values()), tuple(missing), stray)


def growth_facts(
    parents: Iterable[pl.DataFrame], child: pl.DataFrame, on_conflict: OnConflict
) -> GrowthFacts:
    """Count what a map has otherwise than the maps that it was grown from.

    Parameters
    ----------
    parents : iterable of polars.DataFrame
        Tables of one parent, or of two.
    child : polars.DataFrame
    on_conflict : str
    """
    ids, folds = child["row_id"], child["fold"].to_numpy()
    labelled = "label" in child.columns
    known, moved, was_in = (np.zeros(child.height, dtype=np.bool_) for _ in range(3))
    changed, relabelled = (np.ones(child.height, dtype=np.bool_) for _ in range(2))
    gone: list[pl.Series] = []
    for parent in parents:
        then = child.select("row_id").join(parent, on="row_id", how="left", maintain_order="left")
        here = then["fold"].is_not_null().to_numpy()
        before = then["fold"].fill_null(0).to_numpy()
        known |= here
        moved |= here & (before != folds) & (folds != EXCLUDED)
        was_in |= here & (before == EXCLUDED)
        changed &= ~(here & (then["row_digest"] == child["row_digest"]).fill_null(False).to_numpy())
        if labelled:
            relabelled &= ~(here & then["label"].eq_missing(child["label"]).to_numpy())
        gone.append(parent.join(child, on="row_id", how="anti")["row_id"])
    excluded = (folds == EXCLUDED) & ~was_in
    moved_rows, excluded_rows = (ids.filter(pl.Series(each)).sort() for each in (moved, excluded))
    return GrowthFacts(
        on_conflict=on_conflict,
        added=int((~known).sum()),
        removed=pl.concat(gone).n_unique(),
        changed=int((known & changed).sum()),
        relabelled=int((known & relabelled).sum()) if labelled else 0,
        moved=len(moved_rows),
        excluded=len(excluded_rows),
        moved_rows=tuple(moved_rows.head(LISTED)),
        excluded_rows=tuple(excluded_rows.head(LISTED)),
    )
