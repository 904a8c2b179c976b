from __future__ import annotations

from typing import Any

import pytest

from fold_guard.crossval.design import Design
from fold_guard.crossval.requirements.possible import require_possible
from fold_guard.crossval.requirements.requirement import Requirement
from fold_guard.crossval.result import Task
from fold_guard.errors import ConfigError

FOLDS = Design(rounds_a_repeat=5)
LONE = Design(single_rows=True, rounds_a_repeat=100)
DRAWN = Design(retested=True)
BLOCKS = Design(retested=True, no_interval="choices of blocks in time")
SEGMENTS = {"gender": {"F", "M"}, "site": {"one"}}


def problems(
    requirement: Requirement,
    design: Design = FOLDS,
    task: Task = "classification",
    **others: Any,
) -> list[tuple[str, str]]:
    classes = ["no", "yes"] if task == "classification" else []
    segments = others.pop("segments", SEGMENTS)
    try:
        require_possible([requirement], task, classes, design, segments, **others)
    except ConfigError as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize(
    ("requirement", "design", "task"),
    [
        (Requirement("recall[yes]", "lower", 0.5), FOLDS, "classification"),
        (Requirement("roc_auc", "lower", 0.5), FOLDS, "classification"),
        (Requirement("roc_auc", "lower", 0.5), DRAWN, "classification"),
        (Requirement("roc_auc", "estimate", 0.5), BLOCKS, "classification"),
        (Requirement("log_loss", "upper", most=0.5), LONE, "classification"),
        (Requirement("accuracy", "gap", most=0.5), LONE, "classification"),
        (Requirement("calibration_error", "estimate", most=0.1), FOLDS, "classification"),
        (Requirement("accuracy", "lower", 0.5, segment=("gender", "F")), FOLDS, "classification"),
        (Requirement("accuracy", "upper", most=0.1, gap_between="gender"), LONE, "classification"),
        (Requirement("roc_auc", "estimate", no_worse_than="kept"), FOLDS, "classification"),
        (Requirement("accuracy", "estimate", no_worse_than="kept"), LONE, "classification"),
        (Requirement("max_error", "lower", 0.5), FOLDS, "regression"),
        (Requirement("r2", "lower", 0.5), LONE, "regression"),
        (Requirement("failure_rate", "estimate", most=0.1), LONE, "regression"),
    ],
)
def test_what_may_be_asked_for(requirement: Requirement, design: Design, task: Task) -> None:
    assert problems(requirement, design, task) == []


@pytest.mark.parametrize(
    ("requirement", "design", "where", "says"),
    [
        (Requirement("acuracy", "estimate", 0.5), FOLDS, "metric", "Did you mean 'accuracy'"),
        (Requirement("recall", "estimate", 0.5), FOLDS, "metric", "recall[<class>]"),
        (Requirement("recall[yse]", "lower", 0.5), FOLDS, "metric", "Did you mean 'recall[yes]'"),
        (Requirement("mse", "estimate", most=1.0), FOLDS, "metric", "is for regression"),
        (Requirement("roc_auc", "lower", 0.5), LONE, "metric", "Ask for log_loss or brier"),
        (Requirement("roc_auc[yes]", "lower", 0.5), LONE, "metric", "0.37, not 0.5"),
        (
            Requirement("roc_auc", "lower", 0.5, aggregate="pooled"),
            FOLDS,
            "metric",
            "or for aggregate: rounds",
        ),
        (
            Requirement("roc_auc", "lower", 0.5, segment=("gender", "F")),
            FOLDS,
            "metric",
            "Ask for log_loss or brier in its place",
        ),
        (Requirement("accuracy", "fold_sd", most=0.1), LONE, "statistic", "some test one row"),
        (Requirement("accuracy", "lower", 0.5, aggregate="rounds"), LONE, "aggregate", "pooled"),
        (Requirement("accuracy", "lower", 0.5, 1, 3), LONE, "min_rounds", "some test one row"),
        (
            Requirement("calibration_error", "estimate", most=0.1, aggregate="rounds"),
            FOLDS,
            "metric",
            "Ask for aggregate: pooled",
        ),
        (
            Requirement("calibration_error", "upper", most=0.1),
            FOLDS,
            "bound",
            "has no interval, pooled",
        ),
        (
            Requirement("calibration_error", "estimate", no_worse_than="kept"),
            FOLDS,
            "no_worse_than",
            "Compare another metric",
        ),
        (
            Requirement("accuracy", "lower", 0.5, aggregate="pooled"),
            DRAWN,
            "aggregate",
            "tested unequally often",
        ),
        (
            Requirement("accuracy", "upper", most=0.5, gap_between="gender"),
            DRAWN,
            "metric",
            "Take another strategy",
        ),
        (Requirement("roc_auc", "lower", 0.5), BLOCKS, "bound", "choices of blocks in time"),
        (
            Requirement("accuracy", "estimate", no_worse_than="kept"),
            BLOCKS,
            "no_worse_than",
            "Take another strategy",
        ),
        (
            Requirement("accuracy", "estimate", no_worse_than="kept"),
            Design(no_interval="one test set was drawn", rounds_a_repeat=1),
            "no_worse_than",
            "Ask for aggregate: pooled",
        ),
        (
            Requirement("accuracy", "lower", 0.5, segment=("gendr", "F")),
            FOLDS,
            "segment",
            "Did you mean 'gender'",
        ),
        (
            Requirement("accuracy", "lower", 0.5, segment=("gender", "W")),
            FOLDS,
            "segment.gender",
            "no row has the value 'W'",
        ),
        (
            Requirement("accuracy", "upper", most=0.5, gap_between="site"),
            FOLDS,
            "gap_between",
            "one value only",
        ),
    ],
)
def test_what_cannot_be_met_is_said_with_what_to_ask_for(
    requirement: Requirement, design: Design, where: str, says: str
) -> None:
    [(path, message)] = problems(requirement, design)
    assert path == f"require.0.{where}"
    assert says in message


