"""FG306: train ends before test begins."""

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
from fold_guard.checks.outcome import Finding, Outcome, unjudged
from fold_guard.checks.rule import Rule
from fold_guard.checks.subjects.cells import Cells
from fold_guard.checks.subjects.places import round_name
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.wording import counted, listed
from fold_guard.dataset.instants import Instants, instant_at, instants
from fold_guard.partition.counting import first_of_runs
from fold_guard.partition.rounds import Round, embargo_starts

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Instant = int | float | str
_WORST = 5


class TemporalOrderRule(Rule):
    """Thresholds of FG306.

    Attributes
    ----------
    strict : bool
        Whether a train row at the same instant as the first test row breaks the rule. It does by
        default: two rows of one day cannot be shown to be in order, and may well share what
        happened that day.
    min_gap : float
        Steps (days, for dates and datetimes) before the first test row in which no train row may
        lie, both ends included: the embargo that the plan promised.
    """

    strict: bool = True
    min_gap: float = Field(0, ge=0)


@dataclass(frozen=True, slots=True, eq=False)
class _Order:
    """How the two sides of a round lie in time; rows without a time are left out.

    ``at`` is the position of the round; of train rows there are numbers only, for leave-one-out
    has as many rounds as rows.
    """

    at: int
    index: int
    test_min: Instant | None
    test_max: Instant | None
    train_max: Instant | None
    after_test_min: int = 0
    at_or_after_test_min: int = 0
    within_gap: int = 0
    after_test_max: int = 0
    before_train_max: int = 0
    future_pairs: int = 0

    def offending(self, rule: TemporalOrderRule) -> int:
        """Return how many train rows break the rule."""
        ties = rule.strict or rule.min_gap > 0
        return self.within_gap + (self.at_or_after_test_min if ties else self.after_test_min)


def run(subject: Subject, rule: TemporalOrderRule) -> Iterator[Outcome]:
    """Yield one outcome over all rounds."""
    assert subject.roles.time is not None
    cells = subject.cells([subject.roles.time])
    time = instants(cells.values[subject.roles.time])
    orders = _orders(cells, subject.roles.time, time, rule)
    bad = [each for each in orders if each.offending(rule)]
    blind = [each.index for each in orders if each.test_min is None or each.train_max is None]
    null = cells.count(~time.known)
    outcome = CHECK.outcome(
        rule,
        broken=bool(bad),
        target=subject.roles.time,
        summary=_summary(bad, len(orders), rule, time.unit)
        + (f"; {counted(null, 'row')} without a time left out" if null else ""),
        measured={
            "rounds": {
                str(each.index): {
                    "test_min": each.test_min,
                    "test_max": each.test_max,
                    "train_rows_after_test_min": each.after_test_min,
                    "train_rows_at_or_after_test_min": each.at_or_after_test_min,
                    "train_rows_after_test_max": each.after_test_max,
                    "test_rows_before_train_max": each.before_train_max,
                    "future_pairs": each.future_pairs,
                    "train_max": each.train_max,
                    "train_rows_within_gap": each.within_gap,
                }
                for each in orders
            },
            "rounds_violating": len(bad),
            "future_pairs_total": sum(each.future_pairs for each in orders),
            "null_times": null,
        },
        findings=_worst(subject, cells, bad, rule, time),
    )
    if blind and not bad:
        rounds = "round" if len(blind) == 1 else "rounds"
        yield unjudged(
            outcome, f"{rounds} {listed(blind)}: a side has no row with a time to compare"
        )
    else:
        yield outcome


def leaks(subject: Subject, rule: TemporalOrderRule) -> Iterator[Leaks]:
    """Yield the train rows of each round that break the rule."""
    assert subject.roles.time is not None
    rows = subject.rows([subject.roles.time])
    cells, time = rows.cells, instants(rows.frame[subject.roles.time])
    orders = _orders(cells, subject.roles.time, time, rule)
    worst = _worst_first([each for each in orders if each.offending(rule)])
    messages = pl.Series([_text(subject, each, rule, time) for each in worst], dtype=pl.String)
    number = {each.at: finding for finding, each in enumerate(worst)}
    for at in sorted(number):
        each = cells.rounds[at]
        where = np.flatnonzero(_offending(each, rule, time))
        repeat = at // subject.rounds_a_repeat
        found = rows_listed(rows, where, number[at], messages, repeat)
        yield Leaks(subject.roles.time, each.index, repeat, "train", found)


