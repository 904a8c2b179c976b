"""Equal rows that agree on their label."""

EXAMPLES = {
    "copies agree": {
        "columns": {"id": [1, 2, 3], "fold": [0, 1, 1], "y": list("ppq"), "a": [1, 1, 2]},
        "label": "y",
        "expect": {"clusters_conflicting": 0, "rows_conflicting": 0},
    },
    "labels differ where features do": {
        "columns": {"id": [1, 2, 3], "fold": [0, 1, 1], "y": list("pqr"), "a": [1, 2, 3]},
        "label": "y",
        "expect": {"clusters_conflicting": 0, "rows_conflicting": 0},
    },
    "a row without a label contradicts nobody": {
        "columns": {"id": [1, 2, 3], "fold": [0, 1, 1], "y": ["p", None, "q"], "a": [1, 1, 2]},
        "label": "y",
        "expect": {"clusters_conflicting": 0, "rows_conflicting": 0},
    },
    "as many as the policy allows": {
        "columns": {"id": [1, 2, 3], "fold": [0, 1, 1], "y": list("pqq"), "a": [1, 1, 2]},
        "label": "y",
        "rule": {"max_rows_conflicting": 2},
        "expect": {"clusters_conflicting": 1, "rows_conflicting": 2},
    },
}
