"""Folds whose class shares are off."""

EXAMPLES = {
    "a quarter overall, half of one fold and none of the other": {
        "columns": {"id": list(range(8)), "fold": [0] * 4 + [1] * 4, "y": list("aaaaabab")},
        "label": "y",
        "expect": {
            "max_share_deviation": 0.25,
            "mean_share_deviation": 0.25,
            "lower_bound": 0.0,
            "bound_reached": False,
        },
    },
    "off, and yet as close as folds of three rows can be": {
        "columns": {"id": list(range(6)), "fold": [0, 0, 0, 1, 1, 1], "y": list("abbaab")},
        "label": "y",
        "expect": {"max_share_deviation": 1 / 6, "bound_reached": True},
    },
    "rows that always train do not mend the folds": {
        "columns": {"id": list(range(6)), "fold": [0, 0, 1, 1, -1, -1], "y": list("aabbab")},
        "label": "y",
        "expect": {"max_share_deviation": 0.5, "mean_share_deviation": 0.5},
    },
}
