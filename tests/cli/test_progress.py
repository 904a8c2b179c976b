from __future__ import annotations

import pytest

from fold_guard.cli import terminal
from fold_guard.cli.terminal import Progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    return now


def shown(line: Progress, monkeypatch: pytest.MonkeyPatch, done: int, total: int) -> str:
    said: list[str] = []
    monkeypatch.setattr(line, "step", said.append)
    line.count(done, total)
    return said[0]


def test_the_end_is_estimated_from_the_pace_since_the_first_time(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Progress("cv")
    # 1,000 rounds came from a journal: they say nothing about the pace.
    assert shown(line, monkeypatch, 1000, 2000) == "1,000 of 2,000"
    clock[0] += 0.5
    assert shown(line, monkeypatch, 1010, 2000) == "1,010 of 2,000"
    clock[0] += 9.5
    assert shown(line, monkeypatch, 1100, 2000) == "1,100 of 2,000, 1 min 30 s left"
    clock[0] += 90
    assert shown(line, monkeypatch, 2000, 2000) == "2,000 of 2,000"


def test_a_round_that_was_tried_again_counts_once(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Progress("cv")
    assert shown(line, monkeypatch, 3, 9) == "3 of 9"
    clock[0] += 5
    assert shown(line, monkeypatch, 3, 9) == "3 of 9"


def test_a_log_hears_of_it_every_half_minute(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    line = Progress("cv")
    assert not line.live
    for done in range(1, 10):
        line.count(done, 10)
        clock[0] += 10
    line.count(10, 10)
    assert capsys.readouterr().err == ("cv: 4 of 10, 1 min 0 s left\ncv: 7 of 10, 30 s left\n")
