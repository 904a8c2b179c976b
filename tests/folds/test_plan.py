from __future__ import annotations

from typing import Any

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
