"""Kill a run again and again; then let it end. Run as a script: it forks, which a test must not.

Arguments: folder, number of jobs, number of kills, seed. Writes what came out as JSON. Workers are
forked, too: all is imported here once, and not in every worker of every run.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import stat
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from fold_guard.crossval.runs.journal import Journal
from fold_guard.crossval.runs.running import Run, run_rounds
from fold_guard.engines import processes
from fold_guard.engines.local import LocalEngine
from fold_guard.engines.worker import serve
from tests.crossval.runs.models import ByRow, digest, fits, leave_one_out

ROWS = 50


def run(folder: Path, n_jobs: int) -> Run:
    model = ByRow({4: "raise", 9: "warn"}, log=str(folder / "log"), seconds=0.01)
    work = leave_one_out(model, ROWS, seed=5, train_scored=range(ROWS))
    return run_rounds(work, engine=LocalEngine(n_jobs), journal=Journal(folder / "j.sqlite", "k"))


def recorded(folder: Path) -> set[int]:
    """Positions in the journal; a copy is read, so that the recovery is left to the next run."""
    if not (folder / "j.sqlite").exists():
        return set()
    with tempfile.TemporaryDirectory() as copies:
        for path in folder.glob("j.sqlite*"):
            shutil.copy(path, copies)
        connection = sqlite3.connect(Path(copies) / "j.sqlite")
        try:
            return {row for (row,) in connection.execute("SELECT position FROM rounds")}
        except sqlite3.OperationalError:
            return set()  # killed before the tables were there
        finally:
            connection.close()


def forked(theirs: Any) -> Any:
    process = multiprocessing.get_context("fork").Process(target=serve_alone, args=(theirs,))
    process.start()
    return process


def serve_alone(theirs: Any) -> None:
    """Serve with one's own end of one's own pipe alone, as a process does that was not forked."""
    for number in range(3, 256):
        with suppress(OSError):
            if number != theirs.fileno() and stat.S_ISSOCK(os.fstat(number).st_mode):
                os.close(number)
    serve(theirs)


def orphans(folder: Path) -> int:
    """Return how many processes of this script are left, given a moment to notice."""
    left = [
        each
        for each in psutil.process_iter()
        if each.pid != os.getpid() and str(folder) in _command(each)
    ]
    return len(psutil.wait_procs(left, timeout=5)[1])


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def main(folder: Path, n_jobs: int, kills: int, seed: int) -> None:
    processes.started = forked
    rng = random.Random(seed)
    killed, repeated, known = 0, 0, []
    while killed < kills:
        before, had = recorded(folder), len(fits(folder / "log"))
        child = os.fork()
        if child == 0:
            os.setsid()
            try:
                run(folder, n_jobs)
            finally:
                os._exit(0)
        wanted, pause = had + rng.randint(0, 4), rng.random() * 0.02
        while (
            len(fits(folder / "log")) < wanted
            and os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
        ):
            time.sleep(0.001)
        time.sleep(pause)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        if not os.WIFSIGNALED(status):
            raise SystemExit("the run ended before it could be killed")
        time.sleep(0.05)  # workers notice that nobody is left
        repeated += len(before & set(fits(folder / "log")[had:]))
        known.append(len(recorded(folder)))
    before, had = recorded(folder), len(fits(folder / "log"))
    last = run(folder, n_jobs)
    repeated += len(before & set(fits(folder / "log")[had:]))
    found = {
        "digest": digest(last),
        "repeated": repeated,
        "fits": len(fits(folder / "log")),
        "known": known,
        "resumed": last.resumed,
        "orphans": orphans(folder),
    }
    (folder / "found.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *(int(each) for each in sys.argv[2:]))
