from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from fold_guard.crossval.runs.journal import Journal
from fold_guard.crossval.runs.running import run_rounds
from fold_guard.engines.local import LocalEngine
from tests.crossval.runs.killed import ROWS
from tests.crossval.runs.models import ByRow, digest, failed, fits, leave_one_out

ROOT = Path(__file__).parents[3]
KILLS = 10


def killed(folder: Path, n_jobs: int) -> dict[str, Any]:
    arguments = [str(folder), str(n_jobs), str(KILLS), str(17 + n_jobs)]
    subprocess.run(
        [sys.executable, "-m", "tests.crossval.runs.killed", *arguments], cwd=ROOT, check=True
    )
    found: dict[str, Any] = json.loads((folder / "found.json").read_text())
    return found


def undisturbed(folder: Path) -> str:
    model = ByRow({4: "raise", 9: "warn"}, log=str(folder / "undisturbed"), seconds=0.0)
    work = leave_one_out(model, ROWS, seed=5, train_scored=range(ROWS))
    return digest(run_rounds(work))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked and killed")
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_run_that_is_killed_ten_times_repeats_nothing_recorded(
    tmp_path: Path, n_jobs: int
) -> None:
    found = killed(tmp_path, n_jobs)
    assert found["digest"] == undisturbed(tmp_path)
    assert found["repeated"] == 0
    assert found["orphans"] == 0
    assert found["resumed"] == found["known"][-1] > 0
    # Each kill costs what was at work, and in parallel what was on its way to the journal.
    assert ROWS <= found["fits"] <= ROWS + KILLS * (1 if n_jobs == 1 else 6)
    assert found["known"] == sorted(found["known"])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGTERM")
def test_a_terminated_run_leaves_a_whole_journal_and_no_worker(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys\n"
        "from tests.crossval.runs.killed import run\n"
        "run(pathlib.Path(sys.argv[1]), 2)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT)
    until = time.monotonic() + 60
    while len(fits(tmp_path / "log")) < 6 and time.monotonic() < until:
        time.sleep(0.005)
    started = psutil.Process(process.pid).children(recursive=True)
    assert len(started) >= 2
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == -signal.SIGTERM
    _, left = psutil.wait_procs(started, timeout=10)
    assert left == []
    count = len(fits(tmp_path / "log"))
    assert 6 <= count < ROWS
    with Journal(tmp_path / "j.sqlite", "k").open() as entries:
        assert 0 < len(entries.played) <= count


def test_a_crash_of_this_process_is_isolated_by_the_next_call(tmp_path: Path) -> None:
    """n_jobs=1: the process itself dies, the suspect then runs by itself in a worker."""
    script = (
        "import pathlib, sys\n"
        "from tests.crossval.runs.test_resuming import crashing\n"
        "crashing(pathlib.Path(sys.argv[1]))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT)
    assert done.returncode == 1
    assert fits(tmp_path / "log") == [0, 1, 2, 3]
    run = crashing(tmp_path)
    assert failed(run).keys() == {3}
    assert failed(run)[3].kind == "crash"
    assert failed(run)[3].attempts == 2
    assert failed(run)[3].error == "its process ended with exit code 1"
    assert fits(tmp_path / "log") == [0, 1, 2, 3, *range(4, 12), 3]
    assert run.resumed == 3
    assert not run.incomplete


def crashing(folder: Path) -> Any:
    model = ByRow({3: "exit"}, log=str(folder / "log"))
    journal = Journal(folder / "j.sqlite", "k")
    return run_rounds(leave_one_out(model, 12), engine=LocalEngine(1), journal=journal)


def test_an_engine_without_processes_tries_a_suspect_last_and_then_gives_it_up(
    tmp_path: Path,
) -> None:
    journal = Journal(tmp_path / "j.sqlite", "k")
    work = leave_one_out(ByRow(log=str(tmp_path / "log")), 5)
    for _ in range(2):
        with journal.open() as entries:
            entries.begin(2)
            entries._connection.close()  # as if the process were gone here
    run = run_rounds(work, journal=journal)
    assert fits(tmp_path / "log") == [0, 1, 3, 4]
    assert failed(run)[2].error == "the process died"
    # The run has ended: who calls again has mended something.
    again = run_rounds(work, journal=journal)
    assert (again.resumed, again.failures) == (4, ())
    assert fits(tmp_path / "log") == [0, 1, 3, 4, 2]


def test_an_interrupt_clears_the_suspicion(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.sqlite", "k")
    model = ByRow({2: "interrupt"}, log=str(tmp_path / "log"))
    with pytest.raises(KeyboardInterrupt):
        run_rounds(leave_one_out(model, 5), journal=journal)
    with journal.open() as entries:
        assert sorted(entries.played) == [0, 1]
        assert entries.deaths == {}
