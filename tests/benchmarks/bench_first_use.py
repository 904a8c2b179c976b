"""What the first split of a process costs: nothing is compiled when it is used."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from typing import Any

from tests.benchmarks.record import Row

TOPIC = "First use in a fresh process, StratifiedGroupKFold, 100 rows"
SCRIPT = """
import json, time
import numpy as np
y, groups = np.arange(100) % 3, np.arange(100) // 4
started = time.perf_counter()
from {module} import StratifiedGroupKFold
times = [time.perf_counter() - started]
for _ in range(2):
    started = time.perf_counter()
    for _ in StratifiedGroupKFold(5).split(y, y, groups):
        pass
    times.append(time.perf_counter() - started)
print(json.dumps(times))
"""


def fresh(module: str) -> tuple[float, float, float]:
    """Seconds of the import, of the first split and of the second."""
    script = SCRIPT.format(module=module)
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    first, second, third = json.loads(done.stdout)
    return first, second, third


def test_first_use(benchmark: Any, record: Any) -> None:
    theirs: list[tuple[float, float, float]] = []
    ours: list[tuple[float, float, float]] = []
    benchmark.pedantic(
        lambda: ours.append(fresh("fold_guard.splitters")),
        setup=lambda: theirs.append(fresh("sklearn.model_selection")),
        rounds=3,
        warmup_rounds=1,
    )

    def median(found: list[tuple[float, float, float]], at: int) -> float:
        return statistics.median(each[at] for each in found)

    pause = [statistics.median(a - b for _, a, b in each) for each in (ours, theirs)]
    record(
        Row(
            TOPIC,
            "first split less the second",
            "time",
            "s",
            pause[0],
            pause[1],
            "scikit-learn",
            at_most=1,
        )
    )
    imports = median(ours, 0), median(theirs, 0)
    record(Row(TOPIC, "import", "time", "s", *imports, "scikit-learn"))


def test_the_kernel_is_compiled() -> None:
    from fold_guard.partition import kernel

    assert not kernel.__file__.endswith(".py")
