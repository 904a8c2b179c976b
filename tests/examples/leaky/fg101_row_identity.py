"""Tables whose ids do not tell rows apart."""

EXAMPLES = {
    "an id occurs twice": {
        "columns": {"id": [1, 2, 2, 3], "fold": [0, 1, 0, 1]},
        "expect": {"rows": 4, "null_ids": 0, "duplicate_ids": 1},
    },
    "an id occurs three times, another twice": {
        "columns": {"id": ["a", "b", "a", "a", "b"], "fold": [0, 1, 0, 1, 0]},
        "expect": {"rows": 5, "null_ids": 0, "duplicate_ids": 3},
    },
    "rows without an id": {
        "columns": {"id": [1, None, 3, None], "fold": [0, 1, 0, 1]},
        "expect": {"rows": 4, "null_ids": 2, "duplicate_ids": 0},
    },
    "a pair of columns that repeats": {
        "columns": {"patient": [1, 1, 2, 1], "visit": [1, 2, 1, 2], "fold": [0, 1, 0, 1]},
        "id": ["patient", "visit"],
        "expect": {"rows": 4, "null_ids": 0, "duplicate_ids": 1},
    },
    "a pair of columns of which one is null": {
        "columns": {"patient": [1, 1, 2, 2], "visit": [1, 2, None, 2], "fold": [0, 1, 0, 1]},
        "id": ["patient", "visit"],
        "expect": {"rows": 4, "null_ids": 1, "duplicate_ids": 0},
    },
}
