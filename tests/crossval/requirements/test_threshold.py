from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from fold_guard.crossval.requirements.check import check_requirements
from fold_guard.crossval.requirements.requirement import Requirement
from fold_guard.crossval.result import (
    Concern,
    MetricSummary,
    OverRounds,
    Pooled,
    Result,
    SegmentGap,
    SegmentScore,
    Undefined,
)
from fold_guard.errors import UsageError
from tests.crossval.results import classification, with_failure

RECALL = "recall[positive]"
OVER = OverRounds(0.6, 0.05, 0.5, 0.7, 5)
POOLED = Pooled(0.62, 0.55, 0.68, 50, 50, "by hand")
FULL = MetricSummary("rounds", 0.6, 0.5, 0.7, "", OVER, POOLED, train=0.7, gap=0.1)


def result_with(summary: MetricSummary, metrics: Mapping[str, Pooled] | None = None) -> Result:
    base = classification(
        ["positive", "negative"] * 5, None, predictions=["positive"] * 10, folds=[0, 1, 2, 3, 4] * 2
    )
    segments = tuple(SegmentScore("gender", value, 5, 5, metrics or {}) for value in ("F", "M"))
    return replace(base, summary={RECALL: summary}, segments=segments)


def value_and_message(result: Result, requirement: Requirement) -> tuple[bool, float | None, str]:
    [outcome] = check_requirements(result, [requirement])
    assert outcome.requirement is requirement
    assert not outcome.built_in
    return outcome.met, outcome.value, outcome.message


@pytest.mark.parametrize(
    ("requirement", "met"),
    [
        (Requirement(RECALL, "lower", least=0.5), True),
        (Requirement(RECALL, "lower", least=0.5001), False),
        (Requirement(RECALL, "estimate", least=0.6, most=0.6), True),
        (Requirement(RECALL, "upper", most=0.69), False),
        (Requirement(RECALL, "fold_sd", most=0.05), True),
        (Requirement(RECALL, "fold_sd", most=0.04), False),
        (Requirement(RECALL, "gap", most=0.1), True),
        (Requirement(RECALL, "gap", least=0.2), False),
        (Requirement(RECALL, "estimate", least=0.61, aggregate="rounds"), False),
        (Requirement(RECALL, "estimate", least=0.61, aggregate="pooled"), True),
        (Requirement(RECALL, "lower", least=0.55, aggregate="pooled"), True),
        (Requirement(RECALL, "upper", most=0.67, aggregate="pooled"), False),
    ],
)
def test_values_against_limits(requirement: Requirement, met: bool) -> None:
    found, value, message = value_and_message(result_with(FULL), requirement)
    assert found is met
    assert f"{value:.4f}" in message
    assert "required" in message


def test_the_reported_number_is_held_against_a_target_that_names_none() -> None:
    pooled = replace(FULL, aggregate="pooled", estimate=0.62, low=0.55, high=0.68)
    requirement = Requirement(RECALL, "lower", least=0.54)
    assert value_and_message(result_with(pooled), requirement)[:2] == (True, 0.55)
    assert value_and_message(result_with(FULL), requirement)[:2] == (False, 0.5)


def test_an_undefined_metric_is_never_met() -> None:
    absent = tuple(Undefined(i, "no rows of class 'positive'") for i in range(5))
    over = OverRounds(None, None, None, None, 0, absent, note="defined in no round")
    nothing = MetricSummary("rounds", None, None, None, "defined in no round", over)
    for measure in ("lower", "estimate", "upper", "fold_sd", "gap"):
        for rounds in (None, 1):
            for limits in ({"least": -1e9}, {"most": 1e9}):
                requirement = Requirement(RECALL, measure, min_rounds=rounds, **limits)
                met, value, message = value_and_message(result_with(nothing), requirement)
                assert not met
                assert value is None
                assert "round 0: no rows of class 'positive'" in message


def test_a_metric_undefined_in_a_round_needs_an_explicit_allowance() -> None:
    over = replace(OVER, n_rounds=4, undefined=(Undefined(3, "no rows"),))
    partly = replace(FULL, over_rounds=over)
    strict = Requirement(RECALL, "lower", least=0.1)
    met, _, message = value_and_message(result_with(partly), strict)
    assert not met
    assert "defined in 4 of 5 rounds, 5 required (round 3: no rows)" in message
    assert value_and_message(result_with(partly), replace(strict, min_rounds=4))[0]
    # Pooled, the rows of that round are among the others.
    assert value_and_message(result_with(partly), replace(strict, aggregate="pooled"))[0]


