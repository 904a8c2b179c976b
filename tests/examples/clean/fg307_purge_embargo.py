"""Rounds whose train rows keep their distance in time."""

from datetime import date

EXAMPLES = {
    "spans that end before the next block begins": {
        "columns": {
            "id": [1, 2, 3, 4],
            "fold": [0, 0, 1, 1],
            "day": [1, 2, 5, 6],
            "known": [3, 4, 7, 8],
        },
        "time": "day",
        "evaluation_time": "known",
        "features": [],
        "expect": {
            "rounds.0.test_intervals": 1,
            "rounds.0.train_rows_to_purge": 0,
            "rounds_violating": 0,
            "train_rows_to_purge_total": 0,
        },
    },
    "the rows between the blocks are left out": {
        # Fold -2 is in neither side: what it overlaps does not matter.
        "columns": {
            "id": [1, 2, 3],
            "fold": [0, -2, 1],
            "day": [date(2020, 3, 1), date(2020, 3, 2), date(2020, 3, 4)],
            "known": [date(2020, 3, 2), date(2020, 3, 4), date(2020, 3, 5)],
        },
        "time": "day",
        "evaluation_time": "known",
        "features": [],
        "expect": {"rounds.0.train_rows_to_purge": 0, "rounds.1.train_rows_to_purge": 0},
    },
    "a train row that begins right after the embargo": {
        "columns": {"id": [1, 2], "fold": [1, 0], "day": [1.0, 3.5], "known": [1.5, 4.0]},
        "time": "day",
        "evaluation_time": "known",
        "rule": {"embargo": 1.5},
        "features": [],
        "expect": {"rounds.1.train_rows_to_embargo": 0, "rounds.0.train_rows_to_embargo": 0},
    },
    "an embargo looks after test, not before it": {
        "columns": {"id": [1, 2], "fold": [0, 1], "day": [1, 2]},
        "time": "day",
        "scheme": "forward",
        "rule": {"embargo": 30},
        "features": [],
        "expect": {"rounds.1.test_intervals": 1, "rounds.1.train_rows_to_embargo": 0},
    },
    "as many as the policy allows": {
        "columns": {"id": [1, 2, 3], "fold": [0, 1, 1], "day": [1, 2, 9], "known": [2, 3, 9]},
        "time": "day",
        "evaluation_time": "known",
        "rule": {"max_train_rows": 1},
        "features": [],
        "expect": {"train_rows_to_purge_total": 2, "rounds_violating": 0},
    },
}
