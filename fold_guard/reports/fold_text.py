"""A fold map in one or two lines."""

from __future__ import annotations

from fold_guard.folds.fold_map import FoldMap
from fold_guard.reports.clean import clean


def render_fold_map(name: str, fold_map: FoldMap) -> str:
    """Return what was made, how well it is balanced, and what to look out for."""
    manifest = fold_map.manifest
    sizes = [each.rows for each in manifest.folds]
    lines = [
        f"fold {name}: {manifest.dataset.rows:,} rows in {manifest.units.count:,} units, "
        f"{len(sizes)} folds of {min(sizes):,} to {max(sizes):,} rows, "
        f"digest {fold_map.digest[:12]}"
    ]
    if len(manifest.classes) > 1:
        reached = manifest.balance.max_share_deviation
        lines.append(f"  class shares off by at most {100 * reached:.2f} points")
    lines += [f"  warning: {clean(text)}" for text in manifest.warnings]
    return "\n".join(lines)
