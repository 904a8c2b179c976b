from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fold_guard.errors import ConfigError
from fold_guard.folds.plan import FoldPlan


@pytest.mark.parametrize(
    ("strategy", "scheme", "keeps_groups", "balances"),
    [
        ("kfold", "kfold", False, False),
        ("stratified", "kfold", False, True),
        ("group", "kfold", True, False),
        ("stratified_group", "kfold", True, True),
        ("forward", "forward", False, False),
    ],
)
def test_what_follows_from_a_strategy(
    strategy: Any, scheme: str, keeps_groups: bool, balances: bool
) -> None:
    plan = FoldPlan(strategy)
    assert (plan.scheme, plan.keeps_groups, plan.balances_classes) == (
        scheme,
        keeps_groups,
        balances,
    )


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"strategy": "stratified_groups"}, "strategy"),
        ({"n_splits": 1}, "n_splits"),
        ({"n_splits": 2.5}, "n_splits"),
        ({"n_splits": "5"}, "n_splits"),
        ({"n_splits": True}, "n_splits"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**64}, "seed"),
        ({"embargo": -0.5}, "embargo"),
        ({"embargo": float("nan")}, "embargo"),
        ({"embargo": float("inf")}, "embargo"),
        ({"rare_class": "ignore"}, "rare_class"),
        ({"oversized_group": ""}, "oversized_group"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any], path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        FoldPlan(**settings)
    [(where, message)] = caught.value.problems
    assert where == path
    assert repr(settings[path]) in message
    assert caught.value.exit_code == 2


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        FoldPlan("grup", n_splits=0, seed=-1, embargo=-1)  # type: ignore[arg-type]
    assert [where for where, _ in caught.value.problems] == [
        "strategy",
        "n_splits",
        "seed",
        "embargo",
    ]
    assert "Did you mean 'group'?" in str(caught.value)


def test_the_ends_of_the_ranges_are_allowed() -> None:
    FoldPlan(n_splits=2, seed=2**64 - 1, embargo=0)


def test_whole_numbers_of_numpy_are_whole_numbers() -> None:
    plan = FoldPlan(n_splits=np.int64(4), seed=np.uint64(7))  # type: ignore[arg-type]
    assert plan == FoldPlan(n_splits=4, seed=7)
    assert type(plan.n_splits) is int


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"rare_class": {1: "warn"}}, "names classes as text: '1' in place of 1"),
        ({"strategy": "purged", "embargo": 10**400}, "must be a number"),
        (
            {"strategy": "continuous", "n_bins": 3, "bin_edges": (1.0,)},
            "no effect beside bin_edges",
        ),
        ({"strategy": "kfold", "n_bins": 3}, "'kfold' has no n_bins"),
        ({"strategy": "forward", "n_repeats": 2}, "'forward' has no n_repeats"),
        ({"strategy": "shuffle_split", "test_size": 0.7, "train_size": 0.5}, "exceed 1"),
        ({"strategy": "purged", "embargo": 1, "embargo_rows": 2}, "name one"),
        ({"strategy": "predefined"}, "is missing"),
        ({"strategy": "combinatorial_purged", "n_test_folds": 5}, "below n_splits"),
    ],
)
def test_settings_that_do_not_go_together(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        FoldPlan(**settings)
