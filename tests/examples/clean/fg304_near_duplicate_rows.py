"""Rows of test that are unlike all rows of train."""

SPREAD = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]
TITLE = "View of the harbour at low tide, morning"

EXAMPLES = {
    "numbers a little too far apart": {
        "columns": {"id": list(range(12)), "fold": [0] * 6 + [1] * 6, "x": [*SPREAD, 3.06]},
        "expect": {"clusters": 0, "near_pairs": 0, "largest_cluster": 0, "expected_recall": 1.0},
    },
    "near in all columns but one": {
        "columns": {
            "id": list(range(12)),
            "fold": [0] * 6 + [1] * 6,
            "x": [*SPREAD, 3.04],
            "y": [*SPREAD, 3.01],
            "ward": ["a"] * 11 + ["b"],
        },
        "expect": {"columns": 3, "clusters": 0},
    },
    "near rows lie together": {
        "columns": {"id": list(range(12)), "fold": [0] * 6 + [1] * 5 + [0], "x": [*SPREAD, 3.04]},
        "expect": {"clusters": 1, "clusters_crossing": 0, "cross_fold_pairs": 0},
    },
    "a null is near no number, one infinity not near the other": {
        "columns": {
            "id": [1, 2, 3, 4],
            "fold": [0, 1, 0, 1],
            "a": [0.0, None, float("inf"), float("-inf")],
        },
        "expect": {"clusters": 0},
    },
    "texts with a word changed, short ones with a letter": {
        "columns": {
            "id": [1, 2, 3, 4],
            "fold": [0, 1, 0, 1],
            "title": [TITLE, TITLE.replace("harbour", "cathedral"), "x", "y"],
            "name": ["anna", "anna", "ada", "ida"],
        },
        "expect": {"clusters": 0},
    },
    "forward folds: the near row is on no side": {
        "columns": {
            "id": list(range(12)),
            "fold": [0, 1, 0, -1, 1, 0, 1, 0, 1, 0, 1, 1],
            "x": [*SPREAD, 3.04],
        },
        "scheme": "forward",
        "expect": {"clusters_crossing": 1, "test_rows_with_copy_in_train_total": 0},
    },
    "as many as the policy allows": {
        "columns": {"id": list(range(12)), "fold": [0] * 6 + [1] * 6, "x": [*SPREAD, 3.04]},
        "rule": {"max_test_rows_with_copy": 2},
        "expect": {"test_rows_with_copy_in_train_total": 2},
    },
}