def test_no_interval_and_no_scores_say_why() -> None:
    lone = OverRounds(0.6, None, None, None, 1, note="one value only: no interval")
    single = MetricSummary("rounds", 0.6, None, None, lone.note, lone)
    requirement = Requirement(RECALL, "lower", least=0.1, min_rounds=1)
    assert "one value only" in value_and_message(result_with(single), requirement)[2]
    each = MetricSummary("pooled", 0.6, 0.5, 0.7, pooled=POOLED)
    spread = Requirement(RECALL, "fold_sd", most=1.0)
    met, value, message = value_and_message(result_with(each), spread)
    assert (met, value) == (False, None)
    assert "some test one row" in message
    unpooled = MetricSummary("rounds", 0.6, 0.5, 0.7, over_rounds=OVER)
    asked = Requirement(RECALL, "estimate", least=0.0, aggregate="pooled")
    met, value, message = value_and_message(result_with(unpooled), asked)
    assert (met, value) == (False, None)
    assert "may not be scored as one set" in message
    untrained = Requirement(RECALL, "gap", most=1.0)
    assert "no train side was scored" in value_and_message(result_with(unpooled), untrained)[2]


def test_segments_are_scored_by_themselves() -> None:
    result = result_with(FULL, {RECALL: Pooled(0.4, 0.2, 0.6, 5, 5)})
    requirement = Requirement(RECALL, "estimate", least=0.5, segment=("gender", "F"))
    met, value, message = value_and_message(result, requirement)
    assert (met, value) == (False, 0.4)
    assert message == "recall[positive] where gender is F is 0.4000 (5 rows), required >= 0.5"
    assert value_and_message(result, replace(requirement, measure="upper"))[0]
    few = result_with(FULL, {RECALL: Pooled(None, None, None, 3, 3, note="3 rows, fewer than 5")})
    met, value, message = value_and_message(few, replace(requirement, least=0.0))
    assert (met, value) == (False, None)
    assert "undefined (3 rows, fewer than 5)" in message


def test_gaps_between_segments() -> None:
    gap = SegmentGap("gender", RECALL, "M", "F", 0.15, 0.02, 0.28)
    result = replace(result_with(FULL, {RECALL: POOLED}), gaps=(gap,))
    target = Requirement(RECALL, "estimate", most=0.2, gap_between="gender")
    met, value, message = value_and_message(result, target)
    assert (met, value) == (True, 0.15)
    assert message == (
        "gap between segments of gender in recall[positive] is 0.1500 "
        "(M 0.1500 above F), required <= 0.2"
    )
    assert value_and_message(result, replace(target, measure="upper"))[:2] == (False, 0.28)
    bare = replace(result, gaps=(replace(gap, low=None, high=None, note="no interval: few"),))
    met, value, message = value_and_message(bare, replace(target, measure="upper", most=9.0))
    assert (met, value) == (False, None)
    assert "no interval: few" in message


def test_one_segment_with_a_value_has_no_gap() -> None:
    nothing = Pooled(None, None, None, 2, 2, note="2 rows, fewer than 5")
    result = result_with(FULL, {RECALL: nothing})
    target = Requirement(RECALL, "estimate", most=1.0, gap_between="gender")
    met, value, message = value_and_message(result, target)
    assert (met, value) == (False, None)
    assert "fewer than two segments have a value: F: 2 rows" in message


@pytest.mark.parametrize(
    ("requirement", "says"),
    [
        (Requirement("recal[positive]", "lower", 0.5), r"Did you mean 'recall\[positive\]'"),
        (Requirement(RECALL, "lower", 0.5, segment=("gendre", "F")), "Did you mean 'gender'"),
        (Requirement(RECALL, "lower", 0.5, segment=("gender", "f")), "Did you mean 'F'"),
        (Requirement(RECALL, "upper", most=0.5, gap_between="sex"), "no segments of 'sex'"),
        (Requirement(RECALL, "lower", no_worse_than="kept/cv"), "kept/cv was not read"),
    ],
)
def test_what_is_not_there_names_the_nearest(requirement: Requirement, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        check_requirements(result_with(FULL), [requirement])


def test_rounds_that_failed_miss_a_target_that_nobody_wrote() -> None:
    result = with_failure(result_with(FULL), 5)
    target = Requirement(RECALL, "lower", least=0.5)
    first, built_in = check_requirements(result, [target])
    assert first.met
    assert (built_in.met, built_in.built_in) == (False, True)
    assert built_in.value == pytest.approx(1 / 6)
    assert "0.1667 (1 of 6 rounds failed), required <= 0; round 5: ValueError" in built_in.message
    allowed = check_requirements(result, [target], max_failure_rate=0.17)
    assert [each.met for each in allowed] == [True, True]
    # Whoever names the failure rate decides.
    stated = Requirement("failure_rate", "estimate", most=0.1)
    [outcome] = check_requirements(result, [stated], max_failure_rate=0.5)
    assert (outcome.met, outcome.built_in) == (False, False)
    assert check_requirements(result_with(FULL), [stated])[0].met


def test_a_concern_that_blocks_is_a_target_missed() -> None:
    aside = Concern("tuned", "tuned on the reported folds")
    blocking = Concern("not_deterministic", "two runs differ", blocking=True)
    result = replace(result_with(FULL), concerns=(aside, blocking))
    [outcome] = check_requirements(result, [])
    assert (outcome.met, outcome.built_in, outcome.message) == (False, True, "two runs differ")
