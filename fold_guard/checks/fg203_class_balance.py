"""FG203: the folds have the class shares of the whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.class_label import lacks_class_label
from fold_guard.checks.outcome import Finding, Outcome, Severity, Status
from fold_guard.checks.rule import Rule
from fold_guard.checks.subject import Subject
from fold_guard.checks.wording import quoted
from fold_guard.dataset.labels import classes
from fold_guard.partition.balance import share_balance
from fold_guard.partition.units import count_matrix

IntArray = npt.NDArray[np.int64]
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
    """Yield one outcome over folds 0..k-1; rows of fold -1 and null labels are left out."""
    assert subject.roles.label is not None
    known = classes(subject.frame[subject.roles.label])
    dealt = subject.folds >= 0
    labelled = dealt & (known.codes >= 0)
    if not labelled.any():
        yield CHECK.without(
            Status.ERROR, "no row of a fold has a label, nothing to compare", rule.severity
        )
        return
    # FG201 reports empty folds; here their share of 0 would drown every other.
    folds, of_fold = np.unique(subject.folds[labelled], return_inverse=True)
    counts = count_matrix(of_fold.astype(np.int64), known.codes[labelled])
    reached = share_balance(counts)
    worst_class, worst_fold = known.names[reached.worst_class], int(folds[reached.worst_fold])
    points = f"{100 * reached.max_share_deviation:.2g} points"
    if reached.max_share_deviation > rule.max_share_deviation:
        summary = (
            f"share of {quoted(worst_class)} off by {points} in fold {worst_fold} "
            f"(policy allows {100 * rule.max_share_deviation:g})"
        )
    else:
        summary = (
            f"class shares within {points} of the whole; most off is {quoted(worst_class)} "
            f"in fold {worst_fold}"
        )
    if reached.bound_reached:
        summary += ", and no folds of these sizes could be closer"
    yield CHECK.outcome(
        rule,
        broken=reached.max_share_deviation > rule.max_share_deviation,
        target=subject.roles.label,
        summary=summary,
        measured={
            "max_share_deviation": reached.max_share_deviation,
            "mean_share_deviation": reached.mean_share_deviation,
            "lower_bound": reached.lower_bound,
            "bound_reached": reached.bound_reached,
            "worst_fold": worst_fold,
            "worst_class": worst_class,
            "null_labels": int((dealt & (known.codes < 0)).sum()),
        },
        findings=_findings(counts, folds, known.names, rule.max_share_deviation),
    )


def _findings(
    counts: IntArray, folds: IntArray, names: Sequence[str], allowed: float
) -> tuple[Finding, ...]:
    shares = counts / counts.sum(axis=1, keepdims=True)
    overall = counts.sum(axis=0) / counts.sum()
    off = np.abs(shares - overall)
    rows, columns = np.nonzero(off > allowed)
    worst = np.lexsort((rows, columns, -off[rows, columns]))[:_WORST]
    return tuple(
        Finding(
            f"{quoted(names[code])} is {100 * shares[row, code]:.2f}% of fold {folds[row]} "
            f"and {100 * overall[code]:.2f}% of all",
            count=int(counts[row, code]),
        )
        for row, code in zip(rows[worst].tolist(), columns[worst].tolist(), strict=True)
    )


CHECK = Check(
    code="FG203",
    name="class_balance",
    rule=ClassBalanceRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "When class shares differ between folds, so do the scores, for no reason that lies in "
            "the model: the spread over folds grows and comparisons lose power. Precision and "
            "average precision move with the share of the class itself."
        ),
        example='"invalid" is 1.9% of the table, but 4.1% of fold 2 and 0.8% of fold 4.',
        fix=(
            "Use strategy stratified or stratified_group. When large groups stand in the way, "
            "lower_bound says how close folds of these sizes could come; forward folds follow time "
            "and may lawfully differ."
        ),
    ),
    lacks=lacks_class_label,
)
