"""FG101, FG201, FG202 and FG203 in SQL: ids, sizes of sides, classes."""

from __future__ import annotations

import math
from fractions import Fraction

from tests.checks.truth.store import Measured, Stored

_SHOWN = 20


def row_identity(at: Stored) -> Measured:
    """FG101."""
    ids = ", ".join(at.column(each) for each in at.case.id)
    known = " AND ".join(f"{at.column(each)} IS NOT NULL" for each in at.case.id)
    rows = at.one("SELECT COUNT(*) FROM cell")
    with_id = at.one(f"SELECT COUNT(*) FROM cell WHERE {known}")
    distinct = at.one(f"SELECT COUNT(*) FROM (SELECT DISTINCT {ids} FROM cell WHERE {known})")
    return {"rows": rows, "null_ids": rows - with_id, "duplicate_ids": with_id - distinct}


def fold_shape(at: Stored) -> Measured:
    """FG201."""
    rounds = at.by_round(
        ("train_rows", "test_rows"),
        """SELECT j, (SELECT COUNT(*) FROM trained WHERE trained.j = round.j),
                  (SELECT COUNT(*) FROM tested WHERE tested.j = round.j) FROM round""",
    )
    tested = [each["test_rows"] for each in rounds.values() if each["test_rows"]]
    return {
        "rounds": rounds,
        "empty_rounds": sum(not all(each.values()) for each in rounds.values()),
        "folds": at.one("SELECT COUNT(DISTINCT fold) FROM cell WHERE fold >= 0"),
        "size_ratio": max(tested) / min(tested) if tested else None,
        "rows_in_no_test_set": at.one(
            "SELECT COUNT(*) FROM cell WHERE row NOT IN (SELECT row FROM tested)"
        ),
        "rows_excluded": at.one("SELECT COUNT(*) FROM cell WHERE fold = -2"),
        "rows_on_both_sides": at.one("SELECT COUNT(*) FROM trained JOIN tested USING (j, row)"),
    }


def class_counts(at: Stored) -> Measured:
    """FG202: of each class, its rows in the smallest test and the smallest train side."""
    for side in ("tested", "trained"):
        at.db.execute(
            f"""CREATE TEMP TABLE {side}_class AS
                SELECT known.class, j, COALESCE(n, 0) AS n
                FROM (SELECT DISTINCT class FROM cell WHERE class IS NOT NULL) AS known
                CROSS JOIN round
                LEFT JOIN (SELECT class, j, COUNT(*) AS n FROM {side} JOIN cell USING (row)
                           GROUP BY class, j) AS found USING (class, j)"""
        )
    least = at.rows(
        """SELECT class, MIN(tested_class.n), MIN(trained_class.n)
           FROM tested_class JOIN trained_class USING (class, j) GROUP BY class ORDER BY class"""
    )
    rarest = sorted(least, key=lambda each: each[1:])[:_SHOWN]
    unseen = {side: [each[0] for each in least if each[side] == 0] for side in (1, 2)}
    short = "SELECT COUNT(*) FROM {} WHERE n = 0"
    return {
        "min_test": {name: test for name, test, _ in rarest},
        "min_train": {name: train for name, _, train in rarest},
        "classes_missing_in_test": unseen[1][:_SHOWN],
        "classes_missing_in_train": unseen[2][:_SHOWN],
        "classes": len(least),
        "classes_shown": len(rarest),
        "classes_missing_in_test_count": len(unseen[1]),
        "classes_missing_in_train_count": len(unseen[2]),
        "shortfalls": at.one(short.format("tested_class")) + at.one(short.format("trained_class")),
        "null_labels": at.one("SELECT COUNT(*) FROM cell WHERE class IS NULL"),
    }


def class_balance(at: Stored) -> Measured:
    """FG203 in fractions; ``worst`` are all places of the largest difference."""
    dealt = "FROM cell WHERE fold >= 0 AND class IS NOT NULL"
    sizes = dict(at.rows(f"SELECT fold, COUNT(*) {dealt} GROUP BY fold"))
    totals = dict(at.rows(f"SELECT class, COUNT(*) {dealt} GROUP BY class"))
    counts = {
        (fold, name): n
        for fold, name, n in at.rows(f"SELECT fold, class, COUNT(*) {dealt} GROUP BY 1, 2")
    }
    rows = sum(sizes.values())
    off = {
        (fold, name): abs(Fraction(counts.get((fold, name), 0), size) - Fraction(total, rows))
        for fold, size in sizes.items()
        for name, total in totals.items()
    }
    most = max(off.values())
    bound = max(_least_deviation(list(sizes.values()), total) for total in totals.values())
    return {
        "max_share_deviation": most,
        "mean_share_deviation": sum(off.values()) / len(off),
        "lower_bound": bound,
        "bound_reached": most == bound,
        "worst": {place for place, each in off.items() if each == most},
        "null_labels": at.one("SELECT COUNT(*) FROM cell WHERE fold >= 0 AND class IS NULL"),
    }


def _least_deviation(sizes: list[int], total: int) -> Fraction:
    """Try every deviation that whole rows can have, from the least up."""
    share = Fraction(total, sum(sizes))
    possible = sorted(
        {
            abs(Fraction(rows, size) - share)
            for size in sizes
            for rows in range(
                max(0, math.floor(size * share) - len(sizes)),
                min(size, math.ceil(size * share) + len(sizes)) + 1,
            )
        }
    )
    for deviation in possible:
        most = [math.floor(size * (share + deviation)) for size in sizes]
        least = [max(0, math.ceil(size * (share - deviation))) for size in sizes]
        reachable = all(low <= high for low, high in zip(least, most, strict=True))
        if reachable and sum(least) <= total <= sum(most):
            return deviation
    raise AssertionError("rows can always be dealt in whole numbers")
