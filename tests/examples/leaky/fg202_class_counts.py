"""Folds in which a class has too few rows."""

EXAMPLES = {
    "one class only": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 0, 1, 1], "y": list("aaaa")},
        "label": "y",
        "expect": {"min_test": {"a": 2}, "classes": 1, "shortfalls": 0},
    },
    "the rare class is in one fold alone": {
        "columns": {"id": [1, 2, 3, 4, 5], "fold": [0, 0, 1, 1, 1], "y": list("aabba")},
        "label": "y",
        "expect": {
            "min_test": {"a": 1, "b": 0},
            "min_train": {"a": 1, "b": 0},
            "classes_missing_in_test": ["b"],
            "classes_missing_in_train": ["b"],
            "shortfalls": 2,
        },
    },
    "a class that only rows in no test set have": {
        "columns": {"id": [1, 2, 3], "fold": [0, 1, -1], "y": [0, 0, 1]},
        "label": "y",
        "expect": {
            "min_test": {"0": 1, "1": 0},
            "min_train": {"0": 1, "1": 1},
            "classes_missing_in_test": ["1"],
            "classes_missing_in_train": [],
        },
    },
    "two rows where the policy asks for three": {
        "columns": {"id": [1, 2, 3, 4, 5], "fold": [0, 0, 1, 1, 1], "y": list("aaaaa")},
        "label": "y",
        "rule": {"min_test": 3},
        "expect": {"min_test": {"a": 2}, "classes_missing_in_test": [], "shortfalls": 1},
    },
    "too little of a class to train on": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, 1, 1], "y": list("aaaa")},
        "label": "y",
        "scheme": "forward",
        "rule": {"min_train": 2},
        "expect": {"min_train": {"a": 1}, "min_test": {"a": 3}, "shortfalls": 1},
    },
    "a label of spaces and markup": {
        "columns": {"id": [1, 2, 3], "fold": [0, 1, 1], "y": [" ", " ", "<script>\x1b[31m"]},
        "label": "y",
        "expect": {"classes_missing_in_test": ["<script>\x1b[31m"], "shortfalls": 2},
    },
}
