"""Features that are distributed otherwise in one fold than in the rest."""

EXAMPLES = {
    "a number that counts up with the fold": {
        "columns": {
            "id": list(range(60)),
            "fold": [0] * 30 + [1] * 30,
            "a": list(range(60)),
        },
        # No value of fold 0 is above any of fold 1: D is 1. Two folds and one comparison of both.
        "expect": {
            "features_tested": 1,
            "features_drifting": 1,
            "drifting": ["a"],
            "tests": 3,
            "features.a.0.statistic": 1.0,
            "features.a.1.effect": 1.0,
            "largest_effect": 1.0,
        },
    },
    "a category that is twice as frequent in one fold": {
        "columns": {
            "id": list(range(120)),
            "fold": [0] * 60 + [1] * 60,
            "a": ["x"] * 40 + ["y"] * 20 + ["x"] * 20 + ["y"] * 40,
        },
        # 120 (40 * 40 - 20 * 20)^2 / 60^4
        "expect": {
            "features.a.0.statistic": 120 * 1200**2 / 60**4,
            "features.a.0.effect": 1 / 3,
            "features.a.between.statistic": 120 * 1200**2 / 60**4,
            "tests_drifting": 3,
        },
    },
    "a feature that is missing in half of one fold": {
        "columns": {
            "id": list(range(120)),
            "fold": [0] * 60 + [1] * 60,
            "a": [1.5] * 90 + [None] * 20 + [float("nan")] * 10,
        },
        # 120 (60 * 30)^2 / (60 * 60 * 30 * 90); the one value that there is cannot drift.
        "expect": {
            "tests": 2,
            "features.a.0.missing.statistic": 40.0,
            "features.a.0.missing.effect": 0.5,
            "drifting": ["a"],
        },
    },
    "the ages of patients, dealt by age": {
        "columns": {
            "id": list(range(120)),
            "fold": [0] * 60 + [1] * 60,
            "patient": [f"p{row // 3}" for row in range(120)],
            "age": [20 + row // 3 for row in range(120)],
        },
        "groups": ["patient"],
        # Three equal rows a patient count for one.
        "expect": {"features.age.0.design_effect": 3.0, "features.age.0.statistic": 1.0},
    },
    "a block of time in which something began": {
        "columns": {
            "id": list(range(90)),
            "fold": [0] * 30 + [1] * 30 + [2] * 30,
            "day": list(range(90)),
            "site": ["old"] * 60 + ["new"] * 30,
        },
        "time": "day",
        "scheme": "forward",
        # Fold 2 against the rest: 100% and 0%. Folds 0 and 1: 0% and 50%.
        "expect": {
            "tests": 4,
            "features.site.2.effect": 1.0,
            "features.site.2.statistic": 90.0,
            "features.site.0.effect": 0.5,
        },
    },
}
