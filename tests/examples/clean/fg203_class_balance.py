"""Folds with the class shares of the whole."""

EXAMPLES = {
    "equal shares in folds of unequal size": {
        "columns": {"id": list(range(6)), "fold": [0, 0, 1, 1, 1, 1], "y": list("ababab")},
        "label": "y",
        "expect": {"max_share_deviation": 0.0, "mean_share_deviation": 0.0, "bound_reached": True},
    },
    "unequal rows that always train": {
        "columns": {"id": list(range(6)), "fold": [0, 0, 1, 1, -1, -1], "y": list("ababaa")},
        "label": "y",
        "expect": {"max_share_deviation": 0.0},
    },
    "off by less than the policy allows": {
        "columns": {"id": list(range(6)), "fold": [0, 0, 0, 1, 1, 1], "y": list("abbaab")},
        "label": "y",
        "rule": {"max_share_deviation": 0.2},
        "expect": {"max_share_deviation": 1 / 6, "mean_share_deviation": 1 / 6},
    },
    "null labels and an empty fold": {
        "columns": {"id": list(range(5)), "fold": [0, 0, 2, 2, 2], "y": ["a", "b", "b", "a", None]},
        "label": "y",
        "expect": {"max_share_deviation": 0.0, "null_labels": 1},
    },
}
