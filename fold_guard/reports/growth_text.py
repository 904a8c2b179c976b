"""What an extension or a merge did to a fold map, in a few lines."""

from __future__ import annotations

from collections.abc import Sequence

from fold_guard.checks.wording import counted
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.manifest import Manifest
from fold_guard.reports.clean import clean

SHOWN = 10
UNCHANGED = "  the table is the one that the old map was made from: nothing changed, not one byte"


def render_growth(fold_map: FoldMap) -> str:
    """Return what was kept and what was not, the balance before and after, and the lineage.

    Parameters
    ----------
    fold_map : FoldMap
        One that was grown.
    """
    now = fold_map.manifest
    facts = now.growth
    if facts is None:
        raise ValueError("this map was not grown")
    parents = [
        each.manifest
        for digest in now.parents
        for each in fold_map.lineage
        if each.manifest.digest == digest
    ]
    kept = now.dataset.rows - facts.added
    lines = [
        f"  {counted(kept, 'row')} kept, {facts.added:,} added, {facts.removed:,} removed; "
        f"{facts.changed:,} changed ({facts.relabelled:,} relabelled), {facts.moved:,} moved to "
        f"another fold, {facts.excluded:,} excluded"
    ]
    lines += [
        f"  {word}: {listed_ids(rows, count)}"
        for word, rows, count in (
            ("moved", facts.moved_rows, facts.moved),
            ("excluded", facts.excluded_rows, facts.excluded),
        )
        if count
    ]
    for then in parents:
        lines.append(f"  {_balance(then)} -> {_balance(now)}")
        if now.scheme == "forward":
            last = now.folds[-1]
            lines.append(
                f"  the last block, {last.fold}: {then.folds[-1].rows:,} -> {last.rows:,} rows"
            )
        lines.append(f"  digest {then.digest[:12]} -> {now.digest[:12]}")
    return "\n".join(lines)


def listed_ids(rows: Sequence[int | str], count: int, shown: int = SHOWN) -> str:
    """Return the first few ids, cleaned, and how many there are beyond.

    >>> listed_ids([3, "x"], 40, shown=2)
    '3, x and 38 more'
    """
    text = ", ".join(clean(each, 40) for each in rows[:shown])
    more = count - min(shown, len(rows))
    return f"{text} and {more:,} more" if more else text


def _balance(manifest: Manifest) -> str:
    sizes = [each.rows for each in manifest.folds]
    text = f"folds of {min(sizes):,} to {max(sizes):,} rows"
    if len(manifest.classes) > 1:
        text += f", class shares off by {100 * manifest.balance.max_share_deviation:.2f} points"
    return text
