"""Whether a lineage holds, and whether its maps come out again from what is there now."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace

import polars as pl

from fold_guard.dataset.roles import Roles
from fold_guard.errors import ArtifactError, FoldGuardError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.growth.grow import grown
from fold_guard.folds.growth.kinship import last_common
from fold_guard.folds.growth.lineage import Kin, Lineage, growth_facts, walk
from fold_guard.folds.make import made
from fold_guard.folds.manifest import Manifest
from fold_guard.folds.plan import FoldPlan
from fold_guard.identity.digests import dataset_digest, row_digests
from fold_guard.identity.row_ids import row_ids


@dataclass(frozen=True, slots=True)
class Past:
    """What became of the ancestors of a map when they were made again.

    Attributes
    ----------
    ancestors : int
    remade : int
        Those whose table is still part of today's, and that came out the same.
    other : tuple of str
        Digests of those whose table is still there, and that came out otherwise.
    misstated : tuple of str
        Of those whose table is still there and whose folds came out the same: what else their
        record states otherwise, a sentence each.
    renamed : int
        Of those remade: whose rows are still there, and whose dataset digest is not theirs.
    """

    ancestors: int
    remade: int
    other: tuple[str, ...]
    misstated: tuple[str, ...] = ()
    renamed: int = 0

    @property
    def recorded(self) -> int:
        """Ancestors whose rows were changed or removed since: nobody can deal them again."""
        return self.ancestors - self.remade - len(self.other) - len(self.misstated)


def lineage_of(fold_map: FoldMap) -> Lineage:
    """Bring back the maps behind a map."""
    return walk(fold_map.kin, fold_map.lineage)


def broken_links(lineage: Lineage) -> tuple[str, ...]:
    """Say what is wrong with a lineage: links that are missing, edited, or that tell of other rows.

    Parameters
    ----------
    lineage : Lineage

    Returns
    -------
    tuple of str
        A sentence each; empty when every link holds.
    """
    head, *ancestors = lineage.kin
    problems = [f"the parent {each[:12]} is not under lineage/" for each in lineage.missing]
    problems += [f"no map names {each[:12]} as its parent" for each in lineage.stray]
    problems += [
        f"the record of {each.manifest.digest[:12]} was edited: its digest does not fit"
        for each in ancestors
        if each.digest_now != each.manifest.digest
    ]
    for each in lineage.kin:
        name = "the map" if each is head else f"map {each.manifest.digest[:12]}"
        problems += [f"{name} {text}" for text in _misstated(each, lineage)]
    return tuple(problems)


def _misstated(kin: Kin, lineage: Lineage) -> list[str]:
    stated, parents = kin.manifest.growth, kin.manifest.parents
    if stated is None or not parents:
        return (
            ["names parents but no growth, or growth but no parents"] if stated or parents else []
        )
    found = [lineage.find(each) for each in parents]
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return []
    facts = growth_facts([each.table for each in known], kin.table, stated.on_conflict)
    if facts != stated:
        return ["tells otherwise what it changed than the rows do"]
    if len(parents) == 1 and facts.moved and facts.on_conflict != "move":
        return [f"moved {facts.moved:,} rows, which on_conflict {facts.on_conflict} never does"]
    if facts.excluded and facts.on_conflict != "exclude":
        return [f"excluded {facts.excluded:,} rows, which {facts.on_conflict} never does"]
    return []


def remade(fold_map: FoldMap, frame: pl.DataFrame, plan: FoldPlan, roles: Roles) -> Kin:
    """Make a map again: from the table alone, or from its parents and the table.

    Parameters
    ----------
    fold_map : FoldMap
    frame : polars.DataFrame
    plan : FoldPlan
        As it is stated now.
    roles : Roles

    Raises
    ------
    ArtifactError
        A parent is missing.
    FoldGuardError
        As `fold_guard.make_folds` and `FoldMap.grow`.
    """
    return _again(fold_map.kin, lineage_of(fold_map), frame, plan, roles)


def remade_past(fold_map: FoldMap, frame: pl.DataFrame) -> Past:
    """Make every ancestor again whose table is still part of today's, row for row.

    Whether it is, its row digests or its dataset digest say, whichever agrees with today's rows:
    a record cannot evade being made again by a dataset digest of no table. That digest alone
    differs also where features were only renamed; folds do not depend on features.
    """
    lineage = lineage_of(fold_map)
    ancestors = lineage.kin[1:]
    if not ancestors:
        return Past(0, 0, ())
    ids = row_ids(frame, fold_map.manifest.dataset.id)
    today = pl.DataFrame({"row_id": ids, "row_digest": row_digests(frame)})
    same, renamed, other, misstated = 0, 0, [], []
    for each in ancestors:
        manifest = each.manifest
        inside = ids.is_in(each.table["row_id"].implode())
        there = today.filter(inside)
        if there.height != each.table.height:
            continue
        then = dataset_digest(there["row_id"], frame.filter(inside))
        if then != manifest.dataset.digest and not _same_rows(each, there):
            continue
        try:
            again = _again(
                each, lineage, frame.filter(inside), manifest.plan, manifest.dataset.roles
            )
        except FoldGuardError:
            other.append(manifest.digest)
            continue
        # Warnings are prose: a later version may say the same in other words, and the record of
        # an ancestor stays as it was written.
        stated = replace(each, manifest=replace(manifest, warnings=again.manifest.warnings))
        if again.manifest.digest != manifest.digest:
            other.append(manifest.digest)
        elif part := difference(stated, again):
            misstated.append(f"the record of {manifest.digest[:12]} states {part} otherwise")
        else:
            same += 1
            renamed += then != manifest.dataset.digest
    return Past(len(ancestors), same, tuple(other), tuple(misstated), renamed)


def _same_rows(kin: Kin, today: pl.DataFrame) -> bool:
    stated = kin.table.select("row_id", "row_digest")
    return today.sort("row_id").equals(stated.sort("row_id"))


def difference(stored: Kin, again: Kin) -> str:
    """Name what a map states otherwise than it does when it is made again on the same table.

    Plan and dataset digest are left out: how lenient the plan is decides no fold, and whether
    the table is the same is asked elsewhere.

    Parameters
    ----------
    stored, again : Kin

    Returns
    -------
    str
        The first part of manifest or table that differs, such as ``folds[0].rows``; empty when
        there is none. Numbers of balance may differ in their last digits.
    """
    tables = [kin.table.sort("row_id") for kin in (stored, again)]
    columns = [
        f"the column {name}"
        for name in tables[1].columns
        if name not in tables[0].columns or not tables[0][name].equals(tables[1][name])
    ]
    found = _other_part(_stated(stored.manifest), _stated(again.manifest))
    return found or (columns[0] if columns else "")


def _stated(manifest: Manifest) -> dict[str, object]:
    facts = asdict(manifest)
    facts["dataset"].pop("digest")
    facts.pop("plan")
    return facts


def _other_part(one: object, other: object, path: str = "") -> str:
    """Return the path of the first part in which two nested values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = [(f"{path}.{key}".lstrip("."), one[key], other[key]) for key in one]
    elif isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        pairs = [(f"{path}[{at}]", *pair) for at, pair in enumerate(zip(one, other, strict=True))]
    elif isinstance(one, float) and isinstance(other, float):
        return "" if math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) else path
    else:
        return "" if one == other else path
    return next((found for name, a, b in pairs if (found := _other_part(a, b, name))), "")


def _again(kin: Kin, lineage: Lineage, frame: pl.DataFrame, plan: FoldPlan, roles: Roles) -> Kin:
    digests, growth = kin.manifest.parents, kin.manifest.growth
    if not digests:
        return made(frame, plan, roles)
    parents = tuple(found for each in digests if (found := lineage.find(each)) is not None)
    if len(parents) < len(digests) or growth is None:
        raise ArtifactError(
            "a parent is missing under lineage/, the map cannot be grown again",
            where="fold map",
            remedy="Restore the folder.",
        )
    base = None
    if len(parents) > 1:
        known = {each.manifest.digest: each for each in lineage.kin}
        common = last_common(known, *digests[:2])
        base = None if common is None else known[common]
    return grown(frame, plan, parents, growth.on_conflict, base)
