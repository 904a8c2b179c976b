from __future__ import annotations

import pytest

from fold_guard.crossval.runs.one_crew import one_crew
from fold_guard.engines.local import LocalEngine


def test_a_crew_that_dies_with_this_process_is_not_lent_where_one_is_to_outlive_it() -> None:
    with one_crew(LocalEngine()) as engine:
        with engine.crew(abs, rounds=2) as here:
            pass
        with engine.crew(abs, rounds=1, isolated=True) as beside:
            assert beside is not here
            assert beside.isolated
        with engine.crew(abs, rounds=1) as again:
            assert again is beside


def test_a_crew_that_was_left_in_the_middle_is_not_lent_again() -> None:
    with one_crew(LocalEngine()) as engine:
        with pytest.raises(KeyboardInterrupt), engine.crew(abs, rounds=2) as first:
            raise KeyboardInterrupt
        with engine.crew(abs, rounds=2) as second:
            assert second is not first


def test_two_at_once_are_two() -> None:
    with (
        one_crew(LocalEngine()) as engine,
        engine.crew(abs, rounds=2) as one,
        engine.crew(abs, rounds=2) as other,
    ):
        assert one is not other
