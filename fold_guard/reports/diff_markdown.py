"""The difference of two fold maps as Markdown, for a pull request."""

from __future__ import annotations

from fold_guard.folds.diff import FoldMapDiff
from fold_guard.reports.clean import clean, clean_sentence
from fold_guard.reports.diff_text import GROUPS, describe
from fold_guard.reports.markdown_escape import escaped

SHOWN = 20


def render_diff_markdown(found: FoldMapDiff) -> str:
    """Return headings and tables; ids are cut at `SHOWN` of each kind, and the cut is stated.

    Parameters
    ----------
    found : FoldMapDiff
    """
    verdict = "are the same" if found.equal else "differ"
    lines = [
        f"### Fold maps {verdict}",
        "",
        f"- A: {escaped(describe(found.before))}",
        f"- B: {escaped(describe(found.after))}",
        "",
        "| rows | count | ids |",
        "|---|---:|---|",
        f"| alike | {found.same:,} | |",
    ]
    for name in GROUPS:
        rows = getattr(found, name)
        ids = ", ".join(escaped(clean(each, 40)) for each in rows.head(SHOWN))
        more = f" and {len(rows) - SHOWN:,} more" if len(rows) > SHOWN else ""
        lines.append(f"| {name} | {len(rows):,} | {ids}{more} |")
    if found.moves:
        lines += ["", "| from fold | to fold | rows |", "|---:|---:|---:|"]
        lines += [f"| {source} | {target} | {rows:,} |" for source, target, rows in found.moves]
    if found.reasons:
        lines += ["", "Why:", ""]
        lines += [
            f"- **{each.kind}**: {escaped(clean_sentence(each.detail, 600))}"
            for each in found.reasons
        ]
    return "\n".join(lines) + "\n"
