"""One instance of every splitter, with data that it splits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.neighbors import KNeighborsClassifier

from fold_guard import splitters as s

ROWS = 48
_RNG = np.random.default_rng(5)
X = pd.DataFrame(
    {
        "a": _RNG.normal(size=ROWS),
        "day": np.arange(ROWS) // 2,
        "known": np.arange(ROWS) // 2 + 2,
    }
)
CLASSES = np.where(_RNG.permutation(ROWS) < 16, "rare", "common")
VALUES = np.round(_RNG.normal(size=ROWS), 2)
LABELS = (_RNG.random((ROWS, 2)) < 0.4).astype(int)
GROUPS = _RNG.permutation(np.arange(ROWS) // 3)


@dataclass(frozen=True)
class Case:
    """A splitter and what to split with it."""

    splitter: Any
    y: Any
    groups: Any = None
    X: Any = None

    @property
    def grouped(self) -> bool:
        return self.groups is not None

    @property
    def model(self) -> Any:
        if self.y is VALUES:
            return DummyRegressor()
        return KNeighborsClassifier(3) if self.y is LABELS else DummyClassifier()

    @property
    def grid(self) -> dict[str, list[Any]]:
        if self.y is LABELS:
            return {"n_neighbors": [1, 3]}
        classifies = isinstance(self.model, ClassifierMixin)
        return {"strategy": ["prior", "most_frequent"] if classifies else ["mean", "median"]}


def _case(splitter: Any, y: Any = CLASSES, *, grouped: bool = False) -> Case:
    return Case(splitter, y, GROUPS if grouped else None, X)


_TIMES: dict[str, Any] = {"prediction_time": "day", "evaluation_time": "known", "embargo": 1}

CASES = [
    _case(s.KFold(4)),
    _case(s.StratifiedKFold(4)),
    _case(s.GroupKFold(4), grouped=True),
    _case(s.StratifiedGroupKFold(4), grouped=True),
    _case(s.LeaveOneOut()),
    _case(s.LeavePGroupsOut(2), grouped=True),
    _case(s.LeaveOneGroupOut(), grouped=True),
    _case(s.PredefinedSplit(np.arange(ROWS) % 5 - 2)),
    _case(s.RepeatedKFold(n_splits=3, n_repeats=2)),
    _case(s.RepeatedStratifiedKFold(n_splits=3, n_repeats=2)),
    _case(s.RepeatedGroupKFold(n_splits=3, n_repeats=2), grouped=True),
    _case(s.RepeatedStratifiedGroupKFold(n_splits=3, n_repeats=2), grouped=True),
    _case(s.RepeatedMultilabelStratifiedKFold(n_splits=3, n_repeats=2), LABELS),
    _case(s.RepeatedMultilabelStratifiedGroupKFold(n_splits=3, n_repeats=2), LABELS, grouped=True),
    _case(s.RepeatedStratifiedKFoldContinuous(n_splits=3, n_repeats=2), VALUES),
    _case(
        s.RepeatedStratifiedGroupKFoldContinuous(n_splits=3, n_repeats=2, bins=[0.1]),
        VALUES,
        grouped=True,
    ),
    _case(s.ShuffleSplit(3)),
    _case(s.StratifiedShuffleSplit(3)),
    _case(s.GroupShuffleSplit(3), grouped=True),
    _case(s.StratifiedGroupShuffleSplit(3), grouped=True),
    _case(s.TimeSeriesSplit(3, gap=1)),
    _case(s.GroupTimeSeriesSplit(3, time_column="day", max_train_size=20), grouped=True),
    _case(s.PurgedKFold(4, **_TIMES)),
    _case(s.CombinatorialPurgedKFold(4, 2, **_TIMES)),
    _case(s.MultilabelStratifiedKFold(4), LABELS),
    _case(s.MultilabelStratifiedGroupKFold(4, quality="high"), LABELS, grouped=True),
    _case(s.StratifiedKFoldContinuous(4, n_bins=5), VALUES),
    _case(s.StratifiedGroupKFoldContinuous(4, bins=[-0.5, 0.5]), VALUES, grouped=True),
]
