"""FG301: no group on both sides of a round."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.outcome import Finding, Outcome, Status
from fold_guard.checks.rule import Rule
from fold_guard.checks.spanning import Spanning, spanning_sets
from fold_guard.checks.subject import Subject
from fold_guard.checks.wording import counted, listed
from fold_guard.dataset.labels import codes_of

IntArray = npt.NDArray[np.int64]
_WORST = 5


class GroupOverlapRule(Rule):
    """Thresholds of FG301.

    Attributes
    ----------
    max_test_rows_leaking : int
        Test rows, summed over rounds, whose group may also be in train.
    """

    max_test_rows_leaking: int = Field(0, ge=0)


def run(subject: Subject, rule: GroupOverlapRule) -> Iterator[Outcome]:
    """Yield one outcome a group key."""
    for key in subject.roles.groups:
        codes, names = codes_of(subject.frame[key])
        found = spanning_sets(codes, subject.folds, subject.rounds)
        outcome = overlap_outcome(
            CHECK,
            rule,
            subject,
            found,
            target=key,
            noun="group",
            broken=found.leaking_total > rule.max_test_rows_leaking,
            facts={"groups": len(names), "null_keys": int((codes < 0).sum())},
            findings=worst_sets(
                subject, codes, found, [f"{key} {name}" for name in names].__getitem__
            ),
        )
        yield outcome if names else unjudged(outcome, "every key is null, no row has a group")


def unjudged(outcome: Outcome, reason: str) -> Outcome:
    """Make an error of the outcome of a check that had nothing to look at: unseen is not passed."""
    return replace(outcome, status=Status.ERROR, summary=reason)


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
    shared = np.unique(np.concatenate([each.shared for each in found.rounds]))
    if not shared.size:
        return ()
    rows = np.bincount(codes[codes >= 0])
    largest = shared[np.lexsort((shared, -rows[shared]))][:_WORST]
    findings = []
    for code in largest.tolist():
        of_set = codes == code
        folds = np.unique(subject.folds[of_set]).tolist()
        findings.append(
            Finding(
                f"{name(code)}: {counted(int(rows[code]), 'row')} in folds {listed(folds, 20)}",
                count=int(rows[code]),
                rows=subject.ids_at(of_set),
            )
        )
    return tuple(findings)


CHECK = Check(
    code="FG301",
    name="group_overlap",
    rule=GroupOverlapRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "Rows of one group (a patient, a customer, a device) resemble each other. When some of "
            "them are in train and others in test, the model is scored on what it has already "
            "seen, and the score is higher than it will be on new groups."
        ),
        example="Patient 4471 has 20 tests; 16 of them train the model that is tested on the rest.",
        fix=(
            "Deal whole groups to folds: strategy group or stratified_group, with the key under "
            "data.roles.groups; or purge_groups for forward folds."
        ),
    ),
    lacks=lambda subject: "" if subject.roles.groups else "there is no group key",
)
