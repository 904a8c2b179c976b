"""What a report says about the baseline that it was held against."""

from __future__ import annotations

from fold_guard.checks.wording import counted
from fold_guard.evidence.report import Report

_SHOWN = 3


def baseline_sentences(report: Report) -> list[str]:
    """Return what is accepted, and what is no longer there; nothing without a baseline."""
    facts = report.baseline
    if facts is None:
        return []
    found = [
        f"{facts.name} accepts {counted(facts.outcomes, 'outcome')} "
        f"({counted(facts.findings, 'finding')})"
    ]
    if facts.gone:
        texts = [
            f"{each.code} {each.target}: {each.message}"
            if each.target
            else f"{each.code}: {each.message}"
            for each in facts.gone[:_SHOWN]
        ]
        if len(facts.gone) > _SHOWN:
            texts.append(f"and {len(facts.gone) - _SHOWN:,} more")
        found.append(
            f"no longer found: {'; '.join(texts)}. Shrink it with --write-baseline {facts.name}"
        )
    return found
