"""The audit as a whole process: against a script by hand, against deepchecks, and in size."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.large_tables import wide_table
from tests.benchmarks.peers import environment
from tests.benchmarks.record import Row

ROWS = 1_000_000
WIDE = ("--fold", "fold", "--id", "row_id", "--label", "label", "--group", "patient")
LONG = (*WIDE, "--time", "time")
# What somebody would write: read, copies, one group overlap, one overlap in time.
BY_HAND = """
import sys
import pandas as pd

table = pd.read_parquet(sys.argv[1])
roles = {"row_id", "fold", "label", "patient", "day"}
features = [name for name in table if name not in roles]
print(table.duplicated(subset=features, keep=False).sum())
print((table.groupby("patient")["fold"].nunique() > 1).sum())
for fold in range(5):
    test = table["fold"] == fold
    print((table.loc[~test, "day"] >= table.loc[test, "day"].min()).sum())
"""
DEEPCHECKS = """
import sys, time, warnings
warnings.filterwarnings("ignore")
import pandas as pd
from deepchecks.tabular import Dataset
from deepchecks.tabular.suites import train_test_validation

table = pd.read_parquet(sys.argv[1])
test = table["fold"] == 0
names = {"label": "label", "index_name": "row_id", "datetime_name": "day"}
words = [name for name in table if name.startswith("word")]
parts = [
    Dataset(part.drop(columns=["fold", "patient"]), cat_features=words, **names)
    for part in (table[~test], table[test])
]
start = time.perf_counter()
found = train_test_validation().run(*parts)
print(len(found.results), time.perf_counter() - start)
"""
SCALE = """
import sys
from fold_guard.cli import main
sys.argv = ["fold-guard", "audit", {path!r}, *{options!r}]
sys.stdout = open("/dev/null", "w")
try:
    main()
except SystemExit as end:
    assert end.code in (0, 1), end.code
sys.stdout = sys.__stdout__
"""


def seconds(command: list[str], code: int) -> float:
    """Run a process to its end."""
    start = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True)
    taken = time.perf_counter() - start
    assert done.returncode == code, done.stderr[-500:]
    return taken


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audit") / "wide.parquet"
    wide_table(ROWS, path)
    return path


def test_an_audit_of_a_million_rows(benchmark: Any, record: Any, table: Path) -> None:
    ours, by_hand = list[float](), list[float]()
    command = str(Path(sys.executable).with_name("fold-guard"))
    audit = [command, "audit", str(table), *WIDE, "--time", "day"]

    def turn() -> None:
        by_hand.append(seconds([sys.executable, "-c", BY_HAND, str(table)], 0))

    benchmark.pedantic(
        lambda: ours.append(seconds(audit, 1)), setup=turn, rounds=5, warmup_rounds=1
    )
    topic = "fold-guard audit, 1M x 25 Parquet, 20 features, five folds, whole process"
    record(
        Row(
            topic,
            "all deterministic checks, and FG308, FG309",
            "time",
            "s",
            statistics.median(ours[1:]),
            statistics.median(by_hand[1:]),
            "pandas by hand (duplicated, one group overlap, one time overlap)",
            least_ratio=1.0,
        )
    )
    python = environment(
        "deepchecks",
        "deepchecks.tabular",
        "deepchecks==0.19.1",
        "numpy<2",
        "pandas<2.2",
        "scikit-learn<1.4",
        "setuptools<81",
        "pyarrow<18",
    )
    pair = None
    if python:
        done = subprocess.run(
            [python, "-c", DEEPCHECKS, str(table)], check=True, capture_output=True, text=True
        )
        results, taken = done.stdout.split()[-2:]
        assert int(results) >= 8
        pair = float(taken)
    record(
        Row(
            topic,
            "the same" if pair else "the same; deepchecks could not be installed",
            "time",
            "s",
            statistics.median(ours[1:]),
            None if pair is None else 5 * pair,
            "deepchecks, suite train_test_validation: one pair measured, times five pairs",
            least_ratio=100.0 if pair else None,
        )
    )


def test_time_and_memory_grow_with_the_rows(
    benchmark: Any, record: Any, tmp_path: Path, peak_memory: Callable[[str], float]
) -> None:
    topic = "fold-guard audit, rows x 6 Parquet on disk, five folds, whole process"
    found: dict[int, tuple[float, float]] = {}

    def grow() -> None:
        for rows in (1_000_000, 10_000_000, 100_000_000):
            path = tmp_path / f"{rows}.parquet"
            module = [sys.executable, "-m", "tests.benchmarks.large_tables", str(rows), str(path)]
            subprocess.run(module, check=True)
            start = time.perf_counter()
            memory = peak_memory(SCALE.format(path=str(path), options=LONG))
            found[rows] = time.perf_counter() - start, memory
            path.unlink()

    benchmark.pedantic(grow, rounds=1)
    for rows, (taken, memory) in found.items():
        work = f"{rows // 1_000_000}M rows"
        record(Row(topic, work, "time", "s", taken))
        record(Row(topic, work, "time for a million rows", "s", taken / (rows / 1e6)))
        mark = 12_000.0 if rows == 100_000_000 else None
        record(Row(topic, work, "peak memory", "MB", memory, at_most=mark))
