"""What the checks of groups and of components share: their outcome, their findings, their need."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fold_guard.checks.check import Check
from fold_guard.checks.outcome import Finding, Outcome
from fold_guard.checks.rule import Rule
from fold_guard.checks.spanning import Spanning, largest_sets
from fold_guard.checks.subject import Subject
from fold_guard.checks.wording import counted, listed
from fold_guard.partition.rounds import EXCLUDED

IntArray = npt.NDArray[np.int64]


def lacks_group_key(subject: Subject) -> str:
    """Return why there are no groups to look at, or ""."""
    return "" if subject.roles.groups else "there is no group key"


def overlap_outcome(
    check: Check,
    rule: Rule,
    subject: Subject,
    found: Spanning,
    *,
    target: str,
    noun: str,
    broken: bool,
    facts: dict[str, object],
    findings: tuple[Finding, ...],
) -> Outcome:
    """Assemble the outcome that FG301 and FG302 share; ``facts`` come first in ``measured``."""
    total = found.leaking_total
    tested = sum(int(each.test.sum()) for each in subject.rounds)
    sets = next(iter(facts.values()))
    assert isinstance(sets, int)
    spanning = f"{len(found.spanning):,} of {counted(sets, noun)}"
    spanning += " lies in several folds" if len(found.spanning) == 1 else " lie in several folds"
    if total:
        theirs = f"has its {noun}" if total == 1 else f"have their {noun}"
        share = f"{100 * total / tested:.1f}%"
        summary = f"{spanning}; {counted(total, 'test row')} ({share}) {theirs} in train"
    elif len(found.spanning):
        summary = f"{spanning}, none on both sides of a round"
    else:
        summary = f"none of {counted(sets, noun)} lies in several folds"
    return check.outcome(
        rule,
        broken=broken,
        target=target,
        summary=summary,
        measured={
            **facts,
            "groups_spanning": len(found.spanning),
            "rows_in_spanning_groups": int(found.rows_in_spanning.sum()),
            "cross_fold_pairs": found.cross_fold_pairs,
            "rounds": {
                str(each.index): {
                    "groups_shared": len(each.shared),
                    "test_rows_leaking": int(each.leaking.sum()),
                }
                for each in found.rounds
            },
            "test_rows_leaking_total": total,
        },
        findings=findings,
    )


def worst_sets(
    subject: Subject, codes: IntArray, found: Spanning, name: Callable[[int], str]
) -> tuple[Finding, ...]:
    """Describe the sets with the most rows among those that leak in some round."""
    findings = []
    for code in largest_sets(codes, found.shared):
        where = np.flatnonzero((codes == code) & (subject.folds != EXCLUDED))
        folds = np.unique(subject.folds[where]).tolist()
        findings.append(
            Finding(
                f"{name(code)}: {counted(len(where), 'row')} in folds {listed(folds, 20)}",
                count=len(where),
                rows=subject.ids_at(where),
            )
        )
    return tuple(findings)
