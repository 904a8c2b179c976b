"""Tables that are, whatever their form, the one their fold map was made from."""

TABLE = {"id": [1, 2, 3, 4], "y": ["a", "b", "a", "b"], "x": [1.0, 2.0, None, 4.0]}
AGREED = {"rows_missing": 0, "rows_extra": 0, "rows_changed": 0, "labels_changed": 0}

EXAMPLES = {
    "the same table": {
        "made_from": TABLE,
        "columns": TABLE,
        "label": "y",
        "expect": {**AGREED, "edited": False, "columns_changed": False},
    },
    "other order of rows and columns": {
        "made_from": TABLE,
        "columns": {name: TABLE[name][::-1] for name in ("x", "y", "id")},
        "label": "y",
        "expect": AGREED,
    },
    "whole numbers that a file format made floats of, or the other way round": {
        "made_from": TABLE,
        "columns": {"id": [1.0, 2.0, 3.0, 4.0], "y": TABLE["y"], "x": [1, 2, None, 4]},
        "expect": AGREED,
    },
    "a missing number as NaN": {
        "made_from": TABLE,
        "columns": {**TABLE, "x": [1.0, 2.0, float("nan"), 4.0]},
        "expect": AGREED,
    },
}
