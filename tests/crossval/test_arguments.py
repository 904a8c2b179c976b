"""Arguments that mean nothing are refused by name, before anything is looked at."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.dummy import DummyClassifier

import fold_guard
from fold_guard.crossval.arguments import require_arguments
from fold_guard.crossval.fit import score_rounds
from fold_guard.errors import UsageError
from fold_guard.partition.rounds import kfold_rounds

GOOD: dict[str, Any] = {
    "seed": 0,
    "confidence": 0.95,
    "interval": "corrected",
    "max_failure_rate": 0.0,
}
WRONG = [
    *(("seed", value) for value in (-1, 2**63, 2**64, 1.5, True, "1", None)),
    *(("confidence", value) for value in (0, 1, -0.5, 95, math.nan, math.inf, "0.9", True)),
    *(("max_failure_rate", value) for value in (-1, 2, 1.01, math.nan, None, True)),
    *(("interval", value) for value in ("wilson", "", None)),
    ("task", "clustering"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_each_wrong_argument_is_named(
    name: str, value: Any, clinic: pl.DataFrame, clinic_folds: Any
) -> None:
    frame = clinic.to_pandas()
    rounds = kfold_rounds(np.arange(len(frame)) % 3)
    calls = (
        lambda: require_arguments(**GOOD | {name: value}),
        lambda: fold_guard.cross_validate(
            DummyClassifier(),
            clinic,
            clinic_folds(),
            verdict=None,
            **{name: value},  # type: ignore[arg-type]
        ),
        lambda: score_rounds(
            DummyClassifier(),
            frame[["x"]],
            frame["y"],
            rounds,
            row_ids=frame["visit"],
            **{name: value},
        ),
    )
    for call in calls:
        with pytest.raises(UsageError) as caught:
            call()
        assert caught.value.where == name
        assert repr(value) in caught.value.what


@pytest.mark.parametrize(
    "good",
    [
        {"seed": 2**63 - 1},
        {"seed": np.int64(3)},
        {"confidence": 0.5},
        {"confidence": np.float32(0.9)},
        {"max_failure_rate": 1},
        {"interval": "nested"},
        {"task": "regression"},
    ],
)
def test_what_may_be_asked_for(good: dict[str, Any]) -> None:
    require_arguments(**GOOD | good)


@pytest.mark.parametrize("recheck", [-1, 1.5, True, "2"])
def test_rounds_to_play_twice_are_counted(recheck: Any) -> None:
    with pytest.raises(UsageError, match=r"^recheck: must be a whole number of rounds"):
        fold_guard.Running(recheck=recheck)
    assert fold_guard.Running(recheck=np.int64(2)).recheck == 2
