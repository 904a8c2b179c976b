"""FG301, FG302, FG303 and FG305 in SQL: groups, components, copies, copies of another label."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from tests.checks.truth.store import Measured, Stored


def group_overlap(at: Stored, key: str) -> Measured:
    """FG301 of one key."""
    name = at.column(key)
    _members(at, f"SELECT {name}, row, fold FROM cell WHERE {name} IS NOT NULL")
    return {
        "groups": at.one("SELECT COUNT(DISTINCT unit) FROM member"),
        "null_keys": at.one(f"SELECT COUNT(*) FROM cell WHERE {name} IS NULL"),
        **_groups_over(at),
    }


def component_overlap(at: Stored) -> Measured:
    """FG302: rows that chains of shared keys tie together; an excluded row ties nothing."""
    keys = [at.column(each) for each in at.case.groups]
    rows = at.rows(f"SELECT row, {', '.join(keys)} FROM cell WHERE fold <> -2")
    found = list(_components(rows))
    folds = dict(at.rows("SELECT row, fold FROM cell"))
    _members(at, "SELECT 0, 0, 0 WHERE 0")
    at.db.executemany(
        "INSERT INTO member VALUES (?, ?, ?)",
        [(unit, row, folds[row]) for unit, component in enumerate(found) for row in component],
    )
    without = " AND ".join(f"{each} IS NULL" for each in keys)
    return {
        "components": len(found),
        "largest_component": max(map(len, found)),
        "groups": len(found),
        "null_keys": at.one(f"SELECT COUNT(*) FROM cell WHERE {without}"),
        **_groups_over(at),
    }


def duplicate_rows(at: Stored, columns: tuple[str, ...]) -> Measured:
    """FG303 over some columns."""
    _copies(at, columns)
    over = _over(at)
    rows = at.one("SELECT COUNT(*) FROM cell")
    inside = at.one("SELECT COUNT(*) FROM member")
    clusters = at.one("SELECT COUNT(DISTINCT unit) FROM member")
    return {
        "columns": len(columns),
        "clusters": clusters,
        "rows_in_clusters": inside,
        "clusters_crossing": over["spanning"],
        "rows_in_crossing_clusters": over["rows"],
        "cross_fold_pairs": over["pairs"],
        "rounds": {
            j: {"test_rows_with_copy_in_train": each["leaking"]}
            for j, each in over["rounds"].items()
        },
        "test_rows_with_copy_in_train_total": over["total"],
        "distinct_rows": rows - inside + clusters,
    }


def label_conflict(at: Stored) -> Measured:
    """FG305: a row without a label contradicts nobody."""
    _copies(at, at.case.taken)
    [(clusters, rows)] = at.rows(
        """SELECT COUNT(*), COALESCE(SUM(n), 0) FROM (
               SELECT COUNT(*) AS n FROM member JOIN cell USING (row) WHERE class IS NOT NULL
               GROUP BY unit HAVING COUNT(DISTINCT class) > 1)"""
    )
    return {"clusters_conflicting": clusters, "rows_conflicting": rows}


def _copies(at: Stored, columns: tuple[str, ...]) -> None:
    # Equal in every column is one rank in their order; NULL equals NULL there.
    named = ", ".join(at.column(each) for each in columns)
    _members(
        at,
        f"""SELECT unit, row, fold FROM (
                SELECT *, COUNT(*) OVER (PARTITION BY unit) AS n FROM (
                    SELECT DENSE_RANK() OVER (ORDER BY {named}) AS unit, row, fold FROM cell))
            WHERE n > 1""",
    )


def _members(at: Stored, query: str) -> None:
    at.db.execute("DROP TABLE IF EXISTS member")
    at.db.execute("CREATE TEMP TABLE member (unit, row INTEGER PRIMARY KEY, fold)")
    at.db.execute(f"INSERT INTO member {query}")


def _groups_over(at: Stored) -> Measured:
    over = _over(at)
    return {
        "groups_spanning": over["spanning"],
        "rows_in_spanning_groups": over["rows"],
        "cross_fold_pairs": over["pairs"],
        "rounds": {
            j: {"groups_shared": each["shared"], "test_rows_leaking": each["leaking"]}
            for j, each in over["rounds"].items()
        },
        "test_rows_leaking_total": over["total"],
    }


def _over(at: Stored) -> Measured:
    """How the sets of ``member`` lie over folds and rounds; fold -2 is no fold."""
    spanning, rows = at.rows(
        """SELECT COUNT(*), COALESCE(SUM(n), 0) FROM (
               SELECT COUNT(*) AS n FROM member WHERE fold <> -2
               GROUP BY unit HAVING COUNT(DISTINCT fold) > 1)"""
    )[0]
    at.db.execute("DROP TABLE IF EXISTS held")
    at.db.execute(
        """CREATE TEMP TABLE held AS
           SELECT unit, fold, COUNT(*) AS n FROM member WHERE fold <> -2 GROUP BY unit, fold"""
    )
    at.db.execute("CREATE INDEX held_unit ON held (unit, fold)")
    at.db.execute("DROP TABLE IF EXISTS taught")
    at.db.execute("CREATE TEMP TABLE taught (j, unit, PRIMARY KEY (j, unit)) WITHOUT ROWID")
    at.db.execute("INSERT INTO taught SELECT DISTINCT j, unit FROM trained JOIN member USING (row)")
    rounds = at.by_round(
        ("shared", "leaking"),
        """SELECT round.j, COUNT(DISTINCT leak.unit), COUNT(leak.unit) FROM round LEFT JOIN (
               SELECT j, unit FROM tested JOIN member USING (row) JOIN taught USING (j, unit)
           ) AS leak USING (j) GROUP BY round.j""",
    )
    return {
        "spanning": spanning,
        "rows": rows,
        "pairs": at.one(
            """SELECT COALESCE(SUM(a.n * b.n), 0)
               FROM held AS a JOIN held AS b ON a.unit = b.unit AND a.fold < b.fold"""
        ),
        "rounds": rounds,
        "total": sum(each["leaking"] for each in rounds.values()),
    }


def _components(rows: list[tuple[Any, ...]]) -> Iterable[list[int]]:
    """Walk from row to row along shared keys; rows without any key are in no component."""
    holders = defaultdict[tuple[int, Any], list[int]](list)
    keys_of = dict[int, list[tuple[int, Any]]]()
    for row, *keys in rows:
        keys_of[row] = [(at, key) for at, key in enumerate(keys) if key is not None]
        for key in keys_of[row]:
            holders[key].append(row)
    seen = set[int]()
    for start, keys in keys_of.items():
        if start in seen or not keys:
            continue
        seen.add(start)
        component = [start]
        for row in component:
            for key in keys_of[row]:
                reached = [each for each in holders.pop(key, ()) if each not in seen]
                seen.update(reached)
                component += reached
        yield component
