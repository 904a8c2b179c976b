"""Groups on both sides of a round."""

EXAMPLES = {
    "one patient in two folds": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, 0, 1], "patient": [5, 5, 6, 7]},
        "groups": ["patient"],
        "expect": {
            "groups": 3,
            "null_keys": 0,
            "groups_spanning": 1,
            "rows_in_spanning_groups": 2,
            "cross_fold_pairs": 1,
            "rounds.0.groups_shared": 1,
            "rounds.0.test_rows_leaking": 1,
            "test_rows_leaking_total": 2,
        },
    },
    "a patient among the rows that always train": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, -1, 1], "patient": ["x", "y", "x", "z"]},
        "groups": ["patient"],
        "expect": {
            "groups_spanning": 1,
            "cross_fold_pairs": 1,
            "rounds.0.test_rows_leaking": 1,
            "rounds.1.test_rows_leaking": 0,
            "test_rows_leaking_total": 1,
        },
    },
    "the first key is clean, the second is not": {
        "columns": {
            "id": [1, 2, 3, 4],
            "fold": [0, 0, 1, 1],
            "patient": [1, 1, 2, 2],
            "clinic": ["a", "b", "b", "c"],
        },
        "groups": ["patient", "clinic"],
        "expect": {"groups": 2, "test_rows_leaking_total": 0},
    },
    "forward folds: the past alone is train": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, 2, 2], "patient": [1, 2, 1, 1]},
        "groups": ["patient"],
        "scheme": "forward",
        "expect": {
            "groups_spanning": 1,
            "rows_in_spanning_groups": 3,
            "cross_fold_pairs": 2,
            "rounds.1.test_rows_leaking": 0,
            "rounds.2.test_rows_leaking": 2,
            "test_rows_leaking_total": 2,
        },
    },
    "more leaks than the policy allows": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, 0, 1], "patient": [5, 5, 6, 7]},
        "groups": ["patient"],
        "rule": {"max_test_rows_leaking": 1},
        "expect": {"test_rows_leaking_total": 2},
    },
}
