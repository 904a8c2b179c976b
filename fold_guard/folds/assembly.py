"""Put a fold map's table and manifest together from rows whose folds are known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from fold_guard.dataset.strata import Strata
from fold_guard.errors import InfeasibleError
from fold_guard.folds.dealing import Dealt
from fold_guard.folds.growth.lineage import Kin
from fold_guard.folds.manifest import (
    FORMAT,
    BalanceFacts,
    DatasetFacts,
    FoldFacts,
    GrowthFacts,
    Hashes,
    Manifest,
    UnitFacts,
    fold_map_digest,
    folds_listed,
)
from fold_guard.folds.material import Material, part_of
from fold_guard.folds.plan import FoldPlan
from fold_guard.partition.balance import Balance, share_balance
from fold_guard.partition.rounds import EXCLUDED

IntArray = npt.NDArray[np.int64]


def rows_by_fold(material: Material, folds: IntArray, n_folds: int) -> IntArray:
    """Count the rows of folds 0..k-1 by class or label; shape (n_folds, n_classes), or (, 0)."""
    known = material.known or Strata((), np.full(len(folds), -1, dtype=np.int64))
    return known.by_fold(folds, n_folds)


def table_of(material: Material, folds: IntArray, inner: IntArray | None = None) -> pl.DataFrame:
    """Return the table of a fold map, ascending by row id.

    Parameters
    ----------
    material : Material
    folds : ndarray of int64, shape (n_repeats, n_rows)
    inner : ndarray of int64, shape (n_folds, n_rows), optional
    """
    columns = {"row_id": material.ids, "fold": pl.Series(folds[0], dtype=pl.Int64)}
    columns |= {f"fold_{at}": pl.Series(each) for at, each in enumerate(folds[1:], 1)}
    if inner is not None:
        columns |= {f"inner_{at}": pl.Series(each) for at, each in enumerate(inner)}
    if (texts := material.label_texts) is not None:
        columns["label"] = texts
    columns["row_digest"] = material.digests
    return pl.DataFrame(columns)


def assembled(
    material: Material,
    plan: FoldPlan,
    dealt: Dealt,
    *,
    table: pl.DataFrame,
    parents: tuple[str, ...] = (),
    growth: GrowthFacts | None = None,
) -> Kin:
    """Return a map with its manifest.

    Parameters
    ----------
    material : Material
    plan : FoldPlan
    dealt : Dealt
    table : polars.DataFrame
        As `table_of` gives it.
    parents : tuple of str
    growth : GrowthFacts, optional

    Raises
    ------
    InfeasibleError
        A fold is empty.
    """
    k, folds = dealt.n_folds, dealt.folds
    sizes = np.stack([np.bincount(each[each >= 0], minlength=k) for each in folds])
    if not sizes.all():
        empty = np.unique(np.nonzero(sizes == 0)[1]).tolist()
        raise InfeasibleError(
            f"fold {', '.join(map(str, empty))} would be empty: the old map's rows of it "
            "are gone, moved or excluded, and there is no new unit to fill it with",
            remedy=f"Make a new map{'' if dealt.n_alone else ' of fewer folds'}, or bring the rows "
            "back.",
        )
    counts = np.concatenate([rows_by_fold(material, each, k) for each in folds])
    flat = sizes.reshape(-1)
    reached = _reached(material, plan, dealt, counts, sizes)
    listed = folds_listed(plan, k)
    roles, known = material.roles, material.known
    # A shuffle split leaves other rows out each time; a map that grew, those in conflict for good.
    excluded = (folds == EXCLUDED).all(axis=0) & (plan.traits.layout != "sampled")
    inside = np.bincount(dealt.units[~excluded])
    inside = inside[inside > 0]
    manifest = Manifest(
        format=FORMAT,
        plan=plan,
        scheme=plan.scheme,
        hashes=Hashes(),
        dataset=DatasetFacts(
            digest=material.dataset,
            rows=material.frame.height,
            columns=material.frame.width,
            id=roles.id,
            label=roles.label,
            groups=roles.groups,
            time=roles.time,
            labels=roles.labels,
            evaluation_time=roles.evaluation_time,
        ),
        digest=fold_map_digest(table, plan, roles, parents),
        classes=known.names if known is not None else (),
        folds=tuple(
            FoldFacts(at % k, int(size), tuple(map(int, row)), at // k)
            for at, (size, row) in enumerate(zip(flat[:listed], counts[:listed], strict=True))
        ),
        units=UnitFacts(len(inside), int(inside.max())),
        balance=BalanceFacts(
            max_share_deviation=reached.max_share_deviation,
            mean_share_deviation=reached.mean_share_deviation,
            lower_bound=reached.lower_bound,
            bound_reached=reached.bound_reached,
            size_cv=reached.size_cv,
        ),
        warnings=dealt.warnings,
        parents=parents,
        growth=growth,
        bins=dealt.bins,
        folds_in_all=k if listed < len(flat) else None,
    )
    return Kin(table, manifest)


def _reached(
    material: Material, plan: FoldPlan, dealt: Dealt, counts: IntArray, sizes: IntArray
) -> Balance:
    """Measure the balance of the folds that units were dealt to."""
    k, folds = dealt.n_folds - dealt.n_alone, dealt.folds
    part, sizes = material, sizes[:, :k].reshape(-1)
    if dealt.n_alone:
        # A unit left out by itself is what it is: among the others, as if there were no more.
        rest = folds[0] < k
        part, folds = part_of(material, plan, rest), folds[:, rest]
        counts = rows_by_fold(part, folds[0], k)
    if part.known is None:  # a continuous label is balanced by its bins
        bins = part.strata or Strata(("all",), np.zeros(len(part.ids), dtype=np.int64))
        counts = np.concatenate([bins.by_fold(each, k) for each in folds])
    return share_balance(counts, sizes)