def _orders(cells: Cells, name: str, time: Instants, rule: TemporalOrderRule) -> list[_Order]:
    calendar, series = _Calendar(cells, time), cells.values[name]
    return [
        _order(at, each, series, time, rule.min_gap, calendar)
        for at, each in enumerate(cells.rounds)
    ]


class _Calendar:
    """The distinct instants in order, and how many rows of a side lie at each.

    What is asked of a round are sums over instants, of which there are fewer than rows.
    """

    def __init__(self, cells: Cells, time: Instants) -> None:
        known = np.flatnonzero(time.known)
        self._counts = cells.counts
        self._order = known[pl.Series(time.values[known]).arg_sort().to_numpy()]
        ordered = time.values[self._order]
        self._starts = np.flatnonzero(first_of_runs(ordered))
        self.instants = ordered[self._starts]
        # Of each instant one cell, any: they agree in it.
        self.position = self._order[self._starts]

    def rows(self, side: BoolArray) -> IntArray:
        """Return the rows of a side at each instant."""
        inside = side[self._order]
        if not len(self._starts):
            return np.zeros(0, dtype=np.int64)
        rows = inside if self._counts is None else inside * self._counts[self._order]
        # Sums up to the end of each instant; a third of the time that reduceat takes.
        upto = np.cumsum(rows, dtype=np.int64)[np.append(self._starts[1:], len(rows)) - 1]
        found: IntArray = np.diff(upto, prepend=0)
        return found


def _order(
    at: int, each: Round, series: pl.Series, time: Instants, min_gap: float, calendar: _Calendar
) -> _Order:
    tested, trained = calendar.rows(each.test), calendar.rows(each.train)
    test_at, train_at = np.flatnonzero(tested), np.flatnonzero(trained)

    def instant(rank: int) -> Instant:
        return instant_at(series, int(calendar.position[rank]))

    test_min, test_max = (instant(test_at[i]) if test_at.size else None for i in (0, -1))
    train_max = instant(train_at[-1]) if train_at.size else None
    if test_min is None or train_max is None:
        return _Order(at, each.index, test_min, test_max, train_max)
    first, last = int(test_at[0]), int(test_at[-1])
    within = _within_gap(calendar.instants, calendar.instants[first], time, min_gap)
    return _Order(
        at=at,
        index=each.index,
        test_min=test_min,
        test_max=test_max,
        train_max=train_max,
        after_test_min=int(trained[first + 1 :].sum()),
        at_or_after_test_min=int(trained[first:].sum()),
        within_gap=int(trained[within].sum()),
        after_test_max=int(trained[last + 1 :].sum()),
        before_train_max=int(tested[: train_at[-1]].sum()),
        future_pairs=int(((np.cumsum(tested) - tested) * trained).sum()),
    )


def _within_gap(when: npt.NDArray[Any], first: Any, time: Instants, min_gap: float) -> BoolArray:
    if min_gap <= 0:
        return np.zeros(len(when), dtype=np.bool_)
    # As forward_rounds counts, so that both agree to the last bit.
    within: BoolArray = (when < first) & (when >= embargo_starts(first, min_gap * time.per_step))
    return within


def _summary(bad: list[_Order], rounds: int, rule: TemporalOrderRule, unit: str) -> str:
    if not bad:
        where = f"each of {rounds} rounds" if rounds > 1 else "the only round"
        gap = f" by more than {rule.min_gap:g} {unit}" if rule.min_gap else ""
        return f"train ends before test begins{gap} in {where}"
    if len(bad) == rounds:
        who = f"all {rounds} rounds train" if rounds > 1 else "the only round trains"
    else:
        who = f"{len(bad)} of {rounds} rounds {'trains' if len(bad) == 1 else 'train'}"
    if any(each.after_test_min for each in bad):
        return f"{who} on rows later than their first test row"
    if any(each.at_or_after_test_min for each in bad):
        return f"{who} on rows of the same instant as their first test row"
    return f"{who} on rows within {rule.min_gap:g} {unit} before their first test row"


