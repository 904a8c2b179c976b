"""The compiled kernel and the same file as plain Python give the same folds."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from fold_guard.partition import assignment, counts, dealing, kernel, units

SOURCE = Path(units.__file__).with_name("kernel.py")


@pytest.fixture(scope="module")
def plain() -> ModuleType:
    spec = importlib.util.spec_from_file_location("plain_kernel", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_kernel_is_compiled_where_there_is_a_compiler() -> None:
    assert Path(kernel.__file__).suffix in (".so", ".pyd")


@pytest.mark.parametrize("seed", range(6))
def test_plain_python_gives_the_same_folds(
    seed: int, plain: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(40, 120)), int(rng.integers(2, 6))
    codes = rng.integers(-1, n // 3, n)
    strata = np.unique(rng.integers(0, 4, n), return_inverse=True)[1]
    keys = rng.integers(0, 2**63, n).astype(np.uint64)

    def folds() -> list[Any]:
        of = units.connected_units(n, [codes])
        rank = units.rank_units(of, keys, lambda: np.argsort(keys, kind="stable"))
        counted = counts.count_units(of, strata)
        grouped = assignment.assign_units(counted, rank, k)
        fixed = np.where(np.arange(len(grouped)) % 3 == 0, grouped, -1)
        grown = assignment.assign_units(counted, rank, k, fixed=fixed)
        rows = dealing.deal_rows(strata, keys, k, lambda: np.argsort(keys, kind="stable"))
        return [each.tolist() for each in (of, rank, counted.dense(), grouped, grown, rows)]

    compiled = folds()
    for module in (assignment, counts, dealing, units):
        monkeypatch.setattr(module, "kernel", plain)
    assert folds() == compiled
