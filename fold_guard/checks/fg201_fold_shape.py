"""FG201: every round has something to train on and something to test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.outcome import Finding, Outcome
from fold_guard.checks.places import round_details, round_name
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
    """Yield one outcome on the sizes of both sides of every round, of every repeat.

    ``folds`` is the number of folds of a repeat, the least over all; ``rows_in_no_test_set`` and
    ``rows_excluded`` count the rows of which that is true in every repeat.
    """
    sizes = [
        (each.index, int(np.count_nonzero(each.train)), int(np.count_nonzero(each.test)))
        for each in subject.rounds
    ]
    repeats = subject.every_repeat
    folds = min(len(np.unique(each[each >= 0])) for each in repeats)
    # A draw has one test set, and trains on rows that are in none.
    needed = 1 if subject.traits.layout == "sampled" else 2
    too_few = f"{counted(folds, 'fold')}; a split needs {'one' if needed == 1 else 'two'}"
    empty = [at for at, (_, *sides) in enumerate(sizes) if not all(sides)]
    tested = [test for _, _, test in sizes if test]
    ratio = max(tested) / min(tested) if tested else None
    uneven = bool(ratio and rule.max_size_ratio and ratio > rule.max_size_ratio)

    excluded = int((repeats == EXCLUDED).all(axis=0).sum())
    absent = "in no round" if subject.traits.layout == "sampled" else "excluded from every round"
    findings = []
    if folds < needed:
        findings.append(Finding(too_few, count=folds))
    for at in empty[:_WORST]:
        side = "train on" if not sizes[at][1] else "test"
        findings.append(Finding(f"{round_name(subject, at)} has no row to {side}", count=1))
    if uneven:
        small, large = (
            f"{each(tested):,} ({_place_of(subject, sizes, each(tested))})" for each in (min, max)
        )
        findings.append(
            Finding(
                f"test sides have {small} to {large} rows, {ratio:.2f} times as many; "
                f"policy allows {rule.max_size_ratio:g}"
            )
        )
    if folds < needed:
        summary = too_few
    elif empty:
        summary = _emptiness([sizes[at][0] for at in empty])
    else:
        summary = _shape(subject, folds, tested, ratio)
    yield CHECK.outcome(
        rule,
        broken=folds < needed or bool(empty) or uneven,
        target="",
        summary=summary + (f"; {counted(excluded, 'row')} {absent}" if excluded else ""),
        measured={
            "rounds": {
                str(index): {"train_rows": train, "test_rows": test} for index, train, test in sizes
            },
            "empty_rounds": len(empty),
            "folds": folds,
            "size_ratio": ratio,
            "rows_in_no_test_set": int((repeats < 0).all(axis=0).sum()),
            "rows_excluded": excluded,
        },
        findings=findings,
    )


def _place_of(subject: Subject, sizes: list[tuple[int, int, int]], rows: int) -> str:
    at = next(at for at, (_, _, test) in enumerate(sizes) if test == rows)
    return round_details(subject, at) or f"fold {sizes[at][0]}"


def _emptiness(rounds: list[int]) -> str:
    one = len(rounds) == 1
    return (
        f"{'round' if one else 'rounds'} {listed(rounds)} {'has' if one else 'have'} an empty side"
    )


def _shape(subject: Subject, folds: int, tested: list[int], ratio: float | None) -> str:
    several = subject.n_repeats > 1
    if subject.traits.layout == "sampled":
        dealt = f"{counted(subject.n_repeats, 'test set')} drawn"
    else:
        dealt = f"{folds:,} folds" + (f" in each of {subject.n_repeats} repeats" if several else "")
    if subject.traits.chosen:
        dealt += f", {counted(len(subject.rounds), 'round')}"
    if ratio is None or ratio == 1:
        return f"{dealt}, test sides of {counted(tested[0], 'row')}"
    return (
        f"{dealt}, test sides of {min(tested):,} to {max(tested):,} rows, "
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
