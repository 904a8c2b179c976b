"""Whether a fold map and a table still belong together, row by row."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fold_guard.dataset.labels import as_text
from fold_guard.folds.fold_map import FoldMap, match_ids
from fold_guard.identity.digests import dataset_digest, row_digests

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Differences between a fold map and the table it is used on.

    Attributes
    ----------
    rows_missing, rows_extra : tuple of int or str
        Ids in the map but not in the table, and the other way round.
    rows_changed, labels_changed : tuple of int or str
        Ids whose row, or whose label, is not what it was when the map was made.
    dataset_digest : str
        Of the table now.
    dataset_changed : bool
        Whether that is another than the map was made from. It decides; the rows only tell what
        changed, for the digest of a row can be forged.
    columns_changed : bool
        Whether no single row accounts for the change: columns came, went or were renamed, or
        the digests of rows were forged. ``rows_changed`` then holds every row that is in both.
    edited : bool
        Whether the map's own table no longer fits its manifest.
    """

    rows_missing: tuple[int | str, ...]
    rows_extra: tuple[int | str, ...]
    rows_changed: tuple[int | str, ...]
    labels_changed: tuple[int | str, ...]
    dataset_digest: str
    dataset_changed: bool
    columns_changed: bool
    edited: bool

    @property
    def agrees(self) -> bool:
        """Whether map and table belong together."""
        return not (
            self.dataset_changed
            or self.rows_missing
            or self.rows_extra
            or self.rows_changed
            or self.labels_changed
            or self.edited
        )


def reconcile(
    fold_map: FoldMap, frame: pl.DataFrame, ids: pl.Series, digests: pl.Series | None = None
) -> Reconciliation:
    """Compare a fold map with a table.

    Parameters
    ----------
    fold_map : FoldMap
    frame : polars.DataFrame
        All columns of the table.
    ids : polars.Series
        Its row ids, without nulls.
    digests : polars.Series of UInt64, optional
        Of its rows, when they are known already.
    """
    facts, table = fold_map.manifest.dataset, fold_map.table
    digests = row_digests(frame) if digests is None else digests
    now = dataset_digest(ids, frame)
    found = match_ids(ids, table)
    known = found["fold"].is_not_null()
    changed = known & (found["row_digest"] != digests)
    relabelled = pl.Series([False] * len(ids))
    if facts.label is not None and facts.label in frame.columns:
        relabelled = known & found["label"].ne_missing(as_text(frame[facts.label]))
    same_kind = ids.dtype == table["row_id"].dtype
    missing = table["row_id"]
    if same_kind:
        missing = missing.filter(~missing.is_in(ids.implode()))
    # Columns renamed in their old order leave every row digest as it was: the table's tells.
    all_changed = bool(known.any()) and bool((changed | ~known).all())
    none_changed = bool(known.all()) and not missing.len() and not changed.any()
    dataset_changed = now != facts.digest
    columns_changed = dataset_changed and (all_changed or none_changed)
    return Reconciliation(
        rows_missing=tuple(missing),
        rows_extra=tuple(ids.filter(~known).sort()),
        rows_changed=tuple(ids.filter(known if columns_changed else changed).sort()),
        labels_changed=tuple(ids.filter(relabelled).sort()),
        dataset_digest=now,
        dataset_changed=dataset_changed,
        columns_changed=columns_changed,
        edited=fold_map.digest_now() != fold_map.digest,
    )
