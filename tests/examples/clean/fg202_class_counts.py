"""Folds in which every class has enough rows."""

EXAMPLES = {
    "both classes in both folds": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 0, 1, 1], "y": list("abba")},
        "label": "y",
        "expect": {
            "min_test": {"a": 1, "b": 1},
            "classes_missing_in_test": [],
            "classes_missing_in_train": [],
        },
    },
    "a null label is no class": {
        "columns": {
            "id": [1, 2, 3, 4, 5],
            "fold": [0, 1, 1, 0, 1],
            "y": ["a", "a", None, "b", "b"],
        },
        "label": "y",
        "expect": {"min_test": {"a": 1, "b": 1}, "classes": 2, "null_labels": 1},
    },
    "forward folds: the first block is tested by no round": {
        "columns": {
            "id": [1, 2, 3, 4, 5, 6, 7, 8],
            "fold": [0, 0, 0, 1, 0, 0, 0, 1],
            "y": [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0],
        },
        "label": "y",
        "scheme": "forward",
        "rule": {"min_train": 3},
        "expect": {"min_test": {"1": 1, "2": 1}, "min_train": {"1": 3, "2": 3}},
    },
}
