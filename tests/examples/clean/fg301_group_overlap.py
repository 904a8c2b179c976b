"""Groups on one side of every round."""

EXAMPLES = {
    "each patient in one fold": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 0, 1, 1], "patient": [5, 5, 6, 7]},
        "groups": ["patient"],
        "expect": {
            "groups": 3,
            "groups_spanning": 0,
            "cross_fold_pairs": 0,
            "test_rows_leaking_total": 0,
        },
    },
    "null keys link nothing": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, 0, 1], "patient": ["a", None, None, "b"]},
        "groups": ["patient"],
        "expect": {"groups": 2, "null_keys": 2, "test_rows_leaking_total": 0},
    },
    "forward folds: later rows of a patient are on no side": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, -1, 1], "patient": [1, 2, 2, 3]},
        "groups": ["patient"],
        "scheme": "forward",
        "expect": {"groups_spanning": 1, "cross_fold_pairs": 1, "test_rows_leaking_total": 0},
    },
    "as many leaks as the policy allows": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, 0, 1], "patient": [5, 5, 6, 7]},
        "groups": ["patient"],
        "rule": {"max_test_rows_leaking": 2},
        "expect": {"test_rows_leaking_total": 2},
    },
}
