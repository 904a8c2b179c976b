"""FG307: no train row shares time with a test row, or follows it too closely."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from pydantic import Field

from fold_guard.checks.check import Check, Explanation
from fold_guard.checks.leaks import Leaks, rows_listed
from fold_guard.checks.outcome import Finding, Outcome, Status, unjudged
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.places import round_name
from fold_guard.checks.subjects.subject import Rows, Subject
from fold_guard.checks.wording import counted, listed
from fold_guard.dataset.instants import Instants, instants, spans
from fold_guard.errors import DataError
from fold_guard.partition.intervals import Intervals
from fold_guard.partition.purging import Embargo, embargoed_rows, purged_rows

BoolArray = npt.NDArray[np.bool_]
_WORST = 5


class PurgeEmbargoRule(Rule):
    """Thresholds of FG307.

    Attributes
    ----------
    embargo : float
        Steps (days, for dates and datetimes) after the interval of a test row in which no train
        row may begin, the far end included.
    max_train_rows : int
        So many train rows of a round may be within purge and embargo together.
    """

    embargo: float = Field(0, ge=0)
    max_train_rows: int = Field(0, ge=0)


@dataclass(frozen=True, slots=True, eq=False)
class _Horizons:
    """The interval of each row that has one.

    ``intervals`` are those of the rows ``order``, by their start: what is in order is searched
    several times as fast.
    """

    intervals: Intervals
    order: npt.NDArray[np.intp]
    unknown: int
    inverted: BoolArray
    time: Instants


@dataclass(frozen=True, slots=True)
class _Reach:
    """What a round trains on that purge and embargo would take out."""

    at: int
    index: int
    test_intervals: int
    to_purge: int
    to_embargo: int
    blind: bool

    def breaks(self, rule: PurgeEmbargoRule) -> bool:
        """Whether that is more than the rule allows."""
        return self.to_purge + self.to_embargo > rule.max_train_rows


def run(subject: Subject, rule: PurgeEmbargoRule) -> Iterator[Outcome]:
    """Yield one outcome over all rounds."""
    roles = subject.roles
    if roles.evaluation_time is None and not rule.embargo:
        yield CHECK.without(
            Status.NOT_APPLICABLE,
            "there is neither an evaluation time, when labels are known, nor an embargo",
            rule.severity,
        )
        return
    named = _times(subject)
    rows = subject.rows(named)
    horizons = _horizons(rows, named)
    embargo = Embargo(span=rule.embargo * horizons.time.per_step)
    found = _reaches(rows, horizons, embargo)
    bad = [each for each in found if each.breaks(rule)]
    inverted = int(np.count_nonzero(horizons.inverted))
    findings = [
        _finding(subject, rows, each, horizons, embargo, rule)
        for each in _worst_first(bad)[:_WORST]
    ]
    if inverted:
        findings.append(
            Finding(
                _inverted(inverted, named),
                count=inverted,
                rows=rows.ids_at(horizons.inverted),
                key="inverted",
            )
        )
    left_out = horizons.unknown + inverted
    outcome = CHECK.outcome(
        rule,
        broken=bool(bad),
        target=" to ".join(named),
        summary=_summary(bad, found, rule, horizons.time.unit)
        + (f"; {counted(left_out, 'row')} without an interval left out" if left_out else ""),
        measured={
            "rounds": {
                str(each.index): {
                    "test_intervals": each.test_intervals,
                    "train_rows_to_purge": each.to_purge,
                    "train_rows_to_embargo": each.to_embargo,
                }
                for each in found
            },
            "rounds_violating": len(bad),
            "train_rows_to_purge_total": sum(each.to_purge for each in found),
            "train_rows_to_embargo_total": sum(each.to_embargo for each in found),
            "null_times": horizons.unknown,
            "inverted_intervals": inverted,
        },
        findings=findings,
    )
    blind = [each.index for each in found if each.blind]
    if not bad and inverted:
        yield unjudged(
            outcome,
            f"{counted(inverted, 'row')} with {named[-1]} before {named[0]}: "
            "whether they share time with test cannot be told",
        )
    elif not bad and blind:
        noun = "round" if len(blind) == 1 else "rounds"
        yield unjudged(
            outcome, f"{noun} {listed(blind)}: a side has no row with an interval to compare"
        )
    else:
        yield outcome


def leaks(subject: Subject, rule: PurgeEmbargoRule) -> Iterator[Leaks]:
    """Yield the train rows of each round that break the rule, and why: purge or embargo.

    Then, in no round, the rows whose interval ends before it begins.
    """
    named = _times(subject)
    rows, target = subject.rows(named), " to ".join(named)
    horizons = _horizons(rows, named)
    embargo = Embargo(span=rule.embargo * horizons.time.per_step)
    found = _reaches(rows, horizons, embargo)
    worst = _worst_first([each for each in found if each.breaks(rule)])
    said = [_text(subject, each, horizons, rule) for each in worst]
    inverted = np.flatnonzero(horizons.inverted)
    if inverted.size:
        said.append(_inverted(len(inverted), named))
    messages = pl.Series(said, dtype=pl.String)
    number = {each.at: finding for finding, each in enumerate(worst)}
    for at in sorted(number):
        split = rows.rounds[at]
        purged, embargoed = _reached(
            horizons, split.train[horizons.order], split.test[horizons.order], embargo
        )
        where = np.flatnonzero(purged | embargoed)
        reason = np.where(purged[where], "purge", "embargo")
        repeat = at // subject.rounds_a_repeat
        listed_rows = rows_listed(
            rows,
            horizons.order[where],
            number[at],
            messages,
            repeat,
            reason=pl.Series(reason, dtype=pl.String),
        )
        yield Leaks(target, split.index, repeat, "train", listed_rows)
    if inverted.size:
        unplaced = rows_listed(rows, inverted, len(worst), messages)
        yield Leaks(target, None, None, None, unplaced)


def _times(subject: Subject) -> tuple[str, ...]:
    """Return the columns in which the interval of a row begins and, if there is one, ends."""
    named = (subject.roles.time, subject.roles.evaluation_time)
    return tuple(each for each in named if each is not None)


def _reaches(rows: Rows, horizons: _Horizons, embargo: Embargo) -> list[_Reach]:
    found = []
    for at, each in enumerate(rows.rounds):
        train, test = each.train[horizons.order], each.test[horizons.order]
        purged, embargoed = _reached(horizons, train, test, embargo)
        found.append(
            _Reach(
                at,
                each.index,
                _merged(horizons.intervals.of(test)),
                int(np.count_nonzero(purged)),
                int(np.count_nonzero(embargoed)),
                not (train.any() and test.any()),
            )
        )
    return found


def _inverted(rows: int, named: tuple[str, ...]) -> str:
    return (
        f"{counted(rows, 'row')} with {named[-1]} before {named[0]}: "
        "without an interval, and left out"
    )


def _horizons(rows: Rows, named: tuple[str, ...]) -> _Horizons:
    if len(named) == 1:
        start = end = instants(rows.frame[named[0]])
    else:
        start, end = spans(*(rows.frame[each] for each in named))
    known = start.known & end.known
    begun, ended = _alike(start.values, end.values)
    inverted = known & (begun > ended)
    placed = np.flatnonzero(known & ~inverted)
    order = placed[np.argsort(begun[placed], kind="stable")]
    intervals = Intervals(begun[order], ended[order])
    return _Horizons(intervals, order, int(np.count_nonzero(~known)), inverted, start)


def _alike(
    start: npt.NDArray[Any], end: npt.NDArray[Any]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return whole numbers and fractions both as floats, if these hold them."""
    if start.dtype == end.dtype:
        return start, end
    both = start.astype(np.float64), end.astype(np.float64)
    if any(np.abs(each).max(initial=0) >= 2**53 for each in both):
        raise DataError(
            "time and evaluation time are whole numbers and fractions too large to compare",
            where="table",
            remedy="Bring both columns to one type.",
        )
    return both


