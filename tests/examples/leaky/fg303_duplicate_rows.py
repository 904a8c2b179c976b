"""Rows of test that train holds as well."""

NAN = float("nan")

EXAMPLES = {
    "a pair that its id hides": {
        "columns": {"id": [1, 2, 3], "fold": [0, 1, 1], "a": [1, 1, 2], "b": ["x", "x", "x"]},
        "expect": {
            "columns": 2,
            "clusters": 1,
            "rows_in_clusters": 2,
            "clusters_crossing": 1,
            "rows_in_crossing_clusters": 2,
            "cross_fold_pairs": 1,
            "rounds.0.test_rows_with_copy_in_train": 1,
            "test_rows_with_copy_in_train_total": 2,
            "distinct_rows": 2,
        },
    },
    "null equals null, NaN equals NaN, minus nought equals nought": {
        "columns": {
            "id": [1, 2, 3, 4, 5, 6],
            "fold": [0, 1, 0, 1, 0, 1],
            "a": [0.0, -0.0, NAN, NAN, 1.0, 1.0],
            "b": ["x", "x", "y", "y", None, None],
        },
        "expect": {"clusters": 3, "test_rows_with_copy_in_train_total": 6},
    },
    "group and time never take part": {
        "columns": {
            "id": [1, 2, 3],
            "fold": [0, 1, 1],
            "patient": [1, 2, 3],
            "day": [1, 2, 3],
            "a": [7, 7, 8],
        },
        "groups": ["patient"],
        "time": "day",
        "expect": {"columns": 1, "clusters": 1, "test_rows_with_copy_in_train_total": 2},
    },
    "equal features, different labels": {
        "columns": {"id": [1, 2, 3], "fold": [0, 1, 1], "y": ["p", "q", "q"], "a": [7, 7, 8]},
        "label": "y",
        "expect": {"clusters": 1, "test_rows_with_copy_in_train_total": 2},
    },
    "a copy among the rows that always train": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, -1, -1], "a": [7, 8, 7, 7]},
        "expect": {
            "clusters": 1,
            "rows_in_clusters": 3,
            "cross_fold_pairs": 2,
            "test_rows_with_copy_in_train_total": 1,
        },
    },
}
