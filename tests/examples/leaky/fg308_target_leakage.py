"""Features that give the label away."""

_PAIRS = {
    "id": list(range(40)),
    "fold": [i // 2 % 4 for i in range(40)],
    "y": ["no", "yes"] * 20,
}

EXAMPLES = {
    "the label under another name": {
        "columns": {**_PAIRS, "code": [3, 7] * 20, "age": [50] * 40},
        "label": "y",
        "expect": {
            "metric": "roc_auc",
            "golden": 1,
            "suspicious": 0,
            "features.code.score": 1.0,
            "features.code.verdict": "golden",
            "features.age.score": 0.5,
            "features.age.verdict": "ok",
            "labelled_rows": 40,
        },
    },
    "a value that is missing wherever the answer is no": {
        "columns": {**_PAIRS, "dose": [None if i % 2 == 0 else i % 8 for i in range(40)]},
        "label": "y",
        "expect": {
            "features.dose.missingness_score": 1.0,
            "features.dose.verdict": "golden",
        },
    },
    # Class a is told without fault. Of b and c one is guessed: the other ties, a is ranked below.
    "one of three classes is given away": {
        "columns": {
            "id": list(range(120)),
            "fold": [i // 3 % 4 for i in range(120)],
            "y": list("abc") * 40,
            "flag": [True, False, False] * 40,
        },
        "label": "y",
        "expect": {
            "metric": "macro_roc_auc",
            "features.flag.score": (1 + 0.75 + 0.75) / 3,
            "features.flag.class": "a",
            "features.flag.class_score": 1.0,
            "features.flag.verdict": "suspicious",
        },
    },
    # A grade is predicted from 15 train rows and a tenth of one like all others: off by 1/151.
    "grades that stand for a continuous label": {
        "columns": {
            "id": list(range(80)),
            "fold": [i // 4 % 4 for i in range(80)],
            "y": [0.5, 1.5, 2.5, 3.5] * 20,
            "grade": list("dbca") * 20,
        },
        "label": "y",
        "expect": {
            "metric": "r2_of_ranks",
            "features.grade.score": 1 - 1 / 151**2,
            "features.grade.verdict": "golden",
        },
    },
}
