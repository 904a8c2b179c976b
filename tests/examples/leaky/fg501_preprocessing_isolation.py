"""Training functions that look at the test rows."""

from __future__ import annotations

from typing import Any

COLUMNS = {
    "id": [1, 2, 3, 4, 5, 6, 7, 8],
    "fold": [0, 0, 0, 0, 1, 1, 1, 1],
    "y": ["ill", "well", "ill", "ill", "well", "well", "ill", "well"],
    "ward": ["a", "b", "a", "b", "a", "b", "b", "b"],
    "x": [1.5, 2.5, 4.5, 8.5, 16.5, 32.5, 64.5, 128.5],
}


def mean_of_all(frame: Any, train: Any, test: Any) -> Any:
    return {"mean": frame["x"].mean()}


def rates_of_all(frame: Any, train: Any, test: Any) -> Any:
    ill = (frame["y"] == "ill").groupby(frame["ward"]).mean()
    return {"rate": ill.to_dict(), "mean": frame["x"].iloc[train].mean()}


def weight_of_a_row(frame: Any, train: Any, test: Any) -> Any:
    return {"weight": 1 / len(frame)}


def tuned_on_the_first_test_row(frame: Any, train: Any, test: Any) -> Any:
    return [float(frame["x"].iloc[test[0]]), float(frame["x"].iloc[train].mean())]


EXAMPLES = {
    "a mean over all rows": {
        "columns": COLUMNS,
        "label": "y",
        "estimator": mean_of_all,
        "expect": {
            "rounds_checked": 2,
            "rounds_in_all": 2,
            "artefacts_compared": 1,
            "artefacts_changed": 1,
            # Labels and places of rows are nothing to a mean.
            "perturbations.values": 1,
            "perturbations.signal": 1,
            "perturbations.labels": 0,
            "perturbations.order": 0,
            "perturbations.fewer": 1,
            "perturbations.more": 1,
            "perturbations.again": 0,
        },
    },
    "the rate of a label over all rows, beside what is right": {
        "columns": COLUMNS,
        "label": "y",
        "estimator": rates_of_all,
        "expect": {
            "artefacts_compared": 2,
            "artefacts_changed": 1,
            "perturbations.labels": 1,
            "perturbations.order": 0,
        },
    },
    "only how many rows there are": {
        "columns": COLUMNS,
        "estimator": weight_of_a_row,
        "rule": {"max_rounds": 1},
        "expect": {
            "rounds_checked": 1,
            "artefacts_changed": 1,
            "perturbations.values": 0,
            "perturbations.order": 0,
            "perturbations.fewer": 1,
            "perturbations.more": 1,
        },
    },
    "predictions that depend on which test row comes first": {
        "columns": COLUMNS,
        "estimator": tuned_on_the_first_test_row,
        "expect": {"artefacts_changed": 1, "perturbations.order": 1, "perturbations.more": 0},
    },
}
