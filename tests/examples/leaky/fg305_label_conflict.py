"""Equal rows with different labels."""

EXAMPLES = {
    "a pair that disagrees": {
        "columns": {"id": [1, 2, 3], "fold": [0, 1, 1], "y": list("pqq"), "a": [1, 1, 2]},
        "label": "y",
        "expect": {"clusters_conflicting": 1, "rows_conflicting": 2},
    },
    "one of three disagrees, in one fold": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 0, 0, 1], "y": [0, 0, 1, 1], "a": [5, 5, 5, 6]},
        "label": "y",
        "expect": {"clusters_conflicting": 1, "rows_conflicting": 3},
    },
    "two sets, one row of which has no label": {
        "columns": {
            "id": [1, 2, 3, 4, 5],
            "fold": [0, 0, 0, 1, 1],
            "y": ["p", "q", None, "p", "q"],
            "a": [5.0, 5.0, 5.0, None, float("nan")],
        },
        "label": "y",
        "expect": {"clusters_conflicting": 2, "rows_conflicting": 4},
    },
}