def _worst(
    subject: Subject, cells: Cells, bad: list[_Order], rule: TemporalOrderRule, time: Instants
) -> tuple[Finding, ...]:
    """Describe the rounds with the most pairs out of order."""
    return tuple(
        Finding(
            _text(subject, each, rule, time),
            count=each.offending(rule),
            rows=cells.ids_at(_offending(cells.rounds[each.at], rule, time)),
            key=f"round {each.index}",
        )
        for each in _worst_first(bad)[:_WORST]
    )


def _worst_first(bad: list[_Order]) -> list[_Order]:
    return sorted(bad, key=lambda each: (-each.future_pairs, each.index))


def _text(subject: Subject, each: _Order, rule: TemporalOrderRule, time: Instants) -> str:
    reach = f"as late as {each.train_max}, first test row at {each.test_min}"
    if not each.at_or_after_test_min:
        text = f"within {rule.min_gap:g} {time.unit} before test"
    elif each.after_test_min:
        text = "no earlier" if rule.strict else "later"
        text += " than the first test row"
    else:
        text = "of the same instant as the first test row"
    count = counted(each.offending(rule), "train row")
    return f"{round_name(subject, each.at)}: {count} {text}, {reach}"


def _offending(each: Round, rule: TemporalOrderRule, time: Instants) -> BoolArray:
    """Return the train rows that break the rule in a round."""
    when, train = time.values, each.train & time.known
    first = when[each.test & time.known].min()
    late = when >= first if rule.strict or rule.min_gap > 0 else when > first
    offending: BoolArray = train & (late | _within_gap(when, first, time, rule.min_gap))
    return offending


CHECK = Check(
    code="FG306",
    name="temporal_order",
    rule=TemporalOrderRule,
    run=run,
    explanation=Explanation(
        meaning=(
            "In use, a model knows the past only. When it is trained on rows that are later than "
            "those it is tested on, it has seen seasons, outbreaks, price changes and drift that "
            "it will not see in use, and the score is too high."
        ),
        example="Round 0 tests days 4 to 107 and trains on days 4 to 107: shuffled folds.",
        fix=(
            "Use strategy forward (blocks of time, train on the past only), with an embargo when "
            "labels take time to become known. When the order of rows is truly without meaning, "
            "name no time column."
        ),
        references=(
            (
                "S. Kapoor and A. Narayanan, Leakage and the reproducibility crisis in machine- "
                "learning-based science, Patterns 4(9), 2023, doi:10.1016/j.patter.2023.100804."
            ),
            (
                "D. R. Roberts et al., Cross-validation strategies for data with temporal, "
                "spatial, hierarchical, or phylogenetic structure, Ecography 40(8), 2017, "
                "doi:10.1111/ecog.02881."
            ),
            (
                "C. Bergmeir and J. M. Benitez, On the use of cross-validation for time series "
                "predictor evaluation, Information Sciences 191, 2012, "
                "doi:10.1016/j.ins.2011.12.028."
            ),
            (
                "scikit-learn user guide, Cross-validation, section Cross validation of time "
                "series data."
            ),
        ),
        measured={
            "rounds.{j}.test_min": "time of the first test row of the round",
            "rounds.{j}.test_max": "time of its last test row",
            "rounds.{j}.train_max": "time of its last train row",
            "rounds.{j}.train_rows_after_test_min": "train rows later than the first test row",
            "rounds.{j}.train_rows_at_or_after_test_min": (
                "the same, those of the same instant included"
            ),
            "rounds.{j}.train_rows_after_test_max": "train rows later than the last test row",
            "rounds.{j}.test_rows_before_train_max": "test rows earlier than the last train row",
            "rounds.{j}.train_rows_within_gap": (
                "train rows within min_gap before the first test row"
            ),
            "rounds.{j}.future_pairs": "pairs of a train row and an earlier test row",
            "rounds_violating": "rounds that break the rule",
            "future_pairs_total": "pairs, summed over the rounds",
            "null_times": "rows without a time, left out",
        },
    ),
    lacks=lambda subject: "" if subject.roles.time else "there is no time column",
    totals=("rounds_violating", "future_pairs_total"),
    leaks=leaks,
)
