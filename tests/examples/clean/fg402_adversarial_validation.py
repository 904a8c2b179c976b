"""Folds that no classifier recognises."""

EXAMPLES = {
    "rows dealt in turn": {
        "columns": {
            "id": list(range(120)),
            "fold": [row % 3 for row in range(120)],
            "a": [row // 3 for row in range(120)],
            "b": ["x", "x", "x", "y", "y", "y"] * 20,
        },
        "rule": {"max_iter": 5},
        "expect": {"folds_tested": 3, "folds_given_away": 0, "features_used": 2, "rows": 120},
    },
    "patients that a classifier would know again": {
        "columns": {
            "id": list(range(240)),
            "fold": [row // 6 % 2 for row in range(240)],
            "patient": [f"p{row // 6}" for row in range(240)],
            # Another number for each patient, in no order: a hash of the patient.
            "height": [150 + 17 * (row // 6) % 41 for row in range(240)],
        },
        "groups": ["patient"],
        "rule": {"max_iter": 5},
        "expect": {"folds_tested": 2, "folds_given_away": 0},
    },
    "rows that always train are the rest of every fold": {
        "columns": {
            "id": list(range(120)),
            "fold": [(0, 1, -1, -2)[row % 4] for row in range(120)],
            "a": [row // 4 for row in range(120)],
        },
        "rule": {"max_iter": 5},
        "expect": {"folds_tested": 2, "folds.0.rows": 30, "rows": 90},
    },
    "a fold of few rows is named": {
        "columns": {
            "id": list(range(63)),
            "fold": [row % 2 for row in range(60)] + [2] * 3,
            "a": [row // 2 for row in range(60)] + [90, 91, 92],
        },
        "rule": {"max_iter": 5},
        "expect": {"folds_tested": 2, "sampled_rows": 63},
    },
}
