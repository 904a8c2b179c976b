"""FG301: no group on both sides of a round."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.leaks import Leaks
from fold_guard.checks.outcome import Outcome, unjudged
from fold_guard.checks.rule import Rule
from fold_guard.checks.sets.overlap import lacks_group_key, overlap_outcome, worst_sets
from fold_guard.checks.sets.set_leaks import in_folds, leaks_of_sets
from fold_guard.checks.sets.spanning import spanning_sets
from fold_guard.checks.subjects.subject import Subject
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
        cells = subject.cells([key])
        codes, names = codes_of(cells.values[key])
        found = spanning_sets(codes, cells)
        outcome = overlap_outcome(
            CHECK,
            rule,
            subject,
            found,
            target=key,
            noun="group",
            broken=found.leaking_total > rule.max_test_rows_leaking,
            facts={"groups": len(names), "null_keys": cells.count(codes < 0)},
            findings=worst_sets(cells, codes, found, _named(key, names)),
        )
        yield outcome if names else unjudged(outcome, "every key is null, no row has a group")


def leaks(subject: Subject, _: GroupOverlapRule) -> Iterator[Leaks]:
    """Yield the test rows of each round whose group is in train as well, key by key."""
    for key in subject.roles.groups:
        rows = subject.rows([key])
        codes, names = codes_of(rows.frame[key])
        yield from leaks_of_sets(rows, codes, key, in_folds(_named(key, names)))


def _named(key: str, names: Sequence[object]) -> Callable[[int], str]:
    return lambda code: f"{key} {names[code]}"


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
            "Deal whole groups to folds: strategy group, stratified_group or leave_one_group_out, "
            "with the key under data.roles.groups; or purge_groups for forward folds."
        ),
        references=(
            (
                "S. Kapoor and A. Narayanan, Leakage and the reproducibility crisis in machine- "
                "learning-based science, Patterns 4(9), 2023, doi:10.1016/j.patter.2023.100804."
            ),
            (
                "S. Saeb, L. Lonini, A. Jayaraman, D. C. Mohr and K. P. Kording, The need to "
                "approximate the use-case in clinical machine learning, GigaScience 6(5), 2017, "
                "doi:10.1093/gigascience/gix019."
            ),
            (
                "D. R. Roberts et al., Cross-validation strategies for data with temporal, "
                "spatial, hierarchical, or phylogenetic structure, Ecography 40(8), 2017, "
                "doi:10.1111/ecog.02881."
            ),
            (
                "scikit-learn user guide, Cross-validation, section Cross-validation iterators "
                "for grouped data."
            ),
        ),
        measured={
            "groups": "groups of the key",
            "null_keys": "rows without a key: they belong to no group",
            "groups_spanning": (
                "groups with rows in several folds of a repeat; fold -1 is a fold here"
            ),
            "rows_in_spanning_groups": "rows of those groups",
            "cross_fold_pairs": "unordered pairs of rows of one group that lie in different folds",
            "rounds.{j}.groups_shared": "groups with rows in train and in test of the round",
            "rounds.{j}.test_rows_leaking": (
                "test rows of the round whose group is in its train as well"
            ),
            "test_rows_leaking_total": "summed over the rounds: what the threshold is about",
        },
    ),
    lacks=lacks_group_key,
    totals=("test_rows_leaking_total",),
    leaks=leaks,
)
