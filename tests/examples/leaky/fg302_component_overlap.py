"""Components on both sides of a round."""

EXAMPLES = {
    "a chain over two keys": {
        "columns": {
            "id": [1, 2, 3, 4],
            "fold": [0, 0, 1, 1],
            "patient": [1, 1, 2, 3],
            "clinic": ["a", "b", "b", "c"],
        },
        "groups": ["patient", "clinic"],
        "expect": {
            "components": 2,
            "largest_component": 3,
            "groups_spanning": 1,
            "rows_in_spanning_groups": 3,
            "cross_fold_pairs": 2,
            "rounds.0.test_rows_leaking": 2,
            "rounds.1.test_rows_leaking": 1,
            "test_rows_leaking_total": 3,
        },
    },
    "linked by one key, null in the other": {
        "columns": {
            "id": [1, 2, 3],
            "fold": [0, 1, 1],
            "patient": [None, None, 3],
            "clinic": ["a", "a", "b"],
        },
        "groups": ["patient", "clinic"],
        "expect": {"components": 2, "null_keys": 0, "test_rows_leaking_total": 2},
    },
    "one value links everything": {
        "columns": {
            "id": [1, 2, 3, 4],
            "fold": [0, 1, 2, 2],
            "patient": [1, 2, 3, 4],
            "site": ["unknown"] * 4,
        },
        "groups": ["patient", "site"],
        "expect": {
            "components": 1,
            "largest_component": 4,
            "cross_fold_pairs": 5,
            "test_rows_leaking_total": 4,
        },
    },
}
