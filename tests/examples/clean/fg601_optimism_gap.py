"""Folds that leak nothing, or a leak that the model cannot use."""

from __future__ import annotations

from typing import Any


class Threshold:
    """Say ill above the middle of train."""

    def __repr__(self) -> str:
        return "Threshold()"

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {}

    def fit(self, X: Any, y: Any) -> Any:
        self.middle = X["x"].mean()
        return self

    def predict(self, X: Any) -> Any:
        return ["ill" if each > self.middle else "well" for each in X["x"]]


def visits(fold: Any) -> dict[str, Any]:
    return {
        "id": list(range(40)),
        "fold": [fold(row) for row in range(40)],
        "patient": [row // 2 for row in range(40)],
        "day": list(range(40)),
        "x": [float(row * 7 % 40) for row in range(40)],
        "y": ["ill" if row * 7 % 40 > 19 else "well" for row in range(40)],
    }


EXAMPLES = {
    "patients are kept whole: nothing is fitted": {
        "columns": visits(lambda row: row // 2 % 2),
        "label": "y",
        "groups": ["patient"],
        "features": ["x"],
        "expect": {"gap": 0.0, "rows_moved": 0, "test_rows_leaking_total": 0, "rows_scored": 0},
    },
    "the patient tells nothing": {
        "columns": visits(lambda row: row % 2),
        "label": "y",
        "groups": ["patient"],
        "features": ["x"],
        "estimator": Threshold(),
        # The middle lies between the classes whichever half is train, give or take a row.
        "expect": {"rows_moved": 20, "test_rows_leaking_total": 40, "rows_scored": 40},
    },
    "blocks of time that purge nobody": {
        "columns": visits(lambda row: row // 20),
        "label": "y",
        "groups": ["patient"],
        "features": ["x"],
        "time": "day",
        "scheme": "forward",
        "estimator": Threshold(),
        "expect": {"gap": 0.0, "rows_moved": 0, "repair": "recut"},
    },
    "a gap that the policy allows": {
        "columns": visits(lambda row: row % 2),
        "label": "y",
        "groups": ["patient"],
        "features": ["x"],
        "estimator": Threshold(),
        "rule": {"max_gap": 1.0},
        "expect": {"rows_moved": 20, "repair": "gathered"},
    },
}
