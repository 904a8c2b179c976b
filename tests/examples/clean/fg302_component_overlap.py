"""Components on one side of every round."""

EXAMPLES = {
    "a chain in one fold": {
        "columns": {
            "id": [1, 2, 3, 4],
            "fold": [0, 0, 0, 1],
            "patient": [1, 1, 2, 3],
            "clinic": ["a", "b", "b", "c"],
        },
        "groups": ["patient", "clinic"],
        "expect": {"components": 2, "largest_component": 3, "test_rows_leaking_total": 0},
    },
    "rows without any key are no component": {
        "columns": {
            "id": [1, 2, 3, 4],
            "fold": [0, 1, 0, 1],
            "patient": [1, None, None, 2],
            "clinic": ["a", None, None, "b"],
        },
        "groups": ["patient", "clinic"],
        "expect": {"components": 2, "null_keys": 2, "groups_spanning": 0},
    },
    "equal values of different keys link nothing": {
        "columns": {
            "id": [1, 2, 3, 4],
            "fold": [0, 0, 1, 1],
            "patient": [1, 1, 2, 2],
            "clinic": [2, 2, 1, 1],
        },
        "groups": ["patient", "clinic"],
        "expect": {"components": 2, "cross_fold_pairs": 0},
    },
}
