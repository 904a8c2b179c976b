"""FG203: the folds have the class shares of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.classes.class_label import (
    label_strata,
    label_target,
    lacks_class_label,
)
from fold_guard.checks.classes.fold_shares import FoldShares, shares_of
from fold_guard.checks.outcome import Finding, Outcome, Severity, Status
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.left_out import left_out_said
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.wording import quoted

_WORST = 5


class ClassBalanceRule(Rule):
    """Thresholds of FG203.

    Attributes
    ----------
    max_share_deviation : float
        How far the share of a class in a fold may lie from its share in all folds, 0 to 1.
    """

    severity: Severity = Severity.WARNING
    max_share_deviation: float = Field(0.02, ge=0, le=1)


def run(subject: Subject, rule: ClassBalanceRule) -> Iterator[Outcome]:
    """Yield one outcome over the folds of every repeat; fold -1 and null labels are left out.

    The whole is what a repeat deals to folds; of a test set that was drawn, all rows of the table.
    """
    cells = subject.cells(subject.roles.label_columns)
    strata, drawn = label_strata(subject, cells), subject.traits.layout == "sampled"
    shares = [
        found
        for repeat in range(subject.n_repeats)
        if (found := shares_of(cells, strata, repeat, drawn=drawn, dealt=subject.n_dealt))
        is not None
    ]
    if not shares:
        yield CHECK.without(
            Status.ERROR, "no row of a fold has a label, nothing to compare", rule.severity
        )
        return
    worst = max(shares, key=lambda each: each.max_deviation)
    worst_class, worst_fold = strata.names[worst.worst_class], worst.worst_fold
    lower_bound = max(each.lower_bound for each in shares)
    bound_reached = worst.max_deviation <= lower_bound + 1e-9
    points = f"{100 * worst.max_deviation:.2g} points"
    where = _place(subject, worst.repeat, worst_fold)
    if worst.max_deviation > rule.max_share_deviation:
        summary = (
            f"share of {quoted(worst_class)} off by {points} in {where} "
            f"(policy allows {100 * rule.max_share_deviation:g})"
        )
    else:
        kind = "label" if subject.roles.labels else "class"
        summary = (
            f"{kind} shares within {points} of the whole; most off is {quoted(worst_class)} "
            f"in {where}"
        )
    if bound_reached:
        summary += ", and no folds of these sizes could be closer"
    summary += left_out_said(subject, "compared")
    dealt = (cells.folds >= 0).any(axis=0)
    measured: dict[str, object] = {
        "max_share_deviation": worst.max_deviation,
        # Every repeat has as many folds, so this is the mean over all of them.
        "mean_share_deviation": float(np.mean([each.mean_deviation for each in shares])),
        "lower_bound": lower_bound,
        "bound_reached": bound_reached,
        "worst_fold": worst_fold,
        "worst_class": worst_class,
        "null_labels": cells.count(dealt & (strata.codes < 0)) if strata.indptr is None else 0,
    }
    if subject.n_repeats > 1:
        measured["worst_repeat"] = worst.repeat
    yield CHECK.outcome(
        rule,
        broken=worst.max_deviation > rule.max_share_deviation,
        target=label_target(subject),
        summary=summary,
        measured=measured,
        findings=_findings(subject, shares, strata.names, rule.max_share_deviation),
    )


def _place(subject: Subject, repeat: int, fold: int) -> str:
    several = subject.n_repeats > 1
    place = "the test set" if subject.traits.layout == "sampled" else f"fold {fold}"
    return f"{place} of repeat {repeat}" if several else place


def _findings(
    subject: Subject, shares: Sequence[FoldShares], names: Sequence[str], allowed: float
) -> tuple[Finding, ...]:
    far = []
    for each in shares:
        rows, columns = np.nonzero(each.deviations > allowed)
        worst = np.lexsort((rows, columns, -each.deviations[rows, columns]))[:_WORST]
        for row, code in zip(rows[worst].tolist(), columns[worst].tolist(), strict=True):
            far.append((-float(each.deviations[row, code]), code, each.repeat, row, each))
    far.sort(key=lambda each: each[:4])
    return tuple(
        Finding(
            f"{quoted(names[code])} is {100 * each.shares[row, code]:.2f}% of "
            f"{_place(subject, repeat, int(each.folds[row]))} "
            f"and {100 * each.overall[code]:.2f}% of all",
            count=int(each.counts[row, code]),
            key=f"class {names[code]}, repeat {repeat}, fold {int(each.folds[row])}",
        )
        for _, code, repeat, row, each in far[:_WORST]
    )


def _lacks(subject: Subject) -> str:
    if subject.traits.layout == "each":
        unit = "group" if subject.traits.groups else "row"
        return f"every {unit} is a fold of its own: its shares are what they are"
    return lacks_class_label(subject)


CHECK = Check(
    code="FG203",
    name="class_balance",
    rule=ClassBalanceRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "When class shares differ between folds, so do the scores, for no reason that lies in "
            "the model: the spread over folds grows and comparisons lose power. Precision and "
            "average precision move with the share of the class itself. A test set that was drawn "
            "is held against the whole table; units that leave_out leaves out one by one are not "
            "compared."
        ),
        example='"invalid" is 1.9% of the table, but 4.1% of fold 2 and 0.8% of fold 4.',
        fix=(
            "Use strategy stratified or stratified_group. When large groups stand in the way, "
            "lower_bound says how close folds of these sizes could come; forward folds follow time "
            "and may lawfully differ."
        ),
        references=(
            (
                "K. Sechidis, G. Tsoumakas and I. Vlahavas, On the stratification of multi-label "
                "data, ECML PKDD 2011, doi:10.1007/978-3-642-23808-6_10."
            ),
            (
                "G. Forman and M. Scholz, Apples-to-apples in cross-validation studies: pitfalls "
                "in classifier performance measurement, SIGKDD Explorations 12(1), 2010."
            ),
            (
                "scikit-learn user guide, Cross-validation, section Cross-validation iterators "
                "with stratification based on class labels."
            ),
        ),
        measured={
            "max_share_deviation": (
                "largest difference between the share of a class in a fold and in all"
            ),
            "mean_share_deviation": "mean of these differences over folds and classes",
            "lower_bound": "no folds of these sizes could have a smaller maximum",
            "bound_reached": "whether the folds are as close as that",
            "worst_fold": "the fold of the largest difference",
            "worst_class": "its class",
            "null_labels": "rows without a label, left out",
            "worst_repeat": "the repeat of the largest difference, where there are several",
        },
    ),
    lacks=_lacks,
    totals=("max_share_deviation",),
)
