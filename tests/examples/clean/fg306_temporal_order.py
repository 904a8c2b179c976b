"""Rounds that train on the past alone."""

from datetime import date

EXAMPLES = {
    "blocks of days": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, 1, 2], "day": [1.0, 2.0, 3.5, 4.0]},
        "time": "day",
        "scheme": "forward",
        "expect": {
            "rounds.1.test_min": 2,
            "rounds.1.test_max": 3.5,
            "rounds.1.train_rows_at_or_after_test_min": 0,
            "rounds.1.train_rows_after_test_max": 0,
            "rounds.2.test_rows_before_train_max": 0,
            "rounds_violating": 0,
            "future_pairs_total": 0,
        },
    },
    "ties where the policy lets them pass": {
        "columns": {"id": [1, 2, 3], "fold": [0, 0, 1], "day": [1, 2, 2]},
        "time": "day",
        "scheme": "forward",
        "rule": {"strict": False},
        "expect": {"rounds.1.train_rows_at_or_after_test_min": 1, "rounds_violating": 0},
    },
    "a gap that is kept": {
        "columns": {
            "id": [1, 2, 3],
            "fold": [0, 0, 1],
            "day": [date(2020, 3, 1), date(2020, 3, 1), date(2020, 3, 4)],
        },
        "time": "day",
        "scheme": "forward",
        "rule": {"min_gap": 2},
        "expect": {"rounds.1.train_rows_within_gap": 0, "rounds.1.train_max": "2020-03-01"},
    },
    "rows without a time are left out and counted": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 0, 1, 1], "day": [1, None, 2, None]},
        "time": "day",
        "scheme": "forward",
        "expect": {"null_times": 2, "rounds_violating": 0, "rounds.1.test_max": 2},
    },
}
