"""FG302: no component, of rows linked by any group key, on both sides of a round."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.outcome import Finding, Outcome, unjudged
from fold_guard.checks.overlap import lacks_group_key, overlap_outcome, worst_sets
from fold_guard.checks.rule import Rule
from fold_guard.checks.spanning import spanning_sets
from fold_guard.checks.subject import Subject
from fold_guard.dataset.labels import codes_of
from fold_guard.partition.rounds import EXCLUDED
from fold_guard.partition.units import connected_units

IntArray = npt.NDArray[np.int64]


class ComponentOverlapRule(Rule):
    """Thresholds of FG302.

    Attributes
    ----------
    max_test_rows_leaking : int
        Test rows, summed over rounds, whose component may also be in train.
    """

    max_test_rows_leaking: int = Field(0, ge=0)


def run(subject: Subject, rule: ComponentOverlapRule) -> Iterator[Outcome]:
    """Yield one outcome over all keys together."""
    keys = subject.roles.groups
    coded = [codes_of(subject.frame[key]) for key in keys]
    # A row in neither side of any round carries no chain from one side to the other.
    judged = subject.every_repeat != EXCLUDED
    of_any = judged.any(axis=0)
    codes = _components([np.where(of_any, each, -1) for each, _ in coded])
    parts = None
    if (judged != of_any).any():
        parts = np.stack(
            [_components([np.where(each, key, -1) for key, _ in coded]) for each in judged]
        )
    found = spanning_sets(codes, subject.every_repeat, subject.rounds, parts)
    sizes = np.bincount(codes[codes >= 0])
    largest = int(sizes.max(initial=0))

    def name(code: int) -> str:
        # The first key that any row of the component has names it.
        for key, (values, names) in zip(keys, coded, strict=True):
            smallest = values[(codes == code) & (values >= 0)].min(initial=len(names))
            if smallest < len(names):
                return f"component of {key} {names[smallest]}"
        raise AssertionError(f"component {code} has no key")

    findings = list(worst_sets(subject, codes, found, name))
    folds = len(np.unique(subject.folds[subject.folds >= 0]))
    # Only where folds are to be of equal size can a component be too large for one.
    if subject.traits.layout not in ("each", "sampled") and largest * folds > len(codes):
        findings.append(
            Finding(
                f"the {name(int(sizes.argmax()))} holds {largest:,} of {len(codes):,} rows, more "
                f"than one fold in {folds}: folds that keep it whole cannot be of equal size",
                count=largest,
            )
        )
    outcome = overlap_outcome(
        CHECK,
        rule,
        subject,
        found,
        target=" + ".join(keys),
        noun="component",
        broken=found.leaking_total > rule.max_test_rows_leaking,
        facts={
            "components": len(sizes),
            "largest_component": largest,
            "groups": len(sizes),
            "null_keys": int(np.logical_and.reduce([each < 0 for each, _ in coded]).sum()),
        },
        findings=tuple(findings),
    )
    yield outcome if len(sizes) else unjudged(outcome, "every key is null, no row has a group")


def _components(keys: list[IntArray]) -> IntArray:
    """Give components numbers by their smallest key; -1 for rows whose keys are all null."""
    units = connected_units(len(keys[0]), keys)
    keyed = np.logical_or.reduce([key >= 0 for key in keys])
    n_units = int(units.max(initial=-1)) + 1
    firsts = []
    for key in keys:
        present = key >= 0
        first = np.full(n_units, np.iinfo(np.int64).max)
        np.minimum.at(first, units[present], key[present])
        firsts.append(first)
    # Two components never share a key value, so this order has no ties among those with a key,
    # and does not depend on the order of rows; components without a key come last.
    place = np.empty(n_units, dtype=np.int64)
    place[np.lexsort(firsts[::-1])] = np.arange(n_units)
    return np.where(keyed, place[units], -1)


CHECK = Check(
    code="FG302",
    name="component_overlap",
    rule=ComponentOverlapRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "With several group keys (patient and household, customer and device) rows are tied "
            "together through chains: A shares a patient with B, B a household with C. Folds that "
            "respect each key alone can still not be mended one key at a time; the chain as a "
            "whole, the component, has to lie on one side."
        ),
        example="Rows 1 and 2 share a patient, 2 and 3 a household: 1, 2 and 3 are one component.",
        fix=(
            "Name all keys under data.roles.groups and use strategy group or stratified_group. If "
            "one component swallows most rows, a key is too coarse or has a placeholder value "
            "(0, unknown): turn the placeholder into null, or drop the key."
        ),
    ),
    lacks=lacks_group_key,
)
