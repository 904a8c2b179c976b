"""The difference of two fold maps for the terminal."""

from __future__ import annotations

from fold_guard.checks.wording import counted
from fold_guard.folds.diff import FoldMapDiff
from fold_guard.folds.manifest import Manifest
from fold_guard.reports.clean import clean, clean_sentence
from fold_guard.reports.growth_text import listed_ids
from fold_guard.reports.layout import Ink, hanging, usable

SHOWN = 10
GROUPS = ("added", "removed", "moved", "excluded", "relabelled", "changed")


def render_diff_text(found: FoldMapDiff, *, width: int, colour: bool) -> str:
    """Return what differs, the folds that rows moved between, and why.

    Ids are cut at `SHOWN` of each kind; the JSON has them all.

    Parameters
    ----------
    found : FoldMapDiff
    width : int
    colour : bool
    """
    ink, width = Ink(colour), usable(width)
    word = "SAME" if found.equal else "DIFFERENT"
    lines = [ink("green" if found.equal else "yellow", word)]
    for name, manifest in (("A", found.before), ("B", found.after)):
        lines += hanging(f"  {name}  ", describe(manifest), width)
    lines.append(f"  {counted(found.same, 'row')} alike")
    for name in GROUPS:
        rows = getattr(found, name)
        if len(rows):
            text = f"{len(rows):,}: {listed_ids(rows.head(SHOWN).to_list(), len(rows), SHOWN)}"
            lines += hanging(f"  {name:<10}  ", text, width)
    moves = found.moves
    if moves:
        lines += ["", "Moved from fold to fold", *_matrix(moves, width)]
    if found.reasons:
        lines += ["", "Why"]
        for reason in found.reasons:
            lines += hanging(f"  {reason.kind:<10}  ", clean_sentence(reason.detail, 600), width)
    return "\n".join(lines)


def describe(manifest: Manifest) -> str:
    """Return a map in one line."""
    plan = manifest.plan
    text = f"{plan.strategy}, {_size(manifest)}, seed {plan.seed}, "
    text += f"{manifest.dataset.rows:,} rows, digest {manifest.digest[:12]}"
    if manifest.parents:
        text += f", grown from {' and '.join(clean(each[:12]) for each in manifest.parents)}"
    return text


def _size(manifest: Manifest) -> str:
    repeats, folds = manifest.plan.n_repeats, counted(manifest.n_folds, "fold")
    if manifest.plan.traits.layout == "sampled":
        return counted(repeats, "test set")
    return f"{counted(repeats, 'repeat')} of {folds}" if repeats > 1 else folds


def _matrix(moves: tuple[tuple[int, int, int], ...], width: int) -> list[str]:
    sources = sorted({source for source, _, _ in moves})
    targets = sorted({target for _, target, _ in moves})
    count = {(source, target): rows for source, target, rows in moves}
    cell = max(4, *(len(f"{rows:,}") for *_, rows in moves))
    if 10 + (cell + 2) * len(targets) > width:
        # Too many folds for a table: a line a pair, most rows first.
        order = sorted(moves, key=lambda each: (-each[2], each))
        lines = [f"  {a} -> {b}: {rows:,}" for a, b, rows in order[:SHOWN]]
        more = len(order) - SHOWN
        return lines + ([f"  and {more:,} more pairs of folds"] if more > 0 else [])
    head = "  from \\ to" + "".join(f"  {target:>{cell}}" for target in targets)
    return [
        head,
        *(
            f"  {source:>9}"
            + "".join(f"  {_cell(count.get((source, target), 0)):>{cell}}" for target in targets)
            for source in sources
        ),
    ]


def _cell(rows: int) -> str:
    return f"{rows:,}" if rows else "."
