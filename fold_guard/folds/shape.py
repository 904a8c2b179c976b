"""Whether a manifest tells of the table beside it: folds, their numbers, and their rows."""

from __future__ import annotations

import numpy as np
import polars as pl

from fold_guard.folds.growth.lineage import Kin
from fold_guard.folds.manifest import Manifest, folds_listed


def folds_misfit(table: pl.DataFrame, manifest: Manifest) -> str:
    """Say why the folds that a manifest lists cannot be those of its plan and table.

    Parameters
    ----------
    table : polars.DataFrame
        With a column ``fold``, of any dtype.
    manifest : Manifest

    Returns
    -------
    str
        Empty when they fit.
    """
    plan, k, in_all = manifest.plan, manifest.n_folds, manifest.folds_in_all
    layout = plan.traits.layout
    if manifest.scheme != plan.scheme or k < 1:
        return "scheme and folds in the manifest do not fit its plan"
    listed = folds_listed(plan, k)
    if in_all is not None and (not plan.counts_folds or in_all <= listed):
        return "folds_in_all in the manifest does not fit its plan"
    fixed = layout in ("dealt", "blocks") and plan.leave_out is None
    few = plan.leave_out is not None and k <= plan.n_splits
    if len(manifest.folds) != listed or (fixed and k != plan.n_splits) or few:
        return "scheme and folds in the manifest do not fit its plan"
    if any(
        (each.repeat, each.fold) != divmod(at, k) or len(each.by_class) != len(manifest.classes)
        for at, each in enumerate(manifest.folds)
    ):
        return "folds in the manifest are not numbered from 0 on, or not counted by its classes"
    if (layout == "given" or plan.counts_folds) and "fold" in table.columns:
        # How many there are follows from the table alone; rounds are made for as many as stated.
        held = table["fold"].drop_nulls().unique()
        if (found := int((held >= 0).sum())) != k:
            return f"the manifest states {k:,} folds, the table holds {found:,}"
    return ""


def counts_misfit(table: pl.DataFrame, manifest: Manifest) -> str:
    """Say which number of rows a manifest states otherwise than its table holds it.

    Of a table that was edited itself it says nothing: that one no longer fits its digest.

    Parameters
    ----------
    table : polars.DataFrame
        Of the right shape, folds below the manifest's ``n_folds``.
    manifest : Manifest

    Returns
    -------
    str
        Empty when they fit.
    """
    found = _other_count(table, manifest)
    return found if found and Kin(table, manifest).digest_now == manifest.digest else ""


def _other_count(table: pl.DataFrame, manifest: Manifest) -> str:
    if manifest.dataset.rows != table.height:
        return f"dataset.rows is {manifest.dataset.rows:,}, the table has {table.height:,} rows"
    k = manifest.n_folds
    folds = [table[name].to_numpy() for name in manifest.fold_columns]
    rows = np.concatenate([np.bincount(each[each >= 0], minlength=k) for each in folds])
    for at, (each, count) in enumerate(zip(manifest.folds, rows.tolist(), strict=False)):
        if each.rows != count:
            return f"folds[{at}].rows is {each.rows:,}, the table has {count:,}"
    return ""
