"""Features that leave the label to be predicted, or of which nothing can be said."""

_PAIRS = {
    "id": list(range(40)),
    "fold": [i // 2 % 4 for i in range(40)],
    "y": ["no", "yes"] * 20,
}

EXAMPLES = {
    # Half of those who say yes, and no others: of the pairs half are won and half are ties.
    "a feature that tells half of a class": {
        "columns": {**_PAIRS, "smokes": [i % 4 == 1 for i in range(40)]},
        "label": "y",
        "expect": {"golden": 0, "suspicious": 0, "features.smokes.score": 0.75},
    },
    "too few rows to tell a perfect feature from chance": {
        "columns": {
            "id": list(range(8)),
            "fold": [0, 0, 1, 1] * 2,
            "y": ["no", "yes"] * 4,
            "code": [3, 7] * 4,
        },
        "label": "y",
        "expect": {"features.code.score": 1.0, "features.code.verdict": "ok"},
    },
    "a perfect feature that is named as lawful": {
        "columns": {**_PAIRS, "code": [3, 7] * 20},
        "label": "y",
        "rule": {"lawful": ["code"]},
        "expect": {"golden": 1, "features.code.verdict": "golden"},
    },
    "values that no train row has, and lists": {
        "columns": {
            **_PAIRS,
            "name": [f"n{i * 7 % 40:02}" for i in range(40)],
            "tags": [[i] for i in range(40)],
        },
        "label": "y",
        "expect": {"features.name.score": 0.5, "features_scored": 1, "not_scored_count": 1},
    },
}
