from __future__ import annotations

import pytest

from fold_guard.crossval.requirements.parse import parse_requirements
from fold_guard.crossval.requirements.requirement import Requirement
from fold_guard.errors import ConfigError

RECALL = "recall[positive]"


def test_every_kind_of_target() -> None:
    items: list[object] = [
        {"metric": RECALL, "bound": "lower", "min": 0.5},
        {"metric": "accuracy", "max": 1},
        {"metric": "roc_auc", "statistic": "fold_sd", "max": 0.1, "min_rounds": 4},
        {"metric": RECALL, "aggregate": "pooled", "min": 0.4, "max": 0.9},
        {"metric": RECALL, "segment": {"gender": "F"}, "bound": "lower", "min": 0.5},
        {"metric": RECALL, "segment": {"ward": 3}, "min": 0.5},
        {"metric": RECALL, "gap_between": "gender", "bound": "upper", "max": 0.1},
        {"metric": RECALL, "no_worse_than": "kept/cv", "margin": 0.01, "confidence": 0.9},
        {"metric": "log_loss", "no_worse_than": "kept/cv", "aggregate": "rounds"},
        {"metric": "failure_rate", "max": 0.02},
    ]
    assert parse_requirements(items) == (
        Requirement(RECALL, "lower", least=0.5),
        Requirement("accuracy", "estimate", most=1.0),
        Requirement("roc_auc", "fold_sd", most=0.1, min_rounds=4),
        Requirement(RECALL, "estimate", 0.4, 0.9, aggregate="pooled"),
        Requirement(RECALL, "lower", 0.5, segment=("gender", "F")),
        Requirement(RECALL, "estimate", 0.5, segment=("ward", "3")),
        Requirement(RECALL, "upper", most=0.1, gap_between="gender"),
        Requirement(RECALL, "estimate", no_worse_than="kept/cv", margin=0.01, confidence=0.9),
        Requirement("log_loss", "estimate", aggregate="rounds", no_worse_than="kept/cv"),
        Requirement("failure_rate", "estimate", most=0.02),
    )


@pytest.mark.parametrize(
    ("requirement", "said"),
    [
        (Requirement(RECALL, "lower", 0.5), "lower bound of recall[positive]"),
        (Requirement("mse", "estimate", most=2.0), "mean squared error"),
        (
            Requirement("roc_auc", "fold_sd", most=0.1),
            "standard deviation over rounds of ROC AUC",
        ),
        (
            Requirement("accuracy", "upper", 0.5, aggregate="pooled"),
            "upper bound of pooled accuracy",
        ),
        (
            Requirement("accuracy", "estimate", 0.5, aggregate="rounds"),
            "accuracy, mean over rounds",
        ),
        (
            Requirement(RECALL, "upper", most=0.1, gap_between="gender"),
            "upper bound of gap between segments of gender in recall[positive]",
        ),
        (Requirement("failure_rate", "estimate", most=0.1), "failure rate"),
    ],
)
def test_what_a_target_is_on_in_words(requirement: Requirement, said: str) -> None:
    assert requirement.subject == said


def problems_of(*items: object, path: str = "require") -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        parse_requirements(items, path=path)
    return {where.removeprefix(f"{path}."): what for where, what in caught.value.problems}


def test_all_problems_come_at_once() -> None:
    found = problems_of(
        "recall",
        {"metric": 3, "min": "0.5"},
        {"metric": RECALL, "bound": "lowest", "max": float("nan")},
        {"metric": RECALL},
        {"metric": RECALL, "min": 0.6, "max": 0.5},
        {"metric": RECALL, "min": True, "min_rounds": 0, "boundary": "lower"},
        {"metric": RECALL, "statistic": "sd", "min": 0.1},
        path="plans.forward.require",
    )
    assert sorted(found) == sorted(
        [
            "0",
            "1.metric",
            "1.min",
            "2.bound",
            "2.max",
            "3",
            "4",
            "5.min",
            "5.min_rounds",
            "5.boundary",
            "6.statistic",
        ]
    )
    assert found["5.boundary"] == "unknown key, did you mean 'bound'?"
    assert found["4"] == "'min' 0.6 is above 'max' 0.5"


@pytest.mark.parametrize(
    ("item", "where", "says"),
    [
        ({"bound": "lower", "statistic": "gap", "min": 0}, "0", "'statistic' does not go with"),
        ({"statistic": "fold_sd", "aggregate": "pooled", "max": 1}, "0", "it is of the rounds"),
        ({"segment": {"a": "b"}, "aggregate": "rounds", "min": 0}, "0", "'segment' does not go"),
        ({"segment": {"a": "b", "c": "d"}, "min": 0}, "0.segment", "one column and one of its"),
        ({"segment": "a", "min": 0}, "0.segment", "{column: value}"),
        ({"segment": {"a": True}, "min": 0}, "0.segment.a", "quotation marks"),
        ({"segment": {"a": None}, "min": 0}, "0.segment", "{column: value}"),
        ({"gap_between": "a", "min": 0.1, "max": 0.2}, "0", "'gap_between' does not go with 'min'"),
        ({"gap_between": "a"}, "0", "needs 'max'"),
        ({"gap_between": ["a"], "max": 0.1}, "0.gap_between", "must be a column"),
        ({"no_worse_than": "a", "min": 0.5}, "0", "'no_worse_than' does not go with 'min'"),
        ({"no_worse_than": "a", "segment": {"b": "c"}}, "0", "does not go with 'segment'"),
        ({"no_worse_than": 3}, "0.no_worse_than", "folder of a stored cross-validation"),
        ({"no_worse_than": "a", "margin": -0.1}, "0.margin", "must not be negative"),
        ({"no_worse_than": "a", "confidence": 0.4}, "0.confidence", "between 0.5 and 1"),
        ({"no_worse_than": "a", "confidence": 1}, "0.confidence", "between 0.5 and 1"),
        ({"min": 0.5, "margin": 0.1}, "0.margin", "is for 'no_worse_than' only"),
        ({"min": 0.5, "aggregate": "mean"}, "0.aggregate", "one of rounds, pooled"),
        ({"min": 0.5, "aggregate": "pooled", "min_rounds": 3}, "0.min_rounds", "mean over rounds"),
        ({"min": 0.5, "min_rounds": 2.5}, "0.min_rounds", "whole number"),
    ],
)
def test_what_does_not_go_together(item: dict[str, object], where: str, says: str) -> None:
    found = problems_of({"metric": RECALL, **item})
    assert list(found) == [where]
    assert says in found[where]


def test_the_failure_rate_takes_a_maximum_alone() -> None:
    assert "takes 'max' alone" in problems_of({"metric": "failure_rate", "min": 0.1})["0"]
