"""Tables that are not the one their fold map was made from."""

TABLE = {"id": [1, 2, 3, 4], "y": ["a", "b", "a", "b"], "x": [1.5, 2.5, 3.5, 4.5]}


def _changed(**columns: list[object]) -> dict[str, list[object]]:
    return {**TABLE, **columns}


EXAMPLES = {
    "a row was added": {
        "made_from": {name: values[:3] for name, values in TABLE.items()},
        "columns": TABLE,
        "expect": {"rows_missing": 0, "rows_extra": 1, "rows_changed": 0, "labels_changed": 0},
    },
    "a row was dropped": {
        "made_from": TABLE,
        "columns": {name: values[1:] for name, values in TABLE.items()},
        "expect": {"rows_missing": 1, "rows_extra": 0, "rows_changed": 0, "labels_changed": 0},
    },
    "a value was changed": {
        "made_from": TABLE,
        "columns": _changed(x=[1.5, 2.5, 3.5, 4.25]),
        "expect": {"rows_missing": 0, "rows_extra": 0, "rows_changed": 1, "labels_changed": 0},
    },
    "a label was mended": {
        "made_from": TABLE,
        "columns": _changed(y=["a", "b", "b", "b"]),
        "label": "y",
        "expect": {"rows_missing": 0, "rows_extra": 0, "rows_changed": 1, "labels_changed": 1},
    },
    "a label was lost": {
        "made_from": TABLE,
        "columns": _changed(y=["a", "b", "a", None]),
        "label": "y",
        "expect": {"rows_missing": 0, "rows_extra": 0, "rows_changed": 1, "labels_changed": 1},
    },
    "a column was added": {
        "made_from": TABLE,
        "columns": _changed(z=[0, 0, 0, 0]),
        "label": "y",
        "expect": {"columns_changed": True, "rows_changed": 4, "labels_changed": 0},
    },
    "the folds of the map were swapped by hand": {
        "made_from": TABLE,
        "columns": TABLE,
        "edit": {0: 1, 1: 0},
        "expect": {"edited": True, "rows_changed": 0},
    },
    "ids became texts": {
        "made_from": TABLE,
        "columns": _changed(id=["1", "2", "3", "4"]),
        "expect": {"rows_missing": 4, "rows_extra": 4, "rows_changed": 0},
    },
}
