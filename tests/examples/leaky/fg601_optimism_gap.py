"""Models that know the patient again."""

from __future__ import annotations

from typing import Any


class Nearest:
    """Answer as the train row with the nearest x."""

    def __repr__(self) -> str:
        return "Nearest()"

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {}

    def fit(self, X: Any, y: Any) -> Any:
        self.x, self.y = X["x"].to_numpy(), y
        return self

    def predict(self, X: Any) -> Any:
        return self.y[abs(X["x"].to_numpy()[:, None] - self.x).argmin(axis=1)]


def visits(label: Any, *, copies: bool = False) -> dict[str, Any]:
    """Return 40 patients of two visits, in different folds, whose neighbours differ in label."""
    who = [row // 2 for row in range(80)]
    return {
        "id": list(range(80)),
        "fold": [row % 2 for row in range(80)],
        "patient": who,
        "x": [10.0 * (each * 7 % 40) + (0 if copies else row % 2) for row, each in enumerate(who)],
        "y": [label(each * 7 % 40) for each in who],
    }


MOVED = {"rows_moved": 40, "test_rows_leaking_total": 80, "rows_scored": 80, "units": 40}

EXAMPLES = {
    "every patient is in train, too": {
        "columns": visits(lambda place: "ill" if place % 2 else "well"),
        "label": "y",
        "groups": ["patient"],
        "estimator": Nearest(),
        "expect": {**MOVED, "score_given": 1.0, "metrics.balanced_accuracy.first": 1.0},
    },
    "copies that no key ties": {
        "columns": visits(lambda place: "ill" if place % 2 else "well", copies=True),
        "label": "y",
        "features": ["x"],
        "estimator": Nearest(),
        "expect": {**MOVED, "score_given": 1.0, "copies_kept_together": True},
    },
    "a continuous label": {
        "columns": visits(lambda place: 0.5 + 10 * (place % 2)),
        "label": "y",
        "groups": ["patient"],
        "estimator": Nearest(),
        "expect": {**MOVED, "score_given": 1.0, "metrics.minus_rmse.first": 0.0},
    },
}