def _reached(
    horizons: _Horizons, train: BoolArray, test: BoolArray, embargo: Embargo
) -> tuple[BoolArray, BoolArray]:
    """Return the train rows that share time with test, and those that follow it too closely."""
    purged = purged_rows(horizons.intervals, test, train)
    return purged, embargoed_rows(horizons.intervals, test, train & ~purged, embargo)


def _merged(intervals: Intervals) -> int:
    """Count the stretches of time that closed intervals, by start, cover; touching ones are one."""
    if not len(intervals):
        return 0
    reached = np.maximum.accumulate(intervals.end)
    return 1 + int(np.count_nonzero(intervals.start[1:] > reached[:-1]))


def _worst_first(bad: list[_Reach]) -> list[_Reach]:
    return sorted(bad, key=lambda each: (-each.to_purge - each.to_embargo, each.at))


def _finding(
    subject: Subject,
    rows: Rows,
    each: _Reach,
    horizons: _Horizons,
    embargo: Embargo,
    rule: PurgeEmbargoRule,
) -> Finding:
    split = rows.rounds[each.at]
    purged, embargoed = _reached(
        horizons, split.train[horizons.order], split.test[horizons.order], embargo
    )
    return Finding(
        _text(subject, each, horizons, rule),
        count=each.to_purge + each.to_embargo,
        rows=rows.ids_at(horizons.order[purged | embargoed]),
        key=f"round {each.index}",
    )


