"""FG302: no component, of rows linked by any group key, on both sides of a round."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.leaks import Leaks
from fold_guard.checks.outcome import Finding, Outcome, unjudged
from fold_guard.checks.rule import Rule
from fold_guard.checks.sets.overlap import lacks_group_key, overlap_outcome, worst_sets
from fold_guard.checks.sets.set_leaks import in_folds, leaks_of_sets, whole_set
from fold_guard.checks.sets.spanning import spanning_sets
from fold_guard.checks.subjects.cells import Cells
from fold_guard.checks.subjects.left_out import dealt_alone
from fold_guard.checks.subjects.subject import Subject
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


@dataclass(frozen=True, slots=True, eq=False)
class _Linked:
    """The components of some cells.

    Attributes
    ----------
    codes : ndarray of int64, shape (n_cells,)
        The component of each; -1 where every key is null.
    parts : ndarray of int64, shape (n_repeats, n_cells), or None
        What still holds together in each repeat, where rows that link others are excluded.
    sizes : ndarray of int64, shape (n_components,)
        Their rows.
    dealt : ndarray of int64, shape (n_components,)
        Those of them that are not left out one by one: only these have to fit a fold.
    name : callable int -> str
        What findings call a component.
    null_keys : int
        Rows without any key.
    """

    codes: IntArray
    parts: IntArray | None
    sizes: IntArray
    dealt: IntArray
    name: Callable[[int], str]
    null_keys: int


def run(subject: Subject, rule: ComponentOverlapRule) -> Iterator[Outcome]:
    """Yield one outcome over all keys together."""
    cells = subject.cells(subject.roles.groups)
    linked = _linked(subject, cells)
    found = spanning_sets(linked.codes, cells, parts=linked.parts)
    findings = list(worst_sets(cells, linked.codes, found, linked.name))
    if too_large := _too_large(subject, cells, linked):
        findings.append(
            Finding(
                too_large,
                count=int(linked.dealt.max()),
                key=f"largest: {linked.name(int(linked.dealt.argmax()))}",
            )
        )
    outcome = overlap_outcome(
        CHECK,
        rule,
        subject,
        found,
        target=_target(subject),
        noun="component",
        broken=found.leaking_total > rule.max_test_rows_leaking,
        facts={
            "components": len(linked.sizes),
            "largest_component": int(linked.sizes.max(initial=0)),
            "groups": len(linked.sizes),
            "null_keys": linked.null_keys,
        },
        findings=tuple(findings),
    )
    none = "every key is null, no row has a group"
    yield outcome if len(linked.sizes) else unjudged(outcome, none)


def leaks(subject: Subject, _: ComponentOverlapRule) -> Iterator[Leaks]:
    """Yield the test rows of each round whose component is in train as well.

    Then, in no round, those of a component that is too large for a fold.
    """
    rows = subject.rows(subject.roles.groups)
    linked = _linked(subject, rows.cells)
    target, found = _target(subject), 0
    for each in leaks_of_sets(
        rows, linked.codes, target, in_folds(linked.name), parts=linked.parts
    ):
        # By finding in order: the last is the highest.
        found = max(found, *(1 + last for last in each.rows["finding"].tail(1).to_list()), 0)
        yield each
    if too_large := _too_large(subject, rows.cells, linked):
        where = np.flatnonzero(linked.codes == linked.dealt.argmax())
        yield whole_set(rows, where, target, found, too_large)


def _target(subject: Subject) -> str:
    return " + ".join(subject.roles.groups)


def _linked(subject: Subject, cells: Cells) -> _Linked:
    keys = subject.roles.groups
    coded = [codes_of(cells.values[key]) for key in keys]
    # A row in neither side of any round carries no chain from one side to the other.
    judged = cells.folds != EXCLUDED
    of_any = judged.any(axis=0)
    codes = _components([np.where(of_any, each, -1) for each, _ in coded])
    parts = None
    if (judged != of_any).any():
        parts = np.stack(
            [_components([np.where(each, key, -1) for key, _ in coded]) for each in judged]
        )
    n_components = int(codes.max(initial=-1)) + 1
    sizes = dealt = cells.tally(codes, n_components)
    if subject.n_dealt is not None:
        dealt = cells.tally(codes, n_components, cells.folds[0] < subject.n_dealt)
    smallest = [_smallest(codes, values, len(sizes), len(names)) for values, names in coded]

    def name(code: int) -> str:
        # The first key that any row of the component has names it.
        for key, least, (_, names) in zip(keys, smallest, coded, strict=True):
            if least[code] < len(names):
                return f"component of {key} {names[least[code]]}"
        raise AssertionError(f"component {code} has no key")

    nowhere = np.logical_and.reduce([each < 0 for each, _ in coded])
    return _Linked(codes, parts, sizes, dealt, name, cells.count(nowhere))


def _smallest(codes: IntArray, values: IntArray, n_sets: int, none: int) -> IntArray:
    """Return the smallest value of each set, or ``none`` where it has none."""
    found = np.full(n_sets, none, dtype=np.int64)
    present = (codes >= 0) & (values >= 0)
    np.minimum.at(found, codes[present], values[present])
    return found


def _too_large(subject: Subject, cells: Cells, linked: _Linked) -> str:
    """Return what is to be said of a component that is larger than a fold may be, or ""."""
    largest = int(linked.dealt.max(initial=0))
    first, n_rows = cells.folds[0], cells.n_rows
    if subject.n_dealt is not None:
        first = dealt_alone(subject, first)
        n_rows = cells.count(first != EXCLUDED)
    folds = len(np.unique(first[first >= 0]))
    # Only where folds are to be of equal size can a component be too large for one.
    if subject.traits.layout in ("each", "sampled") or largest * folds <= n_rows:
        return ""
    return (
        f"the {linked.name(int(linked.dealt.argmax()))} holds {largest:,} of {n_rows:,} rows, more "
        f"than one fold in {folds}: folds that keep it whole cannot be of equal size"
    )


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
        references=(
            (
                "D. R. Roberts et al., Cross-validation strategies for data with temporal, "
                "spatial, hierarchical, or phylogenetic structure, Ecography 40(8), 2017, "
                "doi:10.1111/ecog.02881."
            ),
            (
                "S. Kapoor and A. Narayanan, Leakage and the reproducibility crisis in machine- "
                "learning-based science, Patterns 4(9), 2023, doi:10.1016/j.patter.2023.100804."
            ),
        ),
        measured={
            "components": "sets of rows that chains of shared keys tie together",
            "largest_component": "rows of the largest",
            "groups": "components, under the name that FG301 uses",
            "null_keys": "rows without any key",
            "groups_spanning": (
                "components with rows in several folds of a repeat; fold -1 is a fold here"
            ),
            "rows_in_spanning_groups": "rows of those components",
            "cross_fold_pairs": (
                "unordered pairs of rows of one component that lie in different folds"
            ),
            "rounds.{j}.groups_shared": "components with rows in train and in test of the round",
            "rounds.{j}.test_rows_leaking": (
                "test rows of the round whose component is in its train as well"
            ),
            "test_rows_leaking_total": "summed over the rounds: what the threshold is about",
        },
    ),
    lacks=lacks_group_key,
    totals=("test_rows_leaking_total",),
    leaks=leaks,
)
