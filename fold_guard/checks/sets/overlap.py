"""What the checks of groups and of components share: their outcome, their findings, their need."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from fold_guard.checks.check import Check
from fold_guard.checks.outcome import Finding, Outcome
from fold_guard.checks.rule import Rule
from fold_guard.checks.sets.spanning import Spanning, largest_sets
from fold_guard.checks.subjects.cells import Cells
from fold_guard.checks.subjects.places import folds_named
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.wording import counted
from fold_guard.partition.rounds import EXCLUDED

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
_FOLDS = 20


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
    """Assemble the outcome that FG301 and FG302 share; ``facts`` come first in ``measured``.

    Of several repeats, sets are counted that span folds in any of them, and pairs in each.
    """
    total, tested = found.leaking_total, found.tested_total
    sets = next(iter(facts.values()))
    assert isinstance(sets, int)
    folds = "several folds" if subject.n_repeats == 1 else "several folds of a repeat"
    spanning = f"{len(found.spanning):,} of {counted(sets, noun)}"
    spanning += f" {'lies' if len(found.spanning) == 1 else 'lie'} in {folds}"
    if total:
        theirs = f"has its {noun}" if total == 1 else f"have their {noun}"
        share = f"{100 * total / tested:.1f}%"
        summary = f"{spanning}; {counted(total, 'test row')} ({share}) {theirs} in train"
    elif len(found.spanning):
        summary = f"{spanning}, none on both sides of a round"
    else:
        summary = f"none of {counted(sets, noun)} lies in {folds}"
    return check.outcome(
        rule,
        broken=broken,
        target=target,
        summary=summary,
        measured={
            **facts,
            "groups_spanning": len(found.spanning),
            "rows_in_spanning_groups": found.rows_in_spanning,
            "cross_fold_pairs": found.cross_fold_pairs,
            "rounds": {
                str(each.index): {
                    "groups_shared": len(each.shared),
                    "test_rows_leaking": each.leaking,
                }
                for each in found.rounds
            },
            "test_rows_leaking_total": total,
        },
        findings=findings,
    )


def worst_sets(
    cells: Cells, codes: IntArray, found: Spanning, name: Callable[[int], str]
) -> tuple[Finding, ...]:
    """Describe the sets with the most rows among those that leak in some round."""
    findings = []
    for code in largest_sets(codes, found.shared, cells.counts):
        where, rows, folds = rows_and_folds(cells, codes, found, code)
        findings.append(
            Finding(
                f"{name(code)}: {counted(rows, 'row')} in {folds}",
                count=rows,
                rows=cells.ids_at(where),
                key=name(code),
            )
        )
    return tuple(findings)


def rows_and_folds(
    cells: Cells, codes: IntArray, found: Spanning, code: int
) -> tuple[BoolArray, int, str]:
    """Return the cells of a set, their rows and their folds, in the first repeat it leaks in."""
    repeat = found.repeat_of(code)
    dealt = cells.folds[repeat]
    where = (codes == code) & (dealt != EXCLUDED)
    folds = folds_named(np.unique(dealt[where]).tolist(), cells.fold_names, _FOLDS)
    folds += "" if len(cells.folds) == 1 else f" of repeat {repeat}"
    return where, cells.count(where), folds
