"""Workers that start within milliseconds: forked from a process that has imported all they need."""

from __future__ import annotations

import multiprocessing
from typing import Any

import pytest

from fold_guard.engines import processes
from fold_guard.engines.worker import serve


@pytest.fixture
def quick_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fold_guard.engines.worker", "tests.crossval.runs.models"])

    def started(theirs: Any) -> Any:
        process = context.Process(target=serve, args=(theirs,))
        process.start()
        return process

    monkeypatch.setattr(processes, "started", started)
