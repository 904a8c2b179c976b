from __future__ import annotations

import os
import signal
import time

import pytest

from fold_guard.engines.local import LocalEngine
from fold_guard.errors import DataError, FoldGuardError, UsageError


def slow_at_first(item: int) -> tuple[int, int]:
    time.sleep(0.2 if item == 0 else 0.0)
    return item * 2, os.getpid()


def divide(item: int) -> float:
    return 1 / item


def refuse(item: int) -> int:
    raise DataError("bad item", where=f"row {item}")


def die(item: int) -> int:
    if item == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    return item


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_values_keep_the_order_of_the_items(n_jobs: int) -> None:
    seen: list[tuple[int, int]] = []
    values = LocalEngine(n_jobs).map(slow_at_first, range(6), lambda *done: seen.append(done))
    assert [value for value, _ in values] == [0, 2, 4, 6, 8, 10]
    assert seen == [(count, 6) for count in range(1, 7)]
    assert (os.getpid() in {pid for _, pid in values}) == (n_jobs == 1)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_no_items(n_jobs: int) -> None:
    assert LocalEngine(n_jobs).map(divide, []) == []


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_raising_function_names_the_item(n_jobs: int) -> None:
    with pytest.raises(FoldGuardError, match="ZeroDivisionError") as caught:
        LocalEngine(n_jobs).map(divide, [2, 0])
    assert caught.value.where == "0"


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_own_errors_pass_unchanged(n_jobs: int) -> None:
    with pytest.raises(DataError) as caught:
        LocalEngine(n_jobs).map(refuse, [7])
    assert (caught.value.what, caught.value.where) == ("bad item", "row 7")


def test_a_worker_that_dies_is_an_error_that_names_the_item() -> None:
    with pytest.raises(FoldGuardError, match="worker process died") as caught:
        LocalEngine(2).map(die, list(range(40)))
    names = caught.value.where.removeprefix("one of: ").split(", ")
    assert "3" in names
    # Results that were on their way back when the process died may still be listed.
    assert len(names) <= 10


@pytest.mark.parametrize("n_jobs", [0, -2, 1.5, True, "2"])
def test_meaningless_numbers_of_jobs(n_jobs: object) -> None:
    with pytest.raises(UsageError, match="n_jobs"):
        LocalEngine(n_jobs)  # type: ignore[arg-type]
