"""FG201: every round has something to train on and something to test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.outcome import Finding, Outcome
from fold_guard.checks.rule import Rule
from fold_guard.checks.subject import Subject
from fold_guard.checks.wording import counted, listed
from fold_guard.partition.rounds import EXCLUDED

_WORST = 5


class FoldShapeRule(Rule):
    """Thresholds of FG201.

    Attributes
    ----------
    max_size_ratio : float or None
        The largest test side may have this many times the rows of the smallest; None: any.
    """

    max_size_ratio: float | None = Field(None, ge=1)


def run(subject: Subject, rule: FoldShapeRule) -> Iterator[Outcome]:
    """Yield one outcome on the sizes of both sides of every round."""
    sizes = {each.index: (int(each.train.sum()), int(each.test.sum())) for each in subject.rounds}
    folds = len(np.unique(subject.folds[subject.folds >= 0]))
    empty = [index for index, sides in sizes.items() if not all(sides)]
    tested = [test for _, test in sizes.values() if test]
    ratio = max(tested) / min(tested) if tested else None
    uneven = bool(ratio and rule.max_size_ratio and ratio > rule.max_size_ratio)

    excluded = int((subject.folds == EXCLUDED).sum())
    findings = []
    if folds < 2:
        findings.append(Finding(f"{counted(folds, 'fold')}; a split needs two", count=folds))
    for index in empty[:_WORST]:
        side = "train on" if not sizes[index][0] else "test"
        findings.append(Finding(f"round {index} has no row to {side}", count=1))
    if uneven:
        small, large = (
            f"{each(tested):,} (fold {_fold_of(sizes, each(tested))})" for each in (min, max)
        )
        findings.append(
            Finding(
                f"test sides have {small} to {large} rows, {ratio:.2f} times as many; "
                f"policy allows {rule.max_size_ratio:g}"
            )
        )
    yield CHECK.outcome(
        rule,
        broken=folds < 2 or bool(empty) or uneven,
        target="",
        summary=_summary(folds, empty, tested, ratio)
        + (f"; {counted(excluded, 'row')} excluded from every round" if excluded else ""),
        measured={
            "rounds": {
                str(index): {"train_rows": train, "test_rows": test}
                for index, (train, test) in sizes.items()
            },
            "empty_rounds": len(empty),
            "folds": folds,
            "size_ratio": ratio,
            "rows_in_no_test_set": int((subject.folds < 0).sum()),
            "rows_excluded": excluded,
        },
        findings=findings,
    )


def _fold_of(sizes: dict[int, tuple[int, int]], rows: int) -> int:
    return next(index for index, (_, test) in sizes.items() if test == rows)


def _summary(folds: int, empty: list[int], tested: list[int], ratio: float | None) -> str:
    if folds < 2:
        return f"{counted(folds, 'fold')}; a split needs two"
    if empty:
        rounds = "round" if len(empty) == 1 else "rounds"
        has = "has" if len(empty) == 1 else "have"
        return f"{rounds} {listed(empty)} {has} an empty side"
    if ratio is None or ratio == 1:
        return f"{folds} folds, test sides of {counted(tested[0], 'row')}"
    return (
        f"{folds} folds, test sides of {min(tested):,} to {max(tested):,} rows, "
        f"the largest {ratio:.2f} times the smallest"
    )


CHECK = Check(
    code="FG201",
    name="fold_shape",
    rule=FoldShapeRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "A round without test rows scores nothing, and one without train rows learns nothing; "
            "the mean over rounds hides both. Very uneven folds let one round decide the score. "
            "Missing fold numbers (0, 1, 3) mean that rows were lost or a fold was dropped."
        ),
        example="One clinic holds 90 of 100 rows: the folds have 90, 3, 3, 2 and 2 rows.",
        fix=(
            "Use fewer folds, a finer group key, or less purge and embargo; make the folds with "
            "fold-guard fold, which leaves none empty."
        ),
    ),
    needs_rounds=False,
)
