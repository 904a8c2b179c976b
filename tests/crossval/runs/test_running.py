from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import threadpoolctl

from fold_guard.crossval.result import Failure
from fold_guard.crossval.runs import running, work
from fold_guard.crossval.runs.budget import Budget, Estimate
from fold_guard.crossval.runs.journal import Journal
from fold_guard.crossval.runs.play import play
from fold_guard.crossval.runs.running import run_rounds
from fold_guard.errors import FoldGuardError, UsageError
from tests.crossval.runs.models import ByRow, digest, failed, fits, leave_one_out


def test_all_rounds_are_played_and_counted() -> None:
    seen: list[tuple[int, int]] = []
    todo = leave_one_out(ByRow(), 7)
    run = run_rounds(todo, on_progress=lambda *done: seen.append(done))
    assert list(run.played) == [played.index for played in run.played.values()] == list(range(7))
    assert seen == [(count, 7) for count in range(1, 8)]
    assert (run.failures, run.incomplete, run.resumed, run.notes) == ((), "", 0, ())
    for position, played in run.played.items():
        alone = play(todo, position)
        assert alone.predicted.tolist() == played.predicted.tolist()
        assert np.array_equal(alone.probabilities, played.probabilities)


def test_one_bad_sample_does_not_kill_the_run() -> None:
    run = run_rounds(leave_one_out(ByRow({2: "raise", 4: "leave"}), 6))
    assert list(run.played) == [0, 1, 3, 5]
    assert run.failures == (
        Failure(2, "exception", "ValueError: matrix of row 2 is singular", 1),
        Failure(4, "exception", "SystemExit: 3", 1),
    )
    assert run.incomplete == ""


def test_what_looks_like_infrastructure_is_tried_three_times(tmp_path: Path) -> None:
    log = tmp_path / "log"
    model = ByRow({1: "memory, twice", 3: "disk", 4: "raise"}, log=str(log))
    run = run_rounds(leave_one_out(model, 6))
    assert list(run.played) == [0, 1, 2, 5]
    assert (failed(run)[3].attempts, failed(run)[4].attempts) == (3, 1)
    assert "No space left on device" in failed(run)[3].error
    assert [fits(log).count(row) for row in range(6)] == [1, 3, 1, 3, 1, 1]


def test_a_run_without_hope_is_stopped_and_the_next_call_begins_anew(tmp_path: Path) -> None:
    log, journal = tmp_path / "log", Journal(tmp_path / "journal.sqlite", "k")
    model = ByRow(dict.fromkeys(range(40), "raise"), log=str(log))
    with pytest.raises(FoldGuardError) as caught:
        run_rounds(leave_one_out(model, 40), journal=journal)
    assert caught.value.what == (
        "ValueError: matrix of row 0 is singular. None of the first 10 rounds gave a prediction"
    )
    assert caught.value.where == "round 0"
    assert len(fits(log)) == 10
    mended = run_rounds(leave_one_out(ByRow(), 40), journal=journal)
    assert (len(mended.played), mended.resumed) == (40, 0)


def test_few_rounds_that_all_fail_are_all_tried() -> None:
    run = run_rounds(leave_one_out(ByRow(dict.fromkeys(range(5), "raise")), 5))
    assert (len(run.failures), run.incomplete) == (5, "")


def test_failures_are_recorded_and_tried_again_after_a_run_that_ended(tmp_path: Path) -> None:
    log, journal = tmp_path / "log", Journal(tmp_path / "journal.sqlite", "k")
    first = run_rounds(leave_one_out(ByRow({2: "raise"}), 5), journal=journal)
    assert failed(first).keys() == {2}
    second = run_rounds(leave_one_out(ByRow(log=str(log)), 5), journal=journal)
    assert (second.resumed, second.failures, fits(log)) == (4, (), [2])
    third = run_rounds(leave_one_out(ByRow(log=str(log)), 5), journal=journal)
    assert (third.resumed, fits(log)) == (5, [2])
    assert digest(second) == digest(third) == digest(run_rounds(leave_one_out(ByRow(), 5)))


def test_failures_of_a_run_that_was_stopped_are_kept(tmp_path: Path) -> None:
    log, journal = tmp_path / "log", Journal(tmp_path / "journal.sqlite", "k")
    todo = leave_one_out(ByRow({1: "raise", 4: "interrupt"}, log=str(log)), 6)
    with pytest.raises(KeyboardInterrupt):
        run_rounds(todo, journal=journal)
    run = run_rounds(leave_one_out(ByRow({1: "raise"}, log=str(log)), 6), journal=journal)
    assert run.resumed == 4
    assert run.failures == (Failure(1, "exception", "ValueError: matrix of row 1 is singular", 1),)
    assert fits(log) == [0, 1, 2, 3, 4, 4, 5]


