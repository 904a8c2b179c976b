from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fold_guard.crossval.result import Concern
from fold_guard.crossval.runs.budget import Budget
from fold_guard.crossval.runs.recheck import recheck
from fold_guard.crossval.runs.running import run_rounds
from fold_guard.crossval.runs.work import Work
from tests.crossval.runs.models import ByRow, leave_one_out

CALLS = itertools.count()


class Counts(ByRow):
    """Draws from no generator that could be seeded."""

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Any:
        super().fit(X, y)
        self.noise_ = next(CALLS) * 0.1
        return self


class Forgets(ByRow):
    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Any:
        if next(CALLS) > 1000:
            raise ValueError("not again")
        return super().fit(X, y)


def rechecked(work: Work, positions: list[int]) -> tuple[Concern, ...]:
    run = run_rounds(work)
    if isinstance(work.estimator, Forgets):
        for _ in range(1100):
            next(CALLS)
    found = recheck(work, run.played, positions)
    assert not found.incomplete
    return found.concerns


def test_seeded_estimators_agree_with_themselves() -> None:
    work = leave_one_out(ByRow(), 8, seed=3)
    assert work.open_seeds == ("random_state",)
    assert rechecked(work, [0, 4, 7]) == ()
    assert rechecked(work, []) == ()


def test_an_estimator_that_is_not_deterministic_is_named() -> None:
    [concern] = rechecked(leave_one_out(Counts(), 6), [1, 5])
    assert concern.name == "not_deterministic"
    assert not concern.blocking
    assert "round 1 gave other probabilities the second time (by up to 0." in concern.message
    assert "round 5" in concern.message
    assert "round 0" not in concern.message


def test_a_round_that_fails_the_second_time() -> None:
    [concern] = rechecked(leave_one_out(Forgets(), 4), [2])
    assert "it failed: round 2 (ValueError: not again)" in concern.message
    assert (concern.name, concern.blocking) == ("not_rechecked", True)


class Naps(ByRow):
    def fit(self, X: pd.DataFrame, y: np.ndarray) -> Any:
        time.sleep(0.3)
        return super().fit(X, y)


@pytest.mark.parametrize(("spent", "played"), [(0.0, 1), (9.0, 0)])
def test_no_round_is_played_again_once_the_budget_is_used_up(spent: float, played: int) -> None:
    work = leave_one_out(Naps(), 4)
    run = run_rounds(work)
    budget = Budget(seconds=0.2)
    found = recheck(work, run.played, [0, 1, 3], budget=budget, spent=spent)
    assert found.concerns == ()
    assert found.incomplete == (
        f"{played} of 3 rounds were played again when it stopped: budget.seconds 0.2 is used up"
    )


def test_a_round_that_outlasts_the_budget_was_begun_in_time() -> None:
    work = leave_one_out(Naps(), 4)
    run = run_rounds(work)
    found = recheck(work, run.played, [2], budget=Budget(seconds=0.2))
    assert (found.concerns, found.incomplete) == ((), "")
