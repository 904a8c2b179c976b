"""Near duplicates in 200k rows: FG304 over all rounds against leakcheck-ml over one of them.

leakcheck-ml has pins of its own, so it lives in an environment under .benchmarks, and a process of
that environment is told when to work: it reports the seconds of the call alone, imports excluded.
"""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import polars as pl
import pytest

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.run import run_checks
from fold_guard.checks.subjects.prepare import subject_of_column
from fold_guard.dataset.columns import Columns
from fold_guard.dataset.roles import Roles
from tests.benchmarks.peers import environment
from tests.benchmarks.record import Row

Peer: TypeAlias = Callable[[Path], float]

PACKAGE = "leakcheck-ml==0.3.0"
ROWS, FEATURES, PLANTED = 200_000, 11, 2_000
# Reads once, then works whenever a line comes in, and answers with the seconds.
WORKER = """
import sys, time
import pandas as pd
from leakcheck.checks import check_near_duplicates

table = pd.read_csv(sys.argv[1])
names = [name for name in table if name.startswith("f")] + ["y"]
train = table.loc[table["part"] != 0, names].reset_index(drop=True)
test = table.loc[table["part"] == 0, names].reset_index(drop=True)
for _ in sys.stdin:
    start = time.perf_counter()
    found = check_near_duplicates(train, test, "y")
    print(time.perf_counter() - start, len(found), flush=True)
"""


def table() -> pl.DataFrame:
    """Normal numbers; some rows are noisy copies of others."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(ROWS, FEATURES))
    source, copy = rng.choice(ROWS, (2, PLANTED), replace=False)
    values[copy] = values[source] + rng.normal(size=(PLANTED, FEATURES)) * 1e-3
    frame = pl.DataFrame({f"f{at}": values[:, at] for at in range(FEATURES)})
    return frame.with_columns(
        y=pl.Series(np.where(rng.random(ROWS) < 0.3, "sick", "well")),
        part=pl.Series(rng.integers(0, 5, ROWS)),
        row=pl.int_range(ROWS),
    )


@pytest.fixture(scope="module")
def python() -> str:
    """Return the interpreter of the peer's environment, made when it is not there."""
    return environment("leakcheck", "leakcheck.checks", PACKAGE)


@pytest.fixture
def peer(python: str, tmp_path: Path) -> Iterator[Peer | None]:
    """Yield what asks the peer to work and returns its seconds; None when it cannot be had."""
    running: list[subprocess.Popen[str]] = []

    def ask(data: Path) -> float:
        if not running:
            call = [python, "-c", WORKER, str(data)]
            started = subprocess.Popen(
                call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            running.append(started)
        [process] = running
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("go\n")
        process.stdin.flush()
        seconds, findings = process.stdout.readline().split()
        # None found would mean that it did not look.
        assert int(findings) == 1
        return float(seconds)

    yield ask if python else None
    for process in running:
        process.communicate(timeout=60)


def test_near_duplicates(benchmark: Any, record: Any, peer: Peer | None, tmp_path: Path) -> None:
    frame = table()
    data = tmp_path / "table.csv"
    frame.write_csv(data)
    features = tuple(f"f{at}" for at in range(FEATURES))
    roles = Roles(("row",), "y", features=features).resolve(frame.columns, source="made")
    subject = subject_of_column(Columns.of(frame), "part", roles, "kfold")
    rule = BY_NAME["near_duplicate_rows"].rule()
    theirs: list[float] = []

    def turn() -> None:
        if peer is not None and len(theirs) < 3:
            theirs.append(peer(data))

    def ours() -> Any:
        [found] = run_checks(subject, {"near_duplicate_rows": rule})
        return found

    found = benchmark.pedantic(ours, setup=turn, rounds=5, warmup_rounds=1)
    assert found.measured["rows_in_clusters"] >= 0.99 * 2 * PLANTED
    assert found.measured["expected_recall"] == 1.0
    seconds = statistics.median(theirs) if theirs else None
    topic = f"Near duplicates, {ROWS:,} rows x {FEATURES} numbers"
    work = "FG304 over five rounds, the peer over one"
    if seconds is None:
        work += f" (not measured: {PACKAGE} could not be installed)"
    name = PACKAGE.partition("==")[0]
    ratio = 5.0 if seconds is not None else None
    record(
        Row(
            topic,
            work,
            "time",
            "s",
            float(benchmark.stats.stats.median),
            seconds,
            name,
            least_ratio=ratio,
        )
    )
