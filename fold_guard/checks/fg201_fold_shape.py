"""FG201: every round has something to train on and something to test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.leaks import Leaks, rows_listed
from fold_guard.checks.outcome import Finding, Outcome
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.left_out import is_dealt
from fold_guard.checks.subjects.places import round_details, round_name
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.wording import counted, listed
from fold_guard.partition.rounds import EXCLUDED

_WORST = 5


class FoldShapeRule(Rule):
    """Thresholds of FG201.

    Attributes
    ----------
    max_size_ratio : float or None
        The largest test side may have this many times the rows of the smallest; None: any. A
        unit left out by itself is as large as it is.
    """

    max_size_ratio: float | None = Field(None, ge=1)


def run(subject: Subject, rule: FoldShapeRule) -> Iterator[Outcome]:
    """Yield one outcome on the sizes of both sides of every round, of every repeat.

    ``folds`` is the number of folds of a repeat, the least over all; ``rows_in_no_test_set`` and
    ``rows_excluded`` count the rows of which that is true in every repeat. ``rows_on_both_sides``
    counts the rows that are in train and in test of one round, summed over the rounds: only index
    pairs can say that.
    """
    shape = subject.shape
    sizes, on_both = [], dict[int, int]()
    tested_ever = np.zeros(shape.folds.shape[1], dtype=np.bool_)
    for at, each in enumerate(shape.rounds):
        tested_ever |= each.test
        sizes.append((each.index, shape.count(each.train), shape.count(each.test)))
        if twice := shape.count(each.train & each.test):
            on_both[at] = twice
    repeats = shape.folds
    folds = min(len(np.unique(dealt[dealt >= 0])) for dealt in repeats)
    # A draw has one test set, and trains on rows that are in none.
    needed = 1 if subject.traits.layout == "sampled" else 2
    too_few = f"{counted(folds, 'fold')}; a split needs {'one' if needed == 1 else 'two'}"
    empty = [at for at, (_, *sides) in enumerate(sizes) if not all(sides)]
    tested = [test for index, _, test in sizes if test and is_dealt(subject, index)]
    alone = [test for index, _, test in sizes if not is_dealt(subject, index)]
    ratio = max(tested) / min(tested) if tested else None
    uneven = bool(ratio and rule.max_size_ratio and ratio > rule.max_size_ratio)

    excluded = shape.count((repeats == EXCLUDED).all(axis=0))
    absent = "in no round" if subject.traits.layout == "sampled" else "excluded from every round"
    findings = [_trained_and_tested(subject, at, on_both[at]) for at in list(on_both)[:_WORST]]
    if folds < needed:
        findings.append(Finding(too_few, count=folds, key="folds"))
    for at in empty[:_WORST]:
        side = "train on" if not sizes[at][1] else "test"
        text = f"{round_name(subject, at)} has no row to {side}"
        findings.append(Finding(text, count=1, key=f"round {sizes[at][0]}, none to {side}"))
    if uneven:
        small, large = (
            f"{each(tested):,} ({_place_of(subject, sizes, each(tested))})" for each in (min, max)
        )
        findings.append(
            Finding(
                f"test sides have {small} to {large} rows, {ratio:.2f} times as many; "
                f"policy allows {rule.max_size_ratio:g}",
                key="sizes",
            )
        )
    if on_both:
        total = sum(on_both.values())
        summary = (
            f"{counted(total, 'row')} in train and in test of the same round, in "
            f"{len(on_both)} of {counted(len(sizes), 'round')}"
        )
    elif folds < needed:
        summary = too_few
    elif empty:
        summary = _emptiness([sizes[at][0] for at in empty])
    else:
        summary = _shape(subject, folds - len(alone), tested, ratio) + _left_out(alone)
    yield CHECK.outcome(
        rule,
        broken=folds < needed or bool(empty) or uneven or bool(on_both),
        target="",
        summary=summary + (f"; {counted(excluded, 'row')} {absent}" if excluded else ""),
        measured={
            "rounds": {
                str(index): {"train_rows": train, "test_rows": test} for index, train, test in sizes
            },
            "empty_rounds": len(empty),
            "folds": folds,
            "size_ratio": ratio,
            "rows_in_no_test_set": shape.count(~tested_ever),
            "rows_excluded": excluded,
            "rows_on_both_sides": sum(on_both.values()),
        },
        findings=findings[: _WORST + 1],
    )


def _trained_and_tested(subject: Subject, at: int, rows: int) -> Finding:
    found = subject.rows(())
    each = found.rounds[at]
    return Finding(
        _text(subject, at, rows),
        count=rows,
        rows=found.ids_at(each.train & each.test),
        key=f"round {each.index}, both sides",
    )


def leaks(subject: Subject, _: FoldShapeRule) -> Iterator[Leaks]:
    """Yield the rows that are in train and in test of each round."""
    rows, finding = subject.rows(()), 0
    for at, each in enumerate(rows.rounds):
        where = np.flatnonzero(each.train & each.test)
        if where.size:
            repeat = at // subject.rounds_a_repeat
            said = pl.Series([_text(subject, at, len(where))])
            found = rows_listed(rows, where, 0, said, repeat)
            found = found.with_columns(pl.lit(finding, dtype=pl.Int64).alias("finding"))
            yield Leaks("", each.index, repeat, "both", found)
            finding += 1


def _text(subject: Subject, at: int, rows: int) -> str:
    return f"{round_name(subject, at)} trains on {counted(rows, 'row')} that it tests"


def _place_of(subject: Subject, sizes: list[tuple[int, int, int]], rows: int) -> str:
    at = next(at for at, (_, _, test) in enumerate(sizes) if test == rows)
    return round_details(subject, at) or f"fold {sizes[at][0]}"


def _emptiness(rounds: list[int]) -> str:
    one = len(rounds) == 1
    return (
        f"{'round' if one else 'rounds'} {listed(rounds)} {'has' if one else 'have'} an empty side"
    )


def _left_out(rows: list[int]) -> str:
    if not rows:
        return ""
    low, high = min(rows), max(rows)
    sizes = counted(low, "row") if low == high else f"{low:,} to {high:,} rows"
    return f"; {counted(len(rows), 'unit')} left out one by one, test sides of {sizes}"


def _shape(subject: Subject, folds: int, tested: list[int], ratio: float | None) -> str:
    several = subject.n_repeats > 1
    if subject.traits.layout == "sampled":
        dealt = f"{counted(subject.n_repeats, 'test set')} drawn"
    else:
        dealt = f"{folds:,} folds" + (f" in each of {subject.n_repeats} repeats" if several else "")
    if subject.traits.chosen:
        dealt += f", {counted(subject.n_rounds, 'round')}"
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
            "Missing fold numbers (0, 1, 3) mean that rows were lost or a fold was dropped. A row "
            "in train and in test of one round is predicted from its own label."
        ),
        example="One clinic holds 90 of 100 rows: the folds have 90, 3, 3, 2 and 2 rows.",
        fix=(
            "Use fewer folds, a finer group key, or less purge and embargo; make the folds with "
            "fold-guard fold, which leaves none empty. Take out of train what is in test."
        ),
        references=(
            (
                "R. Kohavi, A study of cross-validation and bootstrap for accuracy estimation and "
                "model selection, IJCAI 1995."
            ),
            "scikit-learn user guide, Cross-validation: evaluating estimator performance.",
        ),
        measured={
            "rounds.{j}.train_rows": "rows that the round trains on",
            "rounds.{j}.test_rows": "rows that it tests",
            "empty_rounds": "rounds with an empty side",
            "folds": "folds with rows, -1 not counted",
            "size_ratio": (
                "the largest test side over the smallest; units left out one by one by "
                "leave_out do not count"
            ),
            "rows_in_no_test_set": "rows that no round tests",
            "rows_excluded": "rows that are in neither side of any round (fold -2)",
            "rows_on_both_sides": "rows in train and in test of the same round, summed over rounds",
        },
    ),
    needs_rounds=False,
    totals=("empty_rounds", "size_ratio", "rows_on_both_sides"),
    leaks=leaks,
)
