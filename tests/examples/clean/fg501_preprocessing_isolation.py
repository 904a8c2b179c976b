"""Training functions that look at train rows alone."""

from __future__ import annotations

import time
from typing import Any

COLUMNS = {
    "id": [1, 2, 3, 4, 5, 6, 7, 8],
    "fold": [0, 0, 0, 0, 1, 1, 1, 2],
    "y": ["ill", "well", "ill", "ill", "well", "well", "ill", "well"],
    "ward": ["a", "b", "a", "b", "a", "b", "b", "b"],
    "x": [1.5, 2.5, 4.5, 8.5, 16.5, 32.5, 64.5, 128.5],
}


def mean_of_train(frame: Any, train: Any, test: Any) -> Any:
    return {"mean": frame["x"].iloc[train].mean()}


def rates_of_train(frame: Any, train: Any, test: Any) -> Any:
    rows = frame.iloc[train]
    return {"rate": (rows["y"] == "ill").groupby(rows["ward"]).mean().to_dict()}


def mean_and_how_long_it_took(frame: Any, train: Any, test: Any) -> Any:
    return {"mean": frame["x"].iloc[train].mean(), "fit_time": time.perf_counter()}


class Middle:
    """Predict the mean label; fitted by the check on train rows alone."""

    def __repr__(self) -> str:
        return "Middle()"

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {}

    def fit(self, X: Any, y: Any) -> Any:
        self.middle_ = float(y.mean())
        return self

    def predict(self, X: Any) -> Any:
        return [self.middle_] * len(X)


EXAMPLES = {
    "a mean over train": {
        "columns": COLUMNS,
        "label": "y",
        "estimator": mean_of_train,
        "expect": {
            "rounds_checked": 2,
            "rounds_in_all": 3,
            "artefacts_compared": 1,
            "artefacts_changed": 0,
            "perturbations.values": 0,
            "perturbations.labels": 0,
        },
    },
    "the rate of a label over train, in blocks of time": {
        "columns": COLUMNS,
        "label": "y",
        "scheme": "forward",
        "estimator": rates_of_train,
        "rule": {"max_rounds": 9},
        # Rounds 1 and 2; round 2 tests a single row, whose place cannot change.
        "expect": {"rounds_checked": 2, "rounds_in_all": 2, "artefacts_changed": 0},
    },
    "the time that it took is no artefact": {
        "columns": COLUMNS,
        "estimator": mean_and_how_long_it_took,
        "expect": {"artefacts_compared": 1, "artefacts_changed": 0},
    },
    "an estimator": {
        "columns": COLUMNS,
        "label": "x",
        "estimator": Middle(),
        # What it is, and what it fitted.
        "expect": {"artefacts_compared": 2, "artefacts_changed": 0},
    },
}
