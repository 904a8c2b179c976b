"""Rows of test that train almost holds."""

NAN = float("nan")
# Quartiles 2.5 and 7.5: with the default tolerance, a twentieth apart is near.
SPREAD = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]
TITLE = "View of the harbour at low tide, morning"

EXAMPLES = {
    "a number that was rounded": {
        "columns": {
            "id": list(range(12)),
            "fold": [0] * 6 + [1] * 5 + [1],
            "x": [*SPREAD, 3.04],
            "sex": ["f"] * 12,
        },
        "expect": {
            "threshold.tolerance": 0.01,
            "expected_recall": 1.0,
            "columns": 2,
            "clusters": 1,
            "clusters_of_equal_rows": 0,
            "largest_cluster": 2,
            "near_pairs": 1,
            "rows_in_clusters": 2,
            "clusters_crossing": 1,
            "rows_in_crossing_clusters": 2,
            "cross_fold_pairs": 1,
            "rounds.0.test_rows_with_copy_in_train": 1,
            "rounds.1.test_rows_with_copy_in_train": 1,
            "test_rows_with_copy_in_train_total": 2,
        },
    },
    # Rows 0 and 2 are not near: only the middle one and what it is near to count.
    "a chain: rows are counted by pairs, clusters by chains": {
        "columns": {"id": [0, 1, 2, 3, 4], "fold": [0, 0, 1, 1, 1], "x": [0.0, 1.0, 2.0, 9.0, 5.0]},
        # Quartiles 1 and 5.
        "rule": {"tolerance": 0.25},
        "expect": {
            "clusters": 1,
            "largest_cluster": 3,
            "largest_diameter": 0.5,
            "near_pairs": 2,
            "cross_fold_pairs": 2,
            "rounds.0.test_rows_with_copy_in_train": 1,
            "rounds.1.test_rows_with_copy_in_train": 1,
            "test_rows_with_copy_in_train_total": 2,
        },
    },
    "a long text with one letter changed, and one with other case and spaces": {
        "columns": {
            "id": [1, 2, 3, 4],
            "fold": [0, 1, 1, 1],
            "title": [TITLE, TITLE.replace("low", "lew"), TITLE.upper() + " ", "Something else"],
        },
        # 38 shingles each, 3 of them changed: 35 of 41 are shared.
        "expect": {
            "threshold.similarity": 0.8,
            "clusters": 1,
            "rows_in_clusters": 3,
            "near_pairs": 1,
            "rounds.0.test_rows_with_copy_in_train": 1,
            "rounds.1.test_rows_with_copy_in_train": 2,
        },
    },
    "mixed columns, all of them near": {
        "columns": {
            "id": list(range(12)),
            "fold": [0, 1] * 6,
            "x": [*SPREAD, 0.05],
            "ward": ["a"] * 11 + ["A "],
            "note": [f"{TITLE} no {i}" * 2 for i in range(11)] + [f"{TITLE} no 0" * 2],
            "seen": [None, *[True] * 10, None],
        },
        "expect": {"columns": 4, "clusters": 1, "test_rows_with_copy_in_train_total": 2},
    },
    "equal rows are near; null is near null, NaN near null, infinity near infinity": {
        "columns": {
            "id": [1, 2, 3, 4, 5, 6],
            "fold": [0, 1, 0, 1, 0, 1],
            "a": [1.0, 1.0, NAN, None, float("inf"), float("inf")],
        },
        "expect": {
            "clusters": 3,
            "clusters_of_equal_rows": 3,
            "largest_diameter": 0.0,
            "near_pairs": 0,
            "test_rows_with_copy_in_train_total": 6,
        },
    },
}
