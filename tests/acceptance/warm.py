"""A process that has imported what commands import, and forks for each that it is asked to run.

Importing is most of what a command on a small table costs. A fork has streams, a folder and an
environment of its own and ends as the program does. Requests are lines of JSON on standard input;
the exit codes come back as lines.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, NoReturn

# Of libraries, those of a scorer; none that reads the environment when it is imported.
PRELOADED = (
    "pandas",
    "polars",
    "pyarrow.parquet",
    "scipy.stats",
    "sklearn.dummy",
    "sklearn.linear_model",
    "sklearn.metrics",
    "sklearn.model_selection",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "fold_guard.cli.main",
    "fold_guard.crossval.guard",
    "fold_guard.evidence.dossier",
    "fold_guard.reports.html",
    "fold_guard.stages.check",
    "fold_guard.stages.cv",
    "fold_guard.stages.fold",
    "fold_guard.stages.follow_up",
    "fold_guard.stages.gate",
    "fold_guard.stages.report",
    "fold_guard.stages.verify",
)


def become(request: dict[str, Any]) -> None:
    """Take the place of a process that was started for this command."""
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = request["argv"]
    # The folder of the program, then PYTHONPATH: as the interpreter sets it up for a script.
    sys.path[:1] = [str(Path(sys.argv[0]).parent), *request["env"]["PYTHONPATH"].split(os.pathsep)]
    for number, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, request["stdout"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, request["stderr"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    import numpy as np

    np.random.seed()
    signal.alarm(300)


def run() -> int:
    from fold_guard.cli import main

    try:
        main()
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def end(code: int) -> NoReturn:
    """End as the interpreter does, but for taking apart every module that was imported."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve() -> None:
    for name in PRELOADED:
        importlib.import_module(name)
    # A fork that collects garbage would copy every page of what was imported.
    gc.collect()
    gc.freeze()
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            become(request)
            end(run())
        _, status = os.waitpid(child, 0)
        os.write(1, b"%d\n" % os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    serve()
