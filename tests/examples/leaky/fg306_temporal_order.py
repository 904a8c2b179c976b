"""Rounds that train on the future."""

from datetime import date, datetime

EXAMPLES = {
    "shuffled folds over numbered days": {
        "columns": {"id": [1, 2, 3, 4], "fold": [0, 1, 0, 1], "day": [1, 2, 3, 4]},
        "time": "day",
        "expect": {
            "rounds.0.test_min": 1,
            "rounds.0.test_max": 3,
            "rounds.0.train_rows_after_test_min": 2,
            "rounds.0.train_rows_at_or_after_test_min": 2,
            "rounds.0.train_rows_after_test_max": 1,
            "rounds.0.test_rows_before_train_max": 2,
            "rounds.0.future_pairs": 3,
            "rounds.1.train_rows_after_test_min": 1,
            "rounds.1.train_rows_after_test_max": 0,
            "rounds.1.test_rows_before_train_max": 1,
            "rounds.1.future_pairs": 1,
            "rounds_violating": 2,
            "future_pairs_total": 4,
        },
    },
    "a day that both sides share": {
        "columns": {
            "id": [1, 2, 3, 4],
            "fold": [0, 0, 1, 1],
            "day": [date(2020, 3, 1), date(2020, 3, 2), date(2020, 3, 2), date(2020, 3, 3)],
        },
        "time": "day",
        "scheme": "forward",
        "expect": {
            "rounds.1.test_min": "2020-03-02",
            "rounds.1.test_max": "2020-03-03",
            "rounds.1.train_rows_after_test_min": 0,
            "rounds.1.train_rows_at_or_after_test_min": 1,
            "rounds.1.future_pairs": 0,
            "rounds_violating": 1,
        },
    },
    "one late row among rows without a time": {
        "columns": {
            "id": [1, 2, 3, 4],
            "fold": [0, 0, 1, 1],
            "at": [datetime(2020, 1, 1, 12), datetime(2020, 1, 3), None, datetime(2020, 1, 2)],
        },
        "time": "at",
        "scheme": "forward",
        "expect": {
            "rounds.1.test_min": "2020-01-02T00:00:00",
            "rounds.1.train_rows_after_test_min": 1,
            "rounds.1.future_pairs": 1,
            "null_times": 1,
        },
    },
    "a train row within the gap of two days, at its far end": {
        "columns": {
            "id": [1, 2, 3],
            "fold": [0, 0, 1],
            "day": [date(2020, 3, 1), date(2020, 3, 2), date(2020, 3, 4)],
        },
        "time": "day",
        "scheme": "forward",
        "rule": {"min_gap": 2},
        "expect": {
            "rounds.1.train_rows_at_or_after_test_min": 0,
            "rounds.1.train_rows_within_gap": 1,
            "rounds_violating": 1,
        },
    },
    "a gap counts ties even where ties alone may pass": {
        "columns": {"id": [1, 2], "fold": [0, 1], "day": [1.5, 1.5]},
        "time": "day",
        "scheme": "forward",
        "rule": {"min_gap": 1, "strict": False},
        "expect": {"rounds.1.train_rows_within_gap": 0, "rounds_violating": 1},
    },
}
