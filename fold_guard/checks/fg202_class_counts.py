"""FG202: every class has enough rows on both sides of every round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.classes.class_label import (
    label_strata,
    label_target,
    lacks_class_label,
)
from fold_guard.checks.classes.tally import Cell, Tally, tallied
from fold_guard.checks.outcome import Finding, Outcome, Status
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.cells import Cells
from fold_guard.checks.subjects.left_out import is_dealt
from fold_guard.checks.subjects.places import round_name
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.wording import counted, quoted
from fold_guard.dataset.strata import Strata

BoolArray = npt.NDArray[np.bool_]
_WORST = 5
_SHOWN = 20


class ClassCountsRule(Rule):
    """Thresholds of FG202.

    Attributes
    ----------
    min_test, min_train : int
        Rows that each class must have in each round's test side and train side. Test sides that
        cannot hold each class are counted together: where every row or group is a fold of its
        own, and, of a class that no dealt fold holds, those of the units left out one by one.
    """

    min_test: int = Field(1, ge=0)
    min_train: int = Field(1, ge=0)


@dataclass(frozen=True, slots=True)
class _Shortfall:
    """A class with too few rows in one side of one round; sorts from the worst down."""

    have: int
    name: str
    at: int
    side: str
    need: int

    @property
    def key(self) -> str:
        """Class, side and round, whatever the numbers."""
        where = f"round {self.at}" if self.at >= 0 else "units left out"
        return f"class {self.name}, {self.side} of {where}"

    def text(self, subject: Subject) -> str:
        """Say it in words."""
        if self.side == "test" and _pooled(subject):
            where = "test sides of all rounds together"
        elif self.at < 0:
            where = "test sides of all units left out one by one together"
        else:
            plain = "fold" if self.side == "test" else "round"
            where = f"{self.side} side of {round_name(subject, self.at, plain)}"
        return (
            f"{quoted(self.name)} has {counted(self.have, 'row')} in the {where}; "
            f"policy asks for {self.need:,}"
        )


def run(subject: Subject, rule: ClassCountsRule) -> Iterator[Outcome]:
    """Yield one outcome on the rows of each class in each side; null labels are no class.

    Of several labels a row, those with each label are counted. Where every row or group is a fold
    of its own, no test side can hold each class: they are counted together.
    """
    cells = subject.cells(subject.roles.label_columns)
    strata = label_strata(subject, cells)
    names, null = strata.names, _null_labels(strata, cells)
    if not names:
        yield CHECK.without(Status.ERROR, "every label is null, nothing to count", rule.severity)
        return
    trains = (each.train for each in cells.rounds)
    test, together = _tested(subject, cells, strata, rule.min_test)
    train = tallied(strata, trains, rule.min_train, _WORST, cells.counts)
    short = [
        _Shortfall(each.have, names[each.stratum], each.at, side, need)
        for side, need, found in (
            ("test", rule.min_test, test),
            ("train", rule.min_train, train),
        )
        for each in found.worst
    ]
    short.sort(key=lambda each: (each.have - each.need, each.name, each.at, each.side))
    n_short = test.short + train.short
    rarest = np.lexsort((np.arange(len(names)), train.least, test.least))
    unseen = {
        side: [names[code] for code in np.flatnonzero(found.least == 0)]
        for side, found in (("test", test), ("train", train))
    }
    shown = sorted(rarest[:_SHOWN].tolist())
    alone = len(names) == 1 and not subject.roles.labels
    lonely = f"there is one class only, {quoted(names[0])}: nothing to predict" if alone else ""
    measured: dict[str, object] = {
        "min_test": {names[code]: int(test.least[code]) for code in shown},
        "min_train": {names[code]: int(train.least[code]) for code in shown},
        "classes_missing_in_test": unseen["test"][:_SHOWN],
        "classes_missing_in_train": unseen["train"][:_SHOWN],
        "classes": len(names),
        "classes_shown": len(shown),
        "classes_missing_in_test_count": len(unseen["test"]),
        "classes_missing_in_train_count": len(unseen["train"]),
        "shortfalls": n_short,
        "null_labels": null,
    }
    if _pooled(subject):
        measured["test_sides_counted_together"] = True
    if subject.n_dealt is not None:
        measured["units_left_out"] = len(cells.rounds) - subject.n_dealt
    left_out = f"; {counted(null, 'row')} without a label left out" if null else ""
    if short:
        more = f" (and {n_short - 1:,} more such)" if n_short > 1 else ""
        summary = f"{short[0].text(subject)}{more}{left_out}"
    else:
        worst = int(rarest[0])
        low, high = int(test.least[worst]), int(test.most[worst])
        span = _rarest(subject, names[worst], low, high, bool(together[worst]))
        summary = f"{span}{left_out}"
    yield CHECK.outcome(
        rule,
        broken=bool(lonely) or n_short > 0,
        target=label_target(subject),
        summary=lonely or summary,
        measured=measured,
        findings=[
            *([Finding(lonely, count=cells.n_rows - null, key="one class")] if lonely else []),
            *(Finding(each.text(subject), each.have, key=each.key) for each in short[:_WORST]),
        ],
    )


def _tested(subject: Subject, cells: Cells, strata: Strata, need: int) -> tuple[Tally, BoolArray]:
    """Count the classes in test sides, and say which were counted in several together."""
    if _pooled(subject):
        whole: Iterable[BoolArray] = (each >= 0 for each in cells.folds)
        everything = np.ones(len(strata.names), dtype=np.bool_)
        return tallied(strata, whole, need, _WORST, cells.counts), everything
    tests = (each.test for each in cells.rounds if is_dealt(subject, each.index))
    if subject.n_dealt is None:
        apart = np.zeros(len(strata.names), dtype=np.bool_)
        return tallied(strata, tests, need, _WORST, cells.counts), apart
    alone = cells.folds[0] >= subject.n_dealt
    dealt = np.where(alone, -1, np.minimum(cells.folds[0], 0))
    held = strata.by_fold(dealt, 1, cells.counts)[0] > 0
    least, most = (np.zeros(len(held), dtype=np.int64) for _ in range(2))
    short, worst = 0, list[Cell]()
    # A class that no dealt fold holds is tested by the units left out, all of them together.
    for these, sides, place in ((held, tests, 0), (~held, iter([alone]), -1)):
        if these.any():
            found = tallied(strata.only(these), sides, need, _WORST, cells.counts)
            least[these], most[these] = found.least, found.most
            short += found.short
            stratum = np.flatnonzero(these)
            worst += [
                Cell(each.have, int(stratum[each.stratum]), each.at + place) for each in found.worst
            ]
    worst.sort(key=lambda each: (each.have, each.stratum, each.at))
    return Tally(least, most, short, tuple(worst[:_WORST])), ~held


def _pooled(subject: Subject) -> bool:
    return subject.traits.layout == "each"


def _null_labels(strata: Strata, cells: Cells) -> int:
    return 0 if strata.indptr is not None else cells.count(strata.codes < 0)


def _rarest(subject: Subject, name: str, low: int, high: int, together: bool) -> str:
    span = counted(low, "row") if low == high else f"{low:,} to {high:,} rows"
    text = f"rarest {'label' if subject.roles.labels else 'class'} {quoted(name)}: {span}"
    if _pooled(subject):
        unit = "group" if subject.traits.groups else "row"
        return f"{text} in all test sides together, for every {unit} is a fold of its own"
    if subject.n_dealt is not None:
        if together:
            return f"{text} in all units left out one by one together, and none in a dealt fold"
        return f"{text} a dealt fold; units left out one by one need not hold each class"
    if subject.traits.layout == "sampled":
        return f"{text} a test set"
    return f"{text} a {'round' if subject.traits.chosen else 'fold'}"


CHECK = Check(
    code="FG202",
    name="class_counts",
    rule=ClassCountsRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "The recall of a class with three test rows is 0, 33, 67 or 100 percent and says "
            "little; with none it is undefined, and a mean over folds silently drops it. A class "
            "that is absent from train cannot be predicted at all. Where every row or group is a "
            "fold of its own, test rows are counted over all rounds together; of units that "
            "leave_out leaves out one by one, none need hold each class."
        ),
        example="All 3 rows of the rare class are in fold 2: folds 0 and 1 cannot be scored on it.",
        fix=(
            "Use strategy stratified or stratified_group, fewer folds, merged classes, or more "
            "rows; lower min_test only if the wider interval is acceptable."
        ),
        references=(
            (
                "G. Forman and M. Scholz, Apples-to-apples in cross-validation studies: pitfalls "
                "in classifier performance measurement, SIGKDD Explorations 12(1), 2010."
            ),
            (
                "R. Kohavi, A study of cross-validation and bootstrap for accuracy estimation and "
                "model selection, IJCAI 1995."
            ),
        ),
        measured={
            "min_test": "of each class, its rows in the test side with the fewest",
            "min_train": "of each class, its rows in the train side with the fewest",
            "classes_missing_in_test": "classes that some test side lacks",
            "classes_missing_in_train": "classes that some train side lacks",
            "classes": "classes of the label",
            "classes_shown": "classes that min_test and min_train name, the rarest first",
            "classes_missing_in_test_count": "how many there are, all counted",
            "classes_missing_in_train_count": "how many there are, all counted",
            "units_left_out": "folds that are a unit left out by itself (leave_out)",
            "shortfalls": "pairs of class and side with fewer rows than asked for",
            "null_labels": "rows without a label, left out",
            "test_sides_counted_together": (
                "test rows were counted over all rounds: each row or group is a fold of its own"
            ),
        },
    ),
    lacks=lacks_class_label,
    totals=("classes_missing_in_test_count", "classes_missing_in_train_count", "shortfalls"),
)
