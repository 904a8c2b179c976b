from __future__ import annotations

import numpy as np
import pytest

from fold_guard.errors import InfeasibleError
from fold_guard.partition.rounds import Round, Rounds
from fold_guard.splitters.base import positions


def without_train(bad: int) -> Rounds:
    """Rounds of two rows, of which one has nothing to train on."""
    return Rounds(
        range(10**30), lambda at: Round(at, np.array([at != bad, False]), np.array([False, True]))
    )


def test_one_of_the_first_thousand_rounds_is_refused_before_any_is_yielded() -> None:
    with pytest.raises(InfeasibleError, match="round 999 has no train row left"):
        next(positions(without_train(999)))


def test_a_later_round_is_refused_in_its_turn() -> None:
    pairs = positions(without_train(1000))
    for _ in range(1000):
        train, test = next(pairs)
        assert (train.tolist(), test.tolist()) == ([0], [1])
    with pytest.raises(InfeasibleError, match="round 1000 has no train row left"):
        next(pairs)
