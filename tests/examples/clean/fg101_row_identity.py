"""Tables whose ids tell rows apart."""

EXAMPLES = {
    "whole numbers": {
        "columns": {"id": [4, 2, 3, 1], "fold": [0, 1, 0, 1]},
        "expect": {"rows": 4, "null_ids": 0, "duplicate_ids": 0},
    },
    "texts that are equal only as numbers": {
        "columns": {"id": ["7", "07", "007", " 7"], "fold": [0, 1, 0, 1]},
        "expect": {"rows": 4, "null_ids": 0, "duplicate_ids": 0},
    },
    "two columns that name a row together only": {
        "columns": {"patient": [1, 1, 2, 2], "visit": [1, 2, 1, 2], "fold": [0, 1, 0, 1]},
        "id": ["patient", "visit"],
        "expect": {"rows": 4, "null_ids": 0, "duplicate_ids": 0},
    },
}
