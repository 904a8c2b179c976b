"""Ids, orders and groups that tell the label."""

# 0, 20, 1, 21, ...: the order of rows tells nothing, the numbers do.
_MIXED = [i // 2 + 20 * (i % 2) for i in range(40)]

EXAMPLES = {
    "all cases come first": {
        "columns": {
            "id": list(range(40)),
            "fold": [i % 4 for i in range(40)],
            "y": ["yes"] * 20 + ["no"] * 20,
        },
        "label": "y",
        "expect": {
            "metric": "roc_auc",
            "associations.id.score": 1.0,
            "associations.row_order.score": 1.0,
            "associations.row_order.same_as": "id",
            "associations.row_order.held_out": "folds",
        },
    },
    "all cases come first, and folds were cut in that order": {
        "columns": {
            "fold": [i // 10 for i in range(40)],
            "y": ["yes"] * 20 + ["no"] * 20,
        },
        "id": [],
        "label": "y",
        "expect": {
            "associations.row_order.score": 1.0,
            "associations.row_order.held_out": "blocks",
        },
    },
    "numbers at the end of ids of text": {
        "columns": {
            "id": [f"{'dbac'[n % 4]}-{n:02}/x" for n in _MIXED],
            "fold": [i // 2 % 4 for i in range(40)],
            "y": ["yes", "no"] * 20,
        },
        "label": "y",
        "expect": {
            "associations.id.score": 1.0,
            "associations.id.by": "number",
            "associations.id.flagged": True,
        },
    },
    "who is ill is seen twice": {
        "columns": {
            "id": list(range(80)),
            "fold": [i // 4 % 4 for i in range(80)],
            "y": ["ill", "ill", "well", "well"] * 20,
            "patient": [i - 1 if i % 4 == 1 else i for i in range(80)],
        },
        "label": "y",
        "groups": ["patient"],
        "expect": {
            "associations.group_size:patient.score": 1.0,
            "associations.id.score": 0.5,
            "not_scored": {"group:patient": "no group lies in several folds"},
        },
    },
}
