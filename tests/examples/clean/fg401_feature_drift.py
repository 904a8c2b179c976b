"""Features that are distributed alike in all folds, or as alike as chance makes them."""

EXAMPLES = {
    "every value once in each fold": {
        "columns": {
            "id": list(range(80)),
            "fold": [row % 2 for row in range(80)],
            "a": [row // 2 for row in range(80)],
            "b": ["x", "x", "y", "y"] * 20,
        },
        "expect": {
            "features_tested": 2,
            "features_drifting": 0,
            "drifting": [],
            "tests": 6,
            "features.a.0.statistic": 0.0,
            "features.b.1.effect": 0.0,
            "features.b.1.p_adjusted": 1.0,
        },
    },
    "a small difference in a large table": {
        "columns": {
            "id": list(range(2000)),
            "fold": [0] * 1000 + [1] * 1000,
            "a": ["x"] * 540 + ["y"] * 460 + ["x"] * 460 + ["y"] * 540,
        },
        # Significant (p 0.00035, three times), but of 8 points only.
        "expect": {"features.a.0.statistic": 12.8, "features.a.0.effect": 0.08},
    },
    "patients that differ, five rows each": {
        "columns": {
            "id": list(range(200)),
            "fold": [0] * 100 + [1] * 100,
            "patient": [f"p{row // 5}" for row in range(200)],
            "blood": ["A"] * 65 + ["B"] * 35 + ["A"] * 35 + ["B"] * 65,
        },
        "groups": ["patient"],
        # As 200 rows 18 is far out of chance (p 0.00002); as 40 patients it is 3.6 (p 0.058).
        "expect": {
            "features.blood.0.statistic": 18.0,
            "features.blood.0.design_effect": 5.0,
            "features.blood.0.effect": 0.3,
            "features_drifting": 0,
        },
    },
    "a fold of few rows is named, a list is not tested": {
        "columns": {
            "id": list(range(50)),
            "fold": [0] * 22 + [1] * 22 + [2] * 3 + [-1] * 3,
            "a": ["x", "y"] * 22 + ["z"] * 6,
            "tags": [["t"]] * 50,
        },
        "expect": {
            "folds_tested": 2,
            "folds_too_small": 1,
            "features_tested": 1,
            "not_tested_count": 1,
        },
    },
}
