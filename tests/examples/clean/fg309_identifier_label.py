"""Ids, orders and groups that tell nothing, or of which nothing can be said."""

EXAMPLES = {
    "cases and others in turn": {
        "columns": {
            "id": list(range(40)),
            "fold": [i // 2 % 4 for i in range(40)],
            "y": ["yes", "no"] * 20,
        },
        "label": "y",
        "expect": {"associations.id.score": 0.5, "associations.row_order.score": 0.5},
    },
    # The other row of a patient says the opposite, and always does.
    "a case and a control of each patient, in different folds": {
        "columns": {
            "id": list(range(40)),
            "fold": [0, 1, 1, 0, 2, 3, 3, 2] * 5,
            "y": ["yes", "no"] * 20,
            "patient": [i // 2 for i in range(40)],
        },
        "label": "y",
        "groups": ["patient"],
        "expect": {
            "associations.group:patient.score": 0.0,
            "associations.group_size:patient.score": 0.5,
        },
    },
    "sorted by label, but too few rows to tell that from chance": {
        "columns": {"id": list(range(6)), "fold": [0, 1] * 3, "y": ["yes"] * 3 + ["no"] * 3},
        "label": "y",
        "expect": {"associations.id.flagged": False},
    },
    "an order that the policy allows": {
        "columns": {
            "id": list(range(40)),
            "fold": [i % 4 for i in range(40)],
            "y": ["yes"] * 20 + ["no"] * 20,
        },
        "label": "y",
        "rule": {"max_auc": 1.0},
        "expect": {"associations.id.score": 1.0, "associations.id.flagged": False},
    },
}
