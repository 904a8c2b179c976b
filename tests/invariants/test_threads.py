"""The number of threads decides nothing: each committed map comes out on one and on three."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import json
import polars as pl
from tests.folds.strategies import vector
committed = json.load(open("tests/vectors/fold_maps.json", encoding="utf-8"))
covid = pl.read_parquet("data/raw/covid_testing.parquet")
wrong = [v["strategy"] for v in committed if vector(covid, v["strategy"], v["seed"]) != v]
print(json.dumps([pl.thread_pool_size(), wrong]))
"""


@pytest.mark.parametrize("threads", [1, 3])
def test_every_map_is_the_same(threads: int) -> None:
    number = str(threads)
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env=os.environ
        | {"POLARS_MAX_THREADS": number, "OMP_NUM_THREADS": number, "PYTHONHASHSEED": number},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == [threads, []]
