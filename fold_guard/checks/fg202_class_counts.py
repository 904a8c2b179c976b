"""FG202: every class has enough rows on both sides of every round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.class_label import lacks_class_label
from fold_guard.checks.outcome import Finding, Outcome, Status
from fold_guard.checks.rule import Rule
from fold_guard.checks.subject import Subject
from fold_guard.checks.wording import counted, quoted
from fold_guard.dataset.labels import classes
from fold_guard.partition.rounds import Round

IntArray = npt.NDArray[np.int64]
_WORST = 5
_SHOWN = 20


class ClassCountsRule(Rule):
    """Thresholds of FG202.

    Attributes
    ----------
    min_test, min_train : int
        Rows that each class must have in each round's test side and train side.
    """

    min_test: int = Field(1, ge=0)
    min_train: int = Field(1, ge=0)


@dataclass(frozen=True, slots=True)
class _Shortfall:
    """A class with too few rows in one side of one round; sorts from the worst down."""

    have: int
    name: str
    round: int
    side: str
    need: int

    def __str__(self) -> str:
        at = "fold" if self.side == "test" else "round"
        return (
            f"{quoted(self.name)} has {counted(self.have, 'row')} in the {self.side} side of "
            f"{at} {self.round}; policy asks for {self.need:,}"
        )


def run(subject: Subject, rule: ClassCountsRule) -> Iterator[Outcome]:
    """Yield one outcome on the rows of each class in each side; null labels are no class."""
    assert subject.roles.label is not None
    known = classes(subject.frame[subject.roles.label])
    if not known.names:
        yield CHECK.without(Status.ERROR, "every label is null, nothing to count", rule.severity)
        return
    rounds = subject.rounds
    test = _counts(known.codes, [each.test for each in rounds], len(known.names))
    train = _counts(known.codes, [each.train for each in rounds], len(known.names))
    short = [
        *_worst(test, rule.min_test, "test", rounds, known.names),
        *_worst(train, rule.min_train, "train", rounds, known.names),
    ]
    short.sort(key=lambda each: (each.have - each.need, each.name, each.round, each.side))
    n_short = int((test < rule.min_test).sum() + (train < rule.min_train).sum())
    rarest = np.lexsort((np.arange(len(known.names)), train.min(axis=0), test.min(axis=0)))
    unseen = {
        side: [known.names[code] for code in np.flatnonzero((counts == 0).any(axis=0))]
        for side, counts in (("test", test), ("train", train))
    }
    shown = sorted(rarest[:_SHOWN].tolist())
    null = int((known.codes < 0).sum())
    alone = len(known.names) == 1
    lonely = (
        f"there is one class only, {quoted(known.names[0])}: nothing to predict" if alone else ""
    )
    yield CHECK.outcome(
        rule,
        broken=bool(lonely) or n_short > 0,
        target=subject.roles.label,
        summary=lonely
        or _summary(short, n_short, known.names[rarest[0]], test[:, rarest[0]], null),
        measured={
            "min_test": {known.names[code]: int(test[:, code].min()) for code in shown},
            "min_train": {known.names[code]: int(train[:, code].min()) for code in shown},
            "classes_missing_in_test": unseen["test"][:_SHOWN],
            "classes_missing_in_train": unseen["train"][:_SHOWN],
            "classes": len(known.names),
            "classes_shown": len(shown),
            "classes_missing_in_test_count": len(unseen["test"]),
            "classes_missing_in_train_count": len(unseen["train"]),
            "shortfalls": n_short,
            "null_labels": null,
        },
        findings=[
            *([Finding(lonely, count=len(known.codes) - null)] if lonely else []),
            *(Finding(str(each), count=each.have) for each in short[:_WORST]),
        ],
    )


def _counts(codes: IntArray, sides: Sequence[npt.NDArray[np.bool_]], n_classes: int) -> IntArray:
    """Rows of each class in each side, shape (n_rounds, n_classes)."""
    counted = [np.bincount(codes[side & (codes >= 0)], minlength=n_classes) for side in sides]
    return np.stack(counted).astype(np.int64)


def _worst(
    counts: IntArray, need: int, side: str, rounds: Sequence[Round], names: Sequence[str]
) -> list[_Shortfall]:
    rows, columns = np.nonzero(counts < need)
    # Columns are in the order of the names: ties go by name, then by round.
    worst = np.lexsort((rows, columns, counts[rows, columns]))[:_WORST]
    return [
        _Shortfall(int(counts[row, code]), names[code], rounds[row].index, side, need)
        for row, code in zip(rows[worst].tolist(), columns[worst].tolist(), strict=True)
    ]


def _summary(
    short: list[_Shortfall], n_short: int, rarest: str, in_test: IntArray, null: int
) -> str:
    left_out = f"; {counted(null, 'row')} without a label left out" if null else ""
    if short:
        more = f" (and {n_short - 1:,} more such)" if n_short > 1 else ""
        return f"{short[0]}{more}{left_out}"
    low, high = int(in_test.min()), int(in_test.max())
    span = counted(low, "row") if low == high else f"{low:,} to {high:,} rows"
    return f"rarest class {quoted(rarest)}: {span} a fold{left_out}"


CHECK = Check(
    code="FG202",
    name="class_counts",
    rule=ClassCountsRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "The recall of a class with three test rows is 0, 33, 67 or 100 percent and says "
            "little; with none it is undefined, and a mean over folds silently drops it. A class "
            "that is absent from train cannot be predicted at all."
        ),
        example="All 3 rows of the rare class are in fold 2: folds 0 and 1 cannot be scored on it.",
        fix=(
            "Use strategy stratified or stratified_group, fewer folds, merged classes, or more "
            "rows; lower min_test only if the wider interval is acceptable."
        ),
    ),
    lacks=lacks_class_label,
)
