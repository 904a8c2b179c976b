from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fold_guard.crossval.result import Failure
from fold_guard.crossval.runs import running
from fold_guard.crossval.runs.budget import Budget
from fold_guard.crossval.runs.journal import Journal
from fold_guard.crossval.runs.running import run_rounds
from fold_guard.engines.local import LocalEngine
from fold_guard.errors import FoldGuardError
from tests.crossval.runs.models import ByRow, digest, failed, fits, leave_one_out

ROOT = Path(__file__).parents[2]
TWO = LocalEngine(2)


def workers() -> list[psutil.Process]:
    """Processes that work for this one, those that track resources or fork others apart."""
    started = psutil.Process().children(recursive=True)
    forks = [each for each in started if "forkserver" in " ".join(each.cmdline())]
    mother = {min(forks, key=lambda each: each.create_time())} if forks else set()
    loky = [each for each in started if "popen_loky" in " ".join(each.cmdline())]
    return [each for each in (*loky, *forks) if each not in mother]


@pytest.mark.usefixtures("quick_workers")
def test_crashes_are_isolated_to_the_sample_that_caused_them(tmp_path: Path) -> None:
    log = tmp_path / "log"
    acts = {
        3: "exit",
        5: "segfault",
        7: "raise",
        9: "memory, twice",
        11: "exit, once",
        13: "leave",
    }
    work = leave_one_out(ByRow(acts, log=str(log)), 24, train_scored=range(24))
    seen: list[tuple[int, int]] = []
    journal = Journal(tmp_path / "j.sqlite", "k")
    run = run_rounds(work, engine=TWO, journal=journal, on_progress=lambda *done: seen.append(done))
    assert run.failures == (
        Failure(3, "crash", "its process ended with exit code 1", 2),
        Failure(5, "crash", "its process died of SIGSEGV", 2),
        Failure(7, "exception", "ValueError: matrix of row 7 is singular", 1),
        Failure(13, "exception", "SystemExit: 3", 1),
    )
    assert run.incomplete == ""
    assert seen[-1] == (24, 24)
    # Nothing but what failed is played twice.
    count = {row: fits(log).count(row) for row in range(24)}
    assert count == dict.fromkeys(range(24), 1) | {3: 2, 5: 2, 9: 3, 11: 2}
    assert workers() == []
    # The rest is what it is without any trouble.
    calm = run_rounds(leave_one_out(ByRow(), 24, train_scored=range(24)))
    for position, played in run.played.items():
        assert played.predicted.tobytes() == calm.played[position].predicted.tobytes()
        assert played.train == calm.played[position].train
    with journal.open() as entries:
        assert entries.failures.keys() == {3, 5, 7, 13}


@pytest.mark.usefixtures("quick_workers")
def test_results_do_not_depend_on_the_number_of_processes() -> None:
    forest = make_pipeline(StandardScaler(), RandomForestClassifier(n_estimators=3))
    for model in (forest, ByRow({3: "raise", 4: "warn"})):
        work = leave_one_out(model, 12, seed=9, train_scored={1, 2})
        assert digest(run_rounds(work)) == digest(run_rounds(work, engine=TWO))
        assert digest(run_rounds(work)) != digest(
            run_rounds(leave_one_out(model, 12, seed=8, train_scored={1, 2}))
        )


@pytest.mark.usefixtures("quick_workers")
def test_a_round_that_hangs_is_ended() -> None:
    work = leave_one_out(ByRow({2: "hang"}), 5)
    begun = time.monotonic()
    run = run_rounds(work, engine=LocalEngine(1), budget=Budget(round_seconds=1.5))
    assert failed(run)[2] == Failure(
        2, "crash", "it took longer than budget.round_seconds (1.5 s)", 2
    )
    assert list(run.played) == [0, 1, 3, 4]
    assert time.monotonic() - begun < 60


@pytest.mark.usefixtures("quick_workers")
def test_over_the_budget_of_seconds_what_is_begun_is_ended_in_order(tmp_path: Path) -> None:
    log = tmp_path / "log"
    work = leave_one_out(ByRow(seconds=0.2, log=str(log)), 200)
    journal = Journal(tmp_path / "j.sqlite", "k")
    run = run_rounds(work, engine=TWO, journal=journal, budget=Budget(seconds=2))
    done = len(run.played)
    assert 0 < done < 22
    assert run.incomplete == f"stopped after {done} of 200 rounds: budget.seconds 2 is used up"
    assert sorted(fits(log)) == sorted(run.played)
    with journal.open() as entries:
        assert entries.played.keys() == run.played.keys()
    assert workers() == []


