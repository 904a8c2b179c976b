from __future__ import annotations

import polars as pl
import pytest

from fold_guard.crossval.requirements import Requirement, check_requirements, parse_requirements
from fold_guard.crossval.result import MetricSummary, Result, RoundScore, Scores, Undefined
from fold_guard.errors import ConfigError, UsageError

RECALL = "recall[positive]"


def result_with(summary: MetricSummary) -> Result:
    side = Scores({}, {})
    rounds = tuple(RoundScore(i, 8, 2, {}, {}, side, side, ()) for i in range(5))
    return Result(("a", "b"), rounds, {RECALL: summary}, (), pl.DataFrame(), (), 0.95, "")


FULL = MetricSummary(mean=0.6, sd=0.05, low=0.5, high=0.7, n_rounds=5, gap=0.1)


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
    ],
)
def test_values_against_bounds(requirement: Requirement, met: bool) -> None:
    [outcome] = check_requirements(result_with(FULL), [requirement])
    assert outcome.met is met
    assert outcome.value is not None
    assert "required" in outcome.message


def test_an_undefined_metric_is_never_met() -> None:
    absent = tuple(Undefined(i, "no rows of class 'positive'") for i in range(5))
    nothing = MetricSummary(None, None, None, None, 0, None, absent, "defined in no round")
    for measure in ("lower", "estimate", "upper", "fold_sd", "gap"):
        for rounds in (None, 1):
            requirement = Requirement(RECALL, measure, least=0.0, min_rounds=rounds)
            [outcome] = check_requirements(result_with(nothing), [requirement])
            assert not outcome.met
            assert outcome.value is None
            assert "round 0: no rows of class 'positive'" in outcome.message


def test_a_metric_undefined_in_a_round_needs_an_explicit_allowance() -> None:
    partly = MetricSummary(0.6, 0.05, 0.5, 0.7, 4, 0.1, (Undefined(3, "no rows"),))
    strict = Requirement(RECALL, "lower", least=0.1)
    [outcome] = check_requirements(result_with(partly), [strict])
    assert not outcome.met
    assert "defined in 4 of 5 rounds, 5 required (round 3: no rows)" in outcome.message
    [outcome] = check_requirements(
        result_with(partly), [Requirement(RECALL, "lower", least=0.1, min_rounds=4)]
    )
    assert outcome.met


def test_one_round_has_no_lower_bound() -> None:
    single = MetricSummary(0.6, None, None, None, 1, 0.1, (), "one value only: no interval")
    [outcome] = check_requirements(
        result_with(single), [Requirement(RECALL, "lower", least=0.1, min_rounds=1)]
    )
    assert not outcome.met
    assert "one value only" in outcome.message


def test_an_unknown_metric_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"Did you mean 'recall\[positive\]'"):
        check_requirements(result_with(FULL), [Requirement("recal[positive]", "lower", least=0.5)])


def test_parsing() -> None:
    items: list[object] = [
        {"metric": RECALL, "bound": "lower", "min": 0.5},
        {"metric": "accuracy", "max": 1},
        {"metric": "roc_auc", "statistic": "fold_sd", "max": 0.1, "min_rounds": 4},
    ]
    assert parse_requirements(items) == (
        Requirement(RECALL, "lower", least=0.5),
        Requirement("accuracy", "estimate", most=1.0),
        Requirement("roc_auc", "fold_sd", most=0.1, min_rounds=4),
    )


def test_all_parsing_problems_come_at_once() -> None:
    items: list[object] = [
        "recall",
        {"metric": 3, "min": "0.5"},
        {"metric": RECALL, "bound": "lowest", "statistic": "sd", "max": float("nan")},
        {"metric": RECALL},
        {"metric": RECALL, "min": 0.6, "max": 0.5},
        {"metric": RECALL, "min": True, "min_rounds": 0, "boundary": "lower"},
    ]
    with pytest.raises(ConfigError) as caught:
        parse_requirements(items, path="plans.forward.require")
    paths = [path.removeprefix("plans.forward.require.") for path, _ in caught.value.problems]
    assert sorted(paths) == sorted(
        [
            "0",
            "1.metric",
            "1.min",
            "2",
            "2.bound",
            "2.statistic",
            "2.max",
            "3",
            "4",
            "5.min",
            "5.min_rounds",
            "5.boundary",
        ]
    )
