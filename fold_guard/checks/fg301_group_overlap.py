"""FG301: no group on both sides of a round."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.outcome import Outcome, unjudged
from fold_guard.checks.overlap import lacks_group_key, overlap_outcome, worst_sets
from fold_guard.checks.rule import Rule
from fold_guard.checks.spanning import spanning_sets
from fold_guard.checks.subject import Subject
from fold_guard.dataset.labels import codes_of


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
        found = spanning_sets(codes, subject.every_repeat, subject.rounds)
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
    lacks=lacks_group_key,
)
