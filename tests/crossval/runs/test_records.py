from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from fold_guard.crossval.result import Failure, RoundFacts, Scores
from fold_guard.crossval.runs.played import Played
from fold_guard.crossval.runs.records import (
    DamagedRecord,
    failure_record,
    played_record,
    read_record,
)
from tests.crossval.runs.models import same

FACTS = RoundFacts(3, 0.1, 1e-300, 2.5, 0.0, 2**40)
SCORES = Scores({"accuracy": 1 / 3, "log_loss": math.inf, "roc_auc": None}, {"roc_auc": "why"})
PROBABILITIES = np.array([[1 / 3, 2 / 3], [0.0, 1.0]])

HERE = "run:3"


@pytest.mark.parametrize(
    "played",
    [
        Played(3, np.array([0, 1]), PROBABILITIES, SCORES, (("UserWarning", "ä 'x'"),), FACTS),
        Played(0, np.array([2]), None, None, (), FACTS),
        Played(1, np.array([-0.0, 1e-320, 1 / 3]), None, None, (), FACTS),
        Played(1, np.array([], dtype=np.int64), np.zeros((0, 2)), None, (), FACTS),
    ],
)
def test_a_round_comes_back_bit_for_bit(played: Played) -> None:
    back = read_record(played_record(played, HERE), HERE)
    assert isinstance(back, Played)
    assert same(played, back)
    back.predicted[:] = 0  # what was played can be written to, and so can this


def test_a_failure_comes_back() -> None:
    failure = Failure(7, "crash", 'its "process" died\n', 2)
    assert read_record(failure_record(failure, HERE), HERE) == failure


@pytest.mark.parametrize("part", ["text", "predicted", "probabilities", "seal"])
def test_a_flipped_bit_is_noticed(part: str) -> None:
    record = played_record(Played(3, np.array([0, 1]), PROBABILITIES, SCORES, (), FACTS), HERE)
    value = getattr(record, part)
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    raw[len(raw) // 2] ^= 1
    changed = raw.decode() if isinstance(value, str) else bytes(raw)
    with pytest.raises(DamagedRecord):
        read_record(record._replace(**{part: changed}), HERE)
    assert dataclasses.is_dataclass(read_record(record, HERE))


def test_a_record_of_another_round_is_none_of_this_one() -> None:
    record = failure_record(Failure(1, "exception", "ValueError: no", 1), "run:1")
    assert read_record(record, "run:1") == Failure(1, "exception", "ValueError: no", 1)
    for place in ("run:2", "other:1"):
        with pytest.raises(DamagedRecord):
            read_record(record, place)
    with pytest.raises(DamagedRecord):
        read_record(record._replace(text=3), "run:1")  # type: ignore[arg-type]