def test_over_the_budget_of_seconds_it_stops_keeps_and_goes_on(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite", "k")
    todo = leave_one_out(ByRow(seconds=0.02), 40)
    run = run_rounds(todo, journal=journal, budget=Budget(seconds=0.2))
    assert 0 < len(run.played) < 11
    assert run.incomplete == (
        f"stopped after {len(run.played)} of 40 rounds: budget.seconds 0.2 is used up"
    )
    whole = run_rounds(leave_one_out(ByRow(), 40), journal=journal)
    assert (whole.resumed, whole.incomplete) == (len(run.played), "")
    assert digest(whole) == digest(run_rounds(leave_one_out(ByRow(), 40)))


def test_over_the_budget_of_memory_it_does_not_begin() -> None:
    run = run_rounds(leave_one_out(ByRow(), 5), budget=Budget(memory=1_000_000))
    assert run.incomplete.startswith("stopped after 0 of 5 rounds: budget.memory 1 MB is used up (")
    assert run.played == {}


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="exact peaks are Linux's")
def test_a_round_that_takes_more_memory_is_the_last() -> None:
    bound = sum(running.memory_held()) + 150_000_000
    run = run_rounds(leave_one_out(ByRow({3: "grow"}), 9), budget=Budget(memory=bound))
    # The memory is given back when the round ends: its peak is what counts.
    assert list(run.played) == [0, 1, 2, 3]
    assert run.played[3].facts.peak_memory - run.played[2].facts.peak_memory > 250_000_000
    assert "budget.memory" in run.incomplete


def test_the_estimate_comes_once_and_early() -> None:
    told: list[Estimate] = []
    todo = leave_one_out(ByRow(seconds=0.02), 20)
    run_rounds(todo, budget=Budget(cost_per_hour=36.0), on_estimate=told.append)
    [estimate] = told
    assert (estimate.rounds_left, estimate.jobs) == (17, 1)
    assert estimate.seconds > 17 * 0.02
    assert estimate.cost == pytest.approx(estimate.seconds * 0.01)
    told.clear()
    run_rounds(leave_one_out(ByRow(), 3), on_estimate=told.append)
    assert told == []


def test_what_the_estimate_raises_ends_the_run(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.sqlite", "k")

    def too_long(estimate: Estimate) -> None:
        raise UsageError("too long")

    with pytest.raises(UsageError, match="too long"):
        run_rounds(leave_one_out(ByRow(), 9), journal=journal, on_estimate=too_long)
    assert run_rounds(leave_one_out(ByRow(), 9), journal=journal).resumed == 3


def test_facts_of_each_round() -> None:
    run = run_rounds(leave_one_out(ByRow(seconds=0.03), 3))
    for played in run.played.values():
        facts = played.facts
        assert facts.index == played.index
        assert 0.03 <= facts.fit_seconds < facts.wall_seconds
        assert 0 < facts.cpu_seconds < 0.03 + facts.wall_seconds
        assert facts.peak_memory > 20_000_000
    assert run.wall_seconds >= 0.09


def test_a_time_limit_needs_processes() -> None:
    with pytest.raises(UsageError, match=r"budget\.round_seconds"):
        run_rounds(leave_one_out(ByRow(), 3), budget=Budget(round_seconds=1.0))


def test_what_is_dear_is_done_once_a_run_and_not_once_a_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[str] = []

    def counted(name: str, function: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            calls.append(name)
            return function(*args, **options)

        return call

    limits = counted("limits", threadpoolctl.threadpool_limits)
    monkeypatch.setattr(threadpoolctl, "threadpool_limits", limits)
    monkeypatch.setattr(work, "open_seeds", counted("seeds", work.open_seeds))
    run_rounds(leave_one_out(ByRow(), 30))
    assert sorted(calls) == ["limits", "limits", "seeds"]


def test_threads_are_held_while_it_runs() -> None:
    before = [each["num_threads"] for each in threadpoolctl.threadpool_info()]
    seen: set[int] = set()

    class Looks(ByRow):
        def fit(self, X: Any, y: Any) -> Any:
            seen.update(each["num_threads"] for each in threadpoolctl.threadpool_info())
            return super().fit(X, y)

    with threadpoolctl.threadpool_limits(2):
        run_rounds(leave_one_out(Looks(), 3))
    assert seen == {1}
    assert before == [each["num_threads"] for each in threadpoolctl.threadpool_info()]


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"seconds": 0}, "budget.seconds"),
        ({"seconds": float("nan")}, "budget.seconds"),
        ({"memory": -1}, "budget.memory"),
        ({"cost_per_hour": "3"}, "budget.cost_per_hour"),
        ({"round_seconds": True}, "budget.round_seconds"),
    ],
)
def test_meaningless_budgets(given: dict[str, Any], where: str) -> None:
    with pytest.raises(UsageError) as caught:
        Budget(**given)
    assert caught.value.where == where
