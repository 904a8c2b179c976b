"""Rounds that train on rows whose label is known while a test row's is not."""

from datetime import UTC, date, datetime

EXAMPLES = {
    "labels known two days later, blocks without a purge": {
        # Spans 1-3, 2-4, 3-5 | 4-6, 5-7, 6-8: rows 2 and 3 reach day 4, rows 4 and 5 begin by 5.
        "columns": {
            "id": [1, 2, 3, 4, 5, 6],
            "fold": [0, 0, 0, 1, 1, 1],
            "day": [1, 2, 3, 4, 5, 6],
            "known": [3, 4, 5, 6, 7, 8],
        },
        "time": "day",
        "evaluation_time": "known",
        "features": [],
        "expect": {
            "rounds.0.test_intervals": 1,
            "rounds.0.train_rows_to_purge": 2,
            "rounds.0.train_rows_to_embargo": 0,
            "rounds.1.test_intervals": 1,
            "rounds.1.train_rows_to_purge": 2,
            "rounds.1.train_rows_to_embargo": 0,
            "rounds_violating": 2,
            "train_rows_to_purge_total": 4,
            "train_rows_to_embargo_total": 0,
            "null_times": 0,
        },
    },
    "a span that ends on the very day on which a test row begins": {
        "columns": {
            "id": [1, 2],
            "fold": [0, 1],
            "day": [date(2020, 3, 1), date(2020, 3, 5)],
            "known": [date(2020, 3, 5), date(2020, 3, 9)],
        },
        "time": "day",
        "evaluation_time": "known",
        "scheme": "forward",
        "features": [],
        "expect": {"rounds.1.train_rows_to_purge": 1, "rounds_violating": 1},
    },
    "nothing to purge, but a train row two days after test": {
        # Test covers 1-2 and 8-8. Row 3 begins at 4, row 4 at 5: after 2, within 2 days only row 3.
        "columns": {
            "id": [1, 2, 3, 4],
            "fold": [1, 1, 0, 0],
            "day": [1, 8, 4, 5],
            "known": [2, 8, 4, 6],
        },
        "time": "day",
        "evaluation_time": "known",
        "rule": {"embargo": 2},
        "features": [],
        "expect": {
            "rounds.1.test_intervals": 2,
            "rounds.1.train_rows_to_purge": 0,
            "rounds.1.train_rows_to_embargo": 1,
            # Train covers 1-2 and 8-8, test 4-4 and 5-6: row 2 begins 2 days after 6.
            "rounds.0.test_intervals": 2,
            "rounds.0.train_rows_to_embargo": 1,
            "train_rows_to_embargo_total": 2,
        },
    },
    "an embargo alone, on datetimes, to its far end": {
        "columns": {
            "id": [1, 2, 3],
            "fold": [0, 1, 1],
            "at": [
                datetime(2020, 1, 1, 12, tzinfo=UTC),
                datetime(2020, 1, 3, 0, tzinfo=UTC),
                datetime(2020, 1, 3, 1, tzinfo=UTC),
            ],
        },
        "time": "at",
        "rule": {"embargo": 1.5},
        "features": [],
        "expect": {
            "rounds.0.train_rows_to_embargo": 1,
            "rounds.1.train_rows_to_embargo": 0,
            "rounds_violating": 1,
        },
    },
    "rows without an interval hide no others": {
        "columns": {
            "id": [1, 2, 3, 4],
            "fold": [0, 1, 0, 1],
            "day": [1, 1, None, 2],
            "known": [2, 2, 3, None],
        },
        "time": "day",
        "evaluation_time": "known",
        "features": [],
        "expect": {"null_times": 2, "train_rows_to_purge_total": 2},
    },
}
