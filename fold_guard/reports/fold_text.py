"""A fold map in a few lines."""

from __future__ import annotations

from fold_guard.checks.wording import counted
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.left_out import spoken
from fold_guard.folds.manifest import Manifest
from fold_guard.reports.clean import clean


def render_fold_map(name: str, fold_map: FoldMap) -> str:
    """Return what was made, how well it is balanced, and what to look out for."""
    manifest = fold_map.manifest
    lines = [
        f"fold {name}: {manifest.dataset.rows:,} rows in {manifest.units.count:,} units, "
        f"{_folds(manifest)}, digest {fold_map.digest[:12]}"
    ]
    if manifest.plan.traits.layout != "each" and (balanced := _balance(manifest)):
        lines.append(f"  {balanced}")
    if len(manifest.bins) > 1:
        tried = ", ".join(f"{100 * each.max_ks:.2f} ({each.n_bins})" for each in manifest.bins)
        lines.append(f"  largest distance of a fold's distribution, points (bins): {tried}")
    lines += [f"  warning: {clean(text)}" for text in manifest.warnings]
    return "\n".join(lines)


def _folds(manifest: Manifest) -> str:
    plan, sizes = manifest.plan, [each.rows for each in manifest.folds]
    if plan.leave_out is not None:
        sizes = sizes[: plan.n_splits]
    rounds = f", {manifest.n_rounds:,} rounds"
    if plan.traits.layout == "each":
        noun = "group" if plan.keeps_groups else "row"
        return f"every {noun} a fold" + (rounds if plan.traits.chosen else "")
    low, high = min(sizes), max(sizes)
    of = f"{low:,} rows" if low == high else f"{low:,} to {high:,} rows"
    if plan.traits.layout == "sampled":
        sampled = "1 test set" if len(sizes) == 1 else f"{len(sizes):,} test sets"
        return f"{sampled} of {of}"
    said = f"{manifest.n_folds - manifest.n_alone:,} folds of {of}"
    if manifest.n_alone:
        noun = "group" if plan.keeps_groups else "row"
        said += f" and {counted(manifest.n_alone, noun)} left out one by one "
        said += f"({clean(spoken(plan.subgroup))})"
    if plan.n_repeats > 1:
        said += f", dealt {plan.n_repeats} times"
    if plan.inner_splits:
        said += f", {plan.inner_splits} inner folds each"
    return said + (rounds if plan.traits.chosen else "")


def _balance(manifest: Manifest) -> str:
    """Say how far the shares are off, and whether any assignment could be nearer."""
    what = {"bins": "bin", "labels": "label"}.get(manifest.plan.traits.strata, "class")
    if what != "bin" and len(manifest.classes) < 2:
        return ""
    reached = manifest.balance
    off = f"{what} shares off by at most {100 * reached.max_share_deviation:.2f} points"
    if manifest.plan.traits.strata == "none":
        return off
    if reached.bound_reached:
        return f"{off}, the least that whole rows allow"
    return f"{off}; whole rows allow no less than {100 * reached.lower_bound:.2f}"