@pytest.mark.usefixtures("quick_workers")
def test_workers_far_beyond_the_budget_of_memory_are_ended() -> None:
    bound = sum(running.memory_held()) + 300_000_000
    work = leave_one_out(ByRow({1: "grow and hang"}), 4)
    begun = time.monotonic()
    run = run_rounds(work, engine=LocalEngine(1), budget=Budget(memory=bound, round_seconds=300))
    assert "budget.memory" in run.incomplete
    # Ended for want of memory: nobody says that the round is to blame.
    assert run.failures == ()
    assert set(run.played) <= {0}
    assert time.monotonic() - begun < 60
    assert workers() == []


@pytest.mark.usefixtures("quick_workers")
def test_an_interrupt_ends_the_workers_and_keeps_what_is_recorded(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.sqlite", "k")

    def interrupt(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_rounds(
            leave_one_out(ByRow(seconds=0.05), 40),
            engine=TWO,
            journal=journal,
            on_progress=interrupt,
        )
    assert workers() == []
    with journal.open() as entries:
        assert len(entries.played) == 4


def test_an_estimator_of_a_script_without_a_guard(tmp_path: Path) -> None:
    """What is defined in the main module is sent by value, and the script runs once."""
    script = tmp_path / "script.py"
    script.write_text(
        "from fold_guard.crossval.runs.running import run_rounds\n"
        "from fold_guard.engines.local import LocalEngine\n"
        "from tests.crossval.runs.models import ByRow, digest, leave_one_out\n"
        "class Mine(ByRow):\n"
        "    def predict(self, X):\n"
        "        print('from a worker')\n"
        "        return super().predict(X)\n"
        "work = leave_one_out(Mine(random_state=None), 8, seed=2**64 - 1)\n"
        "run = run_rounds(work, engine=LocalEngine(2))\n"
        "print(len(run.played), run.failures, digest(run))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    # Standard output belongs to the report.
    here = digest(run_rounds(leave_one_out(ByRow(), 8, seed=2**64 - 1)))
    assert done.stdout == f"8 () {here}\n"
    assert done.stderr.count("from a worker") == 8


@pytest.mark.usefixtures("quick_workers")
def test_work_that_no_worker_can_take_up() -> None:
    class Stuck:
        def __reduce__(self) -> Any:
            return int, ("no number",)

    work = leave_one_out(ByRow(), 4)
    work.seed = Stuck()  # type: ignore[assignment]
    with pytest.raises(FoldGuardError, match="cannot take up the work"):
        run_rounds(work, engine=LocalEngine(1), budget=Budget(round_seconds=60))
    assert workers() == []


@pytest.mark.usefixtures("quick_workers")
def test_workers_that_do_not_start() -> None:
    class Deadly:
        def __reduce__(self) -> Any:
            return os._exit, (5,)

    work = leave_one_out(ByRow(), 4)
    work.seed = Deadly()  # type: ignore[assignment]
    with pytest.raises(FoldGuardError, match="do not start: its process ended with exit code 5"):
        run_rounds(work, engine=LocalEngine(1), budget=Budget(round_seconds=60))
    assert workers() == []


def test_what_fits_have_started_does_not_outlive_the_run(tmp_path: Path) -> None:
    log = tmp_path / "fits"
    model = ByRow({0: "start", 2: "start and exit"}, str(log))
    run = run_rounds(leave_one_out(model, 4), engine=LocalEngine(1, isolated=True))
    assert set(failed(run)) == {2}
    pids = [int(line) for line in Path(f"{log}.started").read_text().split()]
    assert len(pids) == 3  # row 2 was tried twice
    limit = time.monotonic() + 10
    while any(map(alive, pids)) and time.monotonic() < limit:
        time.sleep(0.05)
    assert not any(map(alive, pids))


def alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_an_interrupt_that_an_estimator_raises_is_a_failure_of_its_round() -> None:
    model = ByRow({3: "interrupt"})
    run = run_rounds(leave_one_out(model, 5), engine=LocalEngine(1, isolated=True))
    assert failed(run) == {3: Failure(3, "exception", "KeyboardInterrupt: enough", 1)}
