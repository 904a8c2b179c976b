"""What the benchmarks share: a race of ours against a peer, peak memory, and where rows go."""

from __future__ import annotations

import dataclasses
import gc
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from tests.benchmarks.record import Row

Work: TypeAlias = Callable[[], object]
Race: TypeAlias = Callable[..., tuple[float, float]]
Record: TypeAlias = Callable[[Row], None]

# The kernel keeps the peak of a process across exec in ru_maxrss, hence the file.
_PEAK = """
import pathlib, re, resource, sys
status = pathlib.Path("/proc/self/status")
if status.exists():
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) * 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )
print(peak / 1e6)
"""


@pytest.fixture
def record(benchmark: Any) -> Record:
    """Keep a row for docs/benchmarks.md."""
    rows = benchmark.extra_info.setdefault("rows", [])
    return lambda row: rows.append(dataclasses.asdict(row))


@pytest.fixture
def race(benchmark: Any) -> Race:
    """Run ours and the peer in turn, so that whatever else the machine does hits both."""

    def run(ours: Work, peer: Work, *, rounds: int = 5, peer_rounds: int | None = None) -> Any:
        theirs: list[float] = []
        # Whoever is called a few times only is slow enough to need no warm-up.
        if peer_rounds is None:
            peer()
        wanted = rounds if peer_rounds is None else peer_rounds

        def turn() -> None:
            if len(theirs) < wanted:
                start = time.perf_counter()
                peer()
                theirs.append(time.perf_counter() - start)
            gc.collect()

        ours()
        benchmark.pedantic(ours, setup=turn, rounds=rounds)
        return float(benchmark.stats.stats.median), statistics.median(theirs)

    return run


@pytest.fixture(scope="session")
def peak_memory() -> Callable[[str], float]:
    """Run a script in a process of its own; return its peak memory in MB, data included."""

    def run(script: str) -> float:
        done = subprocess.run(
            [sys.executable, "-c", script + _PEAK], check=True, capture_output=True, text=True
        )
        return float(done.stdout.split()[-1])

    return run


def consume(rounds: Any) -> None:
    """Ask for every round of a split and keep none."""
    for _ in rounds:
        pass