@pytest.mark.parametrize(
    ("requirement", "key", "says"),
    [
        (Requirement("accuracy", "estimate", 2.0), "min", "accuracy is 1 at most: no training"),
        (Requirement("accuracy", "lower", 1.01), "min", "lower bound of accuracy is 1 at most"),
        (Requirement("accuracy", "estimate", most=-0.1), "max", "is 0 at least: no training"),
        (Requirement("accuracy", "estimate", 0.0), "min", "asks for nothing"),
        (Requirement("accuracy", "upper", most=1.0), "max", "asks for nothing"),
        (Requirement("accuracy", "estimate", -1.0, 3.0), "max", "asks for nothing"),
        (Requirement("recall[yes]", "lower", 2.0, segment=("gender", "F")), "min", "1 at most"),
        (Requirement("matthews_corrcoef", "estimate", -1.0), "min", "-1 at least"),
        (Requirement("log_loss", "upper", most=-1e-9), "max", "0 at least"),
        (Requirement("brier", "estimate", most=2.0), "max", "2 at most"),
        (Requirement("accuracy", "gap", most=1.0), "max", "train-validation gap of accuracy"),
        (Requirement("accuracy", "gap", -1.0), "min", "asks for nothing"),
        (Requirement("accuracy", "fold_sd", most=0.8), "max", "0.707107 at most"),
        (Requirement("accuracy", "fold_sd", most=-0.1), "max", "no training comes down"),
        (Requirement("accuracy", "estimate", most=1.0, gap_between="gender"), "max", "nothing"),
        (Requirement("accuracy", "upper", most=-0.1, gap_between="gender"), "max", "0 at least"),
        (Requirement("failure_rate", "estimate", most=5.0), "max", "failure rate is 1 at most"),
        (Requirement("failure_rate", "estimate", most=1.0), "max", "asks for nothing"),
        (Requirement("failure_rate", "estimate", most=-1.0), "max", "failure rate is 0 at least"),
        (
            Requirement("accuracy", "estimate", no_worse_than="kept", margin=1.0),
            "margin",
            "every model is within this margin",
        ),
    ],
)
def test_what_the_range_of_a_metric_decides_is_no_target(
    requirement: Requirement, key: str, says: str
) -> None:
    [(path, message)] = problems(requirement)
    assert path == f"require.0.{key}"
    assert says in message


@pytest.mark.parametrize(
    ("requirement", "task"),
    [
        (Requirement("accuracy", "estimate", 1.0), "classification"),
        (Requirement("accuracy", "estimate", 0.0, 0.9), "classification"),
        (Requirement("log_loss", "estimate", most=0.0), "classification"),
        (Requirement("log_loss", "estimate", most=50.0), "classification"),
        (Requirement("accuracy", "gap", -0.2, 0.0), "classification"),
        (Requirement("accuracy", "fold_sd", most=0.7), "classification"),
        # The interval of a difference is not cut.
        (Requirement("accuracy", "upper", most=1.0, gap_between="gender"), "classification"),
        (Requirement("accuracy", "lower", most=-0.1, gap_between="gender"), "classification"),
        (Requirement("failure_rate", "estimate", most=0.0), "classification"),
        (Requirement("accuracy", "estimate", no_worse_than="k", margin=0.9), "classification"),
        (Requirement("r2", "estimate", -100.0), "regression"),
        (Requirement("r2", "gap", most=100.0), "regression"),
        (Requirement("mae", "estimate", most=1e9), "regression"),
        (Requirement("mse", "estimate", no_worse_than="kept", margin=1e9), "regression"),
    ],
)
def test_what_training_decides_is_a_target(requirement: Requirement, task: Task) -> None:
    assert problems(requirement, task=task) == []


def test_regression_has_its_own_names() -> None:
    [(_, message)] = problems(Requirement("accuracy", "lower", 0.5), task="regression")
    assert message == "accuracy is for classification, where the label is a class"
    [(_, message)] = problems(Requirement("pearson", "lower", 0.5), LONE, "regression")
    assert "Ask for r2 or mae in its place" in message


def test_probabilities_that_the_estimator_does_not_give() -> None:
    target = Requirement("brier", "upper", most=0.5)
    assert problems(target) == problems(target, probabilities=True) == []
    [(path, message)] = problems(target, probabilities=False)
    assert path == "require.0.metric"
    assert "predict_proba" in message
    assert problems(Requirement("accuracy", "lower", 0.5), probabilities=False) == []


def test_no_segments_at_all_names_the_key_of_params() -> None:
    target = Requirement("accuracy", "lower", 0.5, segment=("gender", "F"))
    [(_, message)] = problems(target, segments={})
    assert "name it in data.roles.segments" in message


def test_all_problems_come_at_once_with_their_places() -> None:
    targets = [
        Requirement("accuracy", "lower", 0.5),
        Requirement("acuracy", "lower", 0.5),
        Requirement("roc_auc", "lower", 0.5, segment=("ward", "x")),
    ]
    with pytest.raises(ConfigError) as caught:
        require_possible(
            targets, "classification", ["no", "yes"], FOLDS, SEGMENTS, path="plans.a.require"
        )
    assert [path for path, _ in caught.value.problems] == [
        "plans.a.require.1.metric",
        "plans.a.require.2.segment",
        "plans.a.require.2.metric",
    ]