def _text(subject: Subject, each: _Reach, horizons: _Horizons, rule: PurgeEmbargoRule) -> str:
    parts = []
    if each.to_purge:
        share = "shares" if each.to_purge == 1 else "share"
        parts.append(f"{counted(each.to_purge, 'train row')} {share} time with a test row")
    if each.to_embargo:
        begin = "begins" if each.to_embargo == 1 else "begin"
        parts.append(
            f"{counted(each.to_embargo, 'train row')} {begin} within {rule.embargo:g} "
            f"{horizons.time.unit} after one"
        )
    return f"{round_name(subject, each.at)}: {' and '.join(parts)}"


def _summary(bad: list[_Reach], found: list[_Reach], rule: PurgeEmbargoRule, unit: str) -> str:
    if bad:
        purge = sum(each.to_purge for each in bad)
        embargo = sum(each.to_embargo for each in bad)
        parts = [f"{counted(purge, 'train row')} to purge"] if purge or not embargo else []
        parts += [f"{counted(embargo, 'train row')} to embargo"] if embargo else []
        return f"{' and '.join(parts)}, in {len(bad)} of {counted(len(found), 'round')}"
    where = "in any round" if len(found) > 1 else "in the only round"
    gap = f", nor begins within {rule.embargo:g} {unit} after one" if rule.embargo else ""
    if any(each.to_purge + each.to_embargo for each in found):
        most = max(each.to_purge + each.to_embargo for each in found)
        return f"at most {counted(most, 'train row')} of a round within purge and embargo"
    return f"no train row shares time with a test row{gap} {where}"


CHECK = Check(
    code="FG307",
    name="purge_embargo",
    rule=PurgeEmbargoRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "A label that becomes known later (a return over 20 days, a readmission within 30) "
            "spans time. A train row whose span meets that of a test row was labelled by what also "
            "labels the test row, and one that begins right after may still echo it: the score is "
            "too high. A span runs from time to evaluation time, both ends included."
        ),
        example=(
            "Rows of days 1 to 100, each label known 5 days later, five blocks of days: the 5 days "
            "on either side of a test block are trained on."
        ),
        fix=(
            "Use strategy purged or combinatorial_purged with the evaluation time among the roles "
            "and an embargo; they leave those rows out of train."
        ),
        references=(
            "M. Lopez de Prado, Advances in Financial Machine Learning, Wiley 2018, chapter 7.4.",
        ),
        measured={
            "rounds.{j}.test_intervals": "stretches of time that the test rows of a round cover; "
            "spans that touch are one",
            "rounds.{j}.train_rows_to_purge": "train rows whose span meets that of a test row",
            "rounds.{j}.train_rows_to_embargo": "further train rows that begin within the embargo "
            "after a test row's span",
            "rounds_violating": "rounds with more of both than max_train_rows",
            "train_rows_to_purge_total": "summed over the rounds",
            "train_rows_to_embargo_total": "summed over the rounds",
            "null_times": "rows without a time or evaluation time, left out",
            "inverted_intervals": "rows whose evaluation time is before their time, left out",
        },
    ),
    lacks=lambda subject: "" if subject.roles.time else "there is no time column",
    totals=("train_rows_to_purge_total", "train_rows_to_embargo_total"),
    leaks=leaks,
)
