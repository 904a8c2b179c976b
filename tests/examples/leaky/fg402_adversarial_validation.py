"""Folds that a classifier recognises."""

_ORDER = [(7 * row) % 60 for row in range(60)]

EXAMPLES = {
    "a number that tells the fold": {
        "columns": {
            "id": list(range(60)),
            "fold": [row // 30 for row in _ORDER],
            "a": [float(row // 6) for row in _ORDER],
            "b": [row % 5 for row in range(60)],
        },
        "rule": {"max_iter": 5},
        "expect": {"auc": 1.0, "folds_tested": 2, "folds_given_away": 2, "folds.0.rows": 30},
    },
    "a text that tells the fold, where it is not missing": {
        "columns": {
            "id": list(range(80)),
            "fold": [0] * 40 + [1] * 40,
            "site": ["north"] * 40 + [None] * 40,
        },
        "rule": {"max_iter": 5},
        "expect": {"auc": 1.0, "features_used": 1, "sampled_rows": 80, "rows": 80},
    },
    "patients of one site in one fold": {
        "columns": {
            "id": list(range(120)),
            "fold": [0] * 60 + [1] * 60,
            "patient": [f"p{row // 2}" for row in range(120)],
            "site": ["north"] * 60 + ["south"] * 60,
        },
        "groups": ["patient"],
        "rule": {"max_iter": 5},
        "expect": {"auc": 1.0, "folds.1.rows": 60},
    },
    "a block of time in which something began": {
        "columns": {
            "id": list(range(90)),
            "fold": [0] * 30 + [1] * 30 + [2] * 30,
            "day": list(range(90)),
            "site": ["old"] * 60 + ["new"] * 30,
        },
        "time": "day",
        "scheme": "forward",
        "rule": {"max_iter": 5},
        # Of fold 0 the site tells only that it is not 2: half of the rest scores as it does,
        # half below, so the AUC is 1/2 * 1/2 + 1/2.
        "expect": {"worst_fold": "2", "auc": 1.0, "folds_tested": 3},
    },
}
