"""Folds with rows on both sides of every round."""

EXAMPLES = {
    "two equal folds": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, 0, 1]},
        "expect": {"folds": 2, "empty_rounds": 0, "size_ratio": 1.0, "rounds.1.train_rows": 2},
    },
    "rows that always train": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, -1, 1]},
        "expect": {
            "folds": 2,
            "empty_rounds": 0,
            "rounds.0.train_rows": 3,
            "rounds.0.test_rows": 1,
            "rows_in_no_test_set": 1,
        },
    },
    "forward folds": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 0, 1, 2]},
        "scheme": "forward",
        "expect": {"folds": 3, "empty_rounds": 0, "rounds.2.train_rows": 3},
    },
    "sizes 4 and 2 where twice is allowed": {
        "columns": {"id": [1, 2, 3, 4, 5, 6], "fold": [0, 0, 0, 0, 1, 1]},
        "rule": {"max_size_ratio": 2.0},
        "expect": {"folds": 2, "size_ratio": 2.0},
    },
}
