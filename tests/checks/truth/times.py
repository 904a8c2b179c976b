"""FG306 and FG307 in SQL: the order of both sides in time, and the time they share."""

from __future__ import annotations

from tests.checks.truth.store import Measured, Stored


def temporal_order(at: Stored) -> Measured:
    """FG306; rows without a time are left out."""
    clock = at.clock
    assert clock is not None
    at.db.executescript(
        """CREATE TEMP TABLE moment AS
               SELECT j, begun, SUM(train) AS train, SUM(test) AS test FROM (
                   SELECT j, row, 1 AS train, 0 AS test FROM trained
                   UNION ALL SELECT j, row, 0, 1 FROM tested)
               JOIN cell USING (row) WHERE begun IS NOT NULL GROUP BY j, begun;
           CREATE TEMP TABLE reach AS
               SELECT j, MIN(begun) FILTER (WHERE test) AS first,
                      MAX(begun) FILTER (WHERE test) AS last,
                      MAX(begun) FILTER (WHERE train) AS latest
               FROM round LEFT JOIN moment USING (j) GROUP BY j;"""
    )
    gap = at.case.min_gap * clock.step
    names = (
        "test_min",
        "test_max",
        "train_max",
        "train_rows_after_test_min",
        "train_rows_at_or_after_test_min",
        "train_rows_after_test_max",
        "test_rows_before_train_max",
        "train_rows_within_gap",
        "future_pairs",
    )
    rounds = at.by_round(
        names,
        f"""SELECT reach.j, first, last, latest,
                   TOTAL(train) FILTER (WHERE begun > first),
                   TOTAL(train) FILTER (WHERE begun >= first),
                   TOTAL(train) FILTER (WHERE begun > last),
                   TOTAL(test) FILTER (WHERE begun < latest),
                   TOTAL(train) FILTER (WHERE begun < first AND first - begun <= {gap}),
                   TOTAL(train * earlier)
            FROM reach LEFT JOIN (
                SELECT *, SUM(test) OVER (PARTITION BY j ORDER BY begun
                          RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE GROUP)
                          AS earlier
                FROM moment) AS each USING (j)
            GROUP BY reach.j""",
    )
    for each in rounds.values():
        for name, value in each.items():
            if name in names[:3]:
                each[name] = None if value is None else clock.text(value)
            else:
                each[name] = int(value)
    return {
        "rounds": rounds,
        "rounds_violating": sum(
            each["train_rows_at_or_after_test_min"] + each["train_rows_within_gap"] > 0
            for each in rounds.values()
        ),
        "future_pairs_total": sum(each["future_pairs"] for each in rounds.values()),
        "null_times": at.one("SELECT COUNT(*) FROM cell WHERE begun IS NULL"),
    }


def purge_embargo(at: Stored) -> Measured:
    """FG307: every train span is held against every test span of the round."""
    clock = at.clock
    assert clock is not None
    embargo = at.case.embargo * clock.step
    for side in ("trained", "tested"):
        at.db.executescript(
            f"""CREATE TEMP TABLE {side}_span AS
                    SELECT j, begun, ended, COUNT(*) AS n FROM {side} JOIN cell USING (row)
                    WHERE begun <= ended GROUP BY j, begun, ended;
                CREATE INDEX {side}_begun ON {side}_span (j, begun, ended);"""
        )
    purge = """EXISTS (SELECT 1 FROM tested_span AS test WHERE test.j = train.j
                       AND test.begun <= train.ended AND train.begun <= test.ended)"""
    late = f"""EXISTS (SELECT 1 FROM tested_span AS test WHERE test.j = train.j
                       AND test.ended < train.begun AND train.begun - test.ended <= {embargo})"""
    rounds = at.by_round(
        ("test_intervals", "train_rows_to_purge", "train_rows_to_embargo"),
        f"""SELECT j, (SELECT COUNT(*) FROM (
                       SELECT begun > MAX(ended) OVER (ORDER BY begun, ended
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS apart
                       FROM tested_span WHERE tested_span.j = round.j)
                   WHERE apart IS NOT 0),
                   COALESCE(SUM(n) FILTER (WHERE purged), 0),
                   COALESCE(SUM(n) FILTER (WHERE late AND NOT purged), 0)
            FROM round LEFT JOIN (
                SELECT j, n, {purge} AS purged, {late} AS late FROM trained_span AS train
            ) USING (j) GROUP BY j""",
    )
    purged, embargoed = (
        [each[name] for each in rounds.values()]
        for name in ("train_rows_to_purge", "train_rows_to_embargo")
    )
    return {
        "rounds": rounds,
        "rounds_violating": sum(a + b > 0 for a, b in zip(purged, embargoed, strict=True)),
        "train_rows_to_purge_total": sum(purged),
        "train_rows_to_embargo_total": sum(embargoed),
        "null_times": at.one("SELECT COUNT(*) FROM cell WHERE begun IS NULL OR ended IS NULL"),
        "inverted_intervals": at.one("SELECT COUNT(*) FROM cell WHERE begun > ended"),
    }
