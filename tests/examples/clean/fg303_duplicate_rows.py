"""Rows of test that train does not hold."""

EXAMPLES = {
    "no two rows are equal": {
        "columns": {"id": [1, 2, 3], "fold": [0, 1, 1], "a": [1, 1, 2], "b": ["x", None, "x"]},
        "expect": {"clusters": 0, "rows_in_clusters": 0, "distinct_rows": 3},
    },
    "copies lie together": {
        "columns": {"id": [1, 2, 3], "fold": [0, 0, 1], "y": list("ppq"), "a": [1, 1, 2]},
        "label": "y",
        "expect": {"clusters": 1, "clusters_crossing": 0, "cross_fold_pairs": 0},
    },
    "texts that differ in a space, numbers that differ in the last bit": {
        "columns": {
            "id": [1, 2, 3, 4],
            "fold": [0, 1, 0, 1],
            "a": ["x", "x ", "y", "y"],
            "b": [1.0, 1.0, 0.3, 0.1 + 0.2],
        },
        "expect": {"clusters": 0},
    },
    "forward folds: the copy is on no side": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, -1, 1], "a": [7, 8, 8, 9]},
        "scheme": "forward",
        "expect": {"clusters_crossing": 1, "test_rows_with_copy_in_train_total": 0},
    },
    "as many as the policy allows": {
        "columns": {"id": [1, 2, 3], "fold": [0, 1, 1], "a": [1, 1, 2]},
        "rule": {"max_test_rows_with_copy": 2},
        "expect": {"test_rows_with_copy_in_train_total": 2},
    },
}
