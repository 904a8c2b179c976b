from __future__ import annotations

import pytest

from fold_guard.engines.local import LocalEngine
from fold_guard.errors import UsageError


@pytest.mark.parametrize("n_jobs", [0, -2, 1.5, True, "2"])
def test_meaningless_numbers_of_jobs(n_jobs: object) -> None:
    with pytest.raises(UsageError, match="n_jobs"):
        LocalEngine(n_jobs)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("n_jobs", "options", "size", "isolated"),
    [
        (1, {}, 1, False),
        (1, {"isolated": True}, 1, True),
        (1, {"round_seconds": 1.0}, 1, True),
        (3, {}, 3, True),
        (9, {"rounds": 2}, 2, True),
    ],
)
def test_processes_are_used_where_they_are_needed(
    n_jobs: int, options: dict[str, object], size: int, isolated: bool
) -> None:
    given: dict[str, object] = {"rounds": 5} | options
    with LocalEngine(n_jobs).crew(abs, **given) as crew:  # type: ignore[arg-type]
        assert (crew.size, crew.isolated) == (size, isolated)


def test_one_process_may_be_isolated_for_good() -> None:
    with LocalEngine(1, isolated=True).crew(abs, rounds=5) as crew:
        assert (crew.size, crew.isolated) == (1, True)


def test_a_player_that_cannot_be_sent(caplog: pytest.LogCaptureFixture) -> None:
    class Unsendable:
        def __call__(self, position: int) -> object:
            return position

        def __reduce__(self) -> str:
            raise TypeError("holds a lock")

    with (
        pytest.raises(UsageError, match=r"cannot be sent to a process \(TypeError: holds a lock"),
        LocalEngine(2).crew(Unsendable(), rounds=2),  # type: ignore[arg-type]
    ):
        pass
    # A suspect has to be played somewhere.
    with LocalEngine(1).crew(Unsendable(), rounds=1, isolated=True) as crew:  # type: ignore[arg-type]
        assert not crew.isolated
    assert "it is fitted in this one" in caplog.text
