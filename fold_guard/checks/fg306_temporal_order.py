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
from fold_guard.checks.outcome import Finding, Outcome, unjudged
from fold_guard.checks.places import round_name
from fold_guard.checks.rule import Rule
from fold_guard.checks.subject import Subject
from fold_guard.checks.wording import counted, listed
from fold_guard.dataset.instants import Instants, instant_at, instants
from fold_guard.partition.rounds import Round

BoolArray = npt.NDArray[np.bool_]
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
    series = subject.frame[subject.roles.time]
    time = instants(series)
    orders = [
        _order(at, each, series, time, rule.min_gap) for at, each in enumerate(subject.rounds)
    ]
    bad = [each for each in orders if each.offending(rule)]
    blind = [each.index for each in orders if each.test_min is None or each.train_max is None]
    null = int((~time.known).sum())
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
        findings=_worst(subject, bad, rule, time),
    )
    if blind and not bad:
        rounds = "round" if len(blind) == 1 else "rounds"
        yield unjudged(
            outcome, f"{rounds} {listed(blind)}: a side has no row with a time to compare"
        )
    else:
        yield outcome


def _order(at: int, each: Round, series: pl.Series, time: Instants, min_gap: float) -> _Order:
    when, train, test = time.values, each.train & time.known, each.test & time.known
    test_min, test_max = _ends(series, when, test)
    _, train_max = _ends(series, when, train)
    if test_min is None or train_max is None:
        return _Order(at, each.index, test_min, test_max, train_max)
    tested, trained = np.sort(when[test]), when[train]
    return _Order(
        at=at,
        index=each.index,
        test_min=test_min,
        test_max=test_max,
        train_max=train_max,
        after_test_min=int(np.count_nonzero(trained > tested[0])),
        at_or_after_test_min=int(np.count_nonzero(trained >= tested[0])),
        within_gap=int(np.count_nonzero(_within_gap(trained, tested[0], time, min_gap))),
        after_test_max=int(np.count_nonzero(trained > tested[-1])),
        before_train_max=int(np.count_nonzero(tested < trained.max())),
        future_pairs=int(np.searchsorted(tested, trained, side="left").sum()),
    )


def _within_gap(when: npt.NDArray[Any], first: Any, time: Instants, min_gap: float) -> BoolArray:
    if min_gap <= 0:
        return np.zeros(len(when), dtype=np.bool_)
    # The same expression as in forward_rounds, so that both agree to the last bit.
    within: BoolArray = (when < first) & (when >= first - min_gap * time.per_step)
    return within


def _ends(
    series: pl.Series, when: npt.NDArray[np.generic], side: BoolArray
) -> tuple[Instant | None, Instant | None]:
    """Return the first and the last instant of a side as JSON holds them."""
    where = np.flatnonzero(side)
    if not where.size:
        return None, None
    first, last = where[when[where].argmin()], where[when[where].argmax()]
    return instant_at(series, int(first)), instant_at(series, int(last))


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
    subject: Subject, bad: list[_Order], rule: TemporalOrderRule, time: Instants
) -> tuple[Finding, ...]:
    """Describe the rounds with the most pairs out of order."""
    findings = []
    for each in sorted(bad, key=lambda each: (-each.future_pairs, each.index))[:_WORST]:
        count = each.offending(rule)
        reach = f"as late as {each.train_max}, first test row at {each.test_min}"
        if not each.at_or_after_test_min:
            text = f"within {rule.min_gap:g} {time.unit} before test"
        elif each.after_test_min:
            text = "no earlier" if rule.strict else "later"
            text += " than the first test row"
        else:
            text = "of the same instant as the first test row"
        findings.append(
            Finding(
                f"{round_name(subject, each.at)}: {counted(count, 'train row')} {text}, {reach}",
                count=count,
                rows=subject.ids_at(_offending(subject.rounds[each.at], rule, time)),
            )
        )
    return tuple(findings)


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
    ),
    lacks=lambda subject: "" if subject.roles.time else "there is no time column",
)
