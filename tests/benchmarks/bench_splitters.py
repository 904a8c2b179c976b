"""The other splitters against scikit-learn's of the same name; no marks, for information."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.model_selection as peers

from fold_guard import splitters
from tests.benchmarks.conftest import consume
from tests.benchmarks.record import Row

N = 1_000_000
CASES: list[tuple[str, dict[str, Any], str]] = [
    ("KFold", {}, "groups"),
    ("KFold", {"shuffle": True, "random_state": 0}, "groups"),
    ("StratifiedKFold", {}, "groups"),
    ("StratifiedKFold", {"shuffle": True, "random_state": 0}, "groups"),
    ("GroupKFold", {}, "groups"),
    ("ShuffleSplit", {"n_splits": 5, "random_state": 0}, "groups"),
    ("StratifiedShuffleSplit", {"n_splits": 5, "random_state": 0}, "groups"),
    ("GroupShuffleSplit", {"n_splits": 5, "random_state": 0}, "groups"),
    ("TimeSeriesSplit", {}, "groups"),
    ("LeaveOneGroupOut", {}, "sites"),
    ("RepeatedStratifiedKFold", {"n_repeats": 2, "random_state": 0}, "groups"),
    ("PredefinedSplit", {}, "sites"),
]


@pytest.mark.parametrize(("name", "settings", "key"), CASES)
@pytest.mark.filterwarnings("ignore:The groups parameter is ignored")
def test_splitter(race: Any, record: Any, name: str, settings: dict[str, Any], key: str) -> None:
    rng = np.random.default_rng(0)
    X, y = np.zeros((N, 1), dtype=np.int8), rng.integers(0, 10, N)
    groups = rng.integers(0, 100_000 if key == "groups" else 10, N)
    given = (groups,) if name == "PredefinedSplit" else ()
    ours, peer = race(
        lambda: consume(getattr(splitters, name)(*given, **settings).split(X, y, groups)),
        lambda: consume(getattr(peers, name)(*given, **settings).split(X, y, groups)),
    )
    told = ", ".join(f"{key}={value}" for key, value in settings.items() if key != "random_state")
    row = Row(
        "Other splitters, 1M rows", f"{name}({told})", "time", "s", ours, peer, "scikit-learn"
    )
    record(row)
