"""What a repair moved, at what price in balance, and which faults are cured."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.wording import counted
from fold_guard.evidence.repair import Repaired, changes
from fold_guard.evidence.report import Report
from fold_guard.folds.repair import MOVES_FILE
from fold_guard.reports.clean import clean, clean_sentence
from fold_guard.reports.layout import Ink, hanging, table, usable

SHOWN = 5
_WORDS = {
    Status.PASSED: ("PASSED", "green"),
    Status.WARNED: ("warned", "yellow"),
    Status.FAILED: ("FAILED", "red"),
    Status.ERROR: ("ERROR", "red"),
}


def render_repair(
    found: Repaired, before: Report, folder: Path, *, width: int = 100, colour: bool = False
) -> str:
    """Return the repair in a few lines.

    Parameters
    ----------
    found : Repaired
    before : Report
        The audit of the split as it was given.
    folder : Path
        Where the fold map was written to.
    width : int
    colour : bool
        Adds ANSI colours and changes no word.

    Returns
    -------
    str
        Without a final newline.
    """
    ink, width = Ink(colour), usable(width)
    manifest, moves = found.fold_map.manifest, found.moves
    rows = f"{len(moves):,} of {counted(manifest.dataset.rows, 'row')} moved"
    if manifest.scheme == "forward":
        rows += " to the block of their time; the rounds of the map purge groups"
    elif found.repair.units:
        rows += f", {counted(found.repair.units, 'unit')} brought together"
    verdict = "REPAIRED" if found.clean else "NOT CLEAN"
    first, *others = hanging(f"{verdict}  ", f"{clean(folder)}: {rows}", width)
    lines = [ink.start("green" if found.clean else "red", first, verdict), *others]
    sizes = tuple(each.rows for each in manifest.folds)
    text = f"{_sizes(found.before.rows)} -> {_sizes(sizes)}"
    if len(manifest.classes) > 1:
        off, reached = found.before.max_share_deviation, manifest.balance.max_share_deviation
        text += f", class shares off by {100 * off:.2f} -> {100 * reached:.2f} points"
    lines += hanging("  balance  ", text, width)
    if len(moves):
        lines += hanging("  moves    ", f"{_first(moves)} ({MOVES_FILE} has all)", width)
    checked = changes(before, found.report)
    told, styles = [], []
    for each, then in checked:
        was = "not run" if then is None else _WORDS.get(then, (then.value, ""))[0]
        word, style = _WORDS.get(each.status, (each.status.value, ""))
        told.append(((clean(each.code, 8), clean(each.target, 22), was, "->", word), _told(each)))
        styles.append(("", "", "", "", style))
    if checked:
        lines += ["  The same checks on the repaired folds:"]
        lines += [f"  {line}" for line in table(told, styles, width - 2, ink)]
    if not before.passed:
        lines += hanging("  ", "The exit code is that of the split that was given.", width)
    return "\n".join(lines)


def _told(outcome: Outcome) -> str:
    text = clean_sentence(outcome.summary)
    return f"not cured: {text}" if outcome.status in (Status.FAILED, Status.ERROR) else text


def _sizes(rows: tuple[int, ...]) -> str:
    return f"folds of {min(rows):,} to {max(rows):,} rows"


def _first(moves: pl.DataFrame) -> str:
    """Name the first few rows with where they went and why."""
    texts = [
        f"row {clean(row, 40)} from {was} to {now} ({clean(reason, 60)})"
        for row, was, now, reason in moves.head(SHOWN).iter_rows()
    ]
    more = f"; and {len(moves) - SHOWN:,} more" if len(moves) > SHOWN else ""
    return "; ".join(texts) + more
