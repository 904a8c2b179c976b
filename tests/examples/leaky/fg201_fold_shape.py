"""Folds that leave a side empty, or too uneven."""

EXAMPLES = {
    "a fold number is missing": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, 3, 3]},
        "expect": {"folds": 3, "empty_rounds": 1, "rounds.2.test_rows": 0, "rounds.3.test_rows": 2},
    },
    "one fold only": {
        "columns": {"id": [1, 2, 3], "fold": [0, 0, 0]},
        "expect": {"folds": 1, "empty_rounds": 1, "rounds.0.train_rows": 0},
    },
    "one fold beside rows that always train": {
        "columns": {"id": [1, 2, 3], "fold": [0, -1, -1]},
        "expect": {"folds": 1, "empty_rounds": 0, "rows_in_no_test_set": 2},
    },
    "no row is tested": {
        "columns": {"id": [1, 2], "fold": [-1, -1]},
        "expect": {"folds": 0, "empty_rounds": 0, "size_ratio": None},
    },
    "forward folds without a first block to train on": {
        "columns": {"id": [1, 2, 3, 4], "fold": [1, 1, 2, 2]},
        "scheme": "forward",
        "expect": {"folds": 2, "empty_rounds": 1, "rounds.1.train_rows": 0},
    },
    "sizes 4 and 1 where twice is allowed": {
        "columns": {"id": [1, 2, 3, 4, 5], "fold": [0, 0, 0, 0, 1]},
        "rule": {"max_size_ratio": 2},
        "expect": {"folds": 2, "empty_rounds": 0, "size_ratio": 4.0},
    },
}
