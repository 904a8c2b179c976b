"""Frames that stay where they are give the numbers that a table in memory gives."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.errors import DataError, UsageError
from fold_guard.evidence.audit import audit
from fold_guard.evidence.report import Report
from tests.checks.conftest import COVID

COUNTED = ("FG101", "FG201", "FG202", "FG203", "FG301", "FG302", "FG303", "FG305", "FG306")


def in_duckdb(table: pl.DataFrame) -> Any:
    return duckdb.from_arrow(table.to_arrow())


def in_dask(table: pl.DataFrame) -> Any:
    import dask.dataframe as dd

    return dd.from_pandas(table.to_pandas(), npartitions=2)


BACKENDS = {"polars": pl.DataFrame.lazy, "duckdb": in_duckdb}
EVERY = {**BACKENDS, "dask": in_dask}


@pytest.fixture(scope="module")
def spark() -> Iterator[Callable[[pl.DataFrame], Any]]:
    sql = pytest.importorskip("pyspark.sql", reason="make test-spark has an environment with Spark")
    session = (
        sql.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    yield lambda table: session.createDataFrame(table.to_pandas())
    session.stop()


def counted(report: Report) -> list[Outcome]:
    return [each for each in report.checks if each.code in COUNTED]


def require_same(here: Report, there: Report) -> None:
    """Every number and every word is the same; of more rows than are shown, others may be."""
    assert [(o.code, o.target) for o in counted(here)] == [
        (o.code, o.target) for o in counted(there)
    ]
    for one, other in zip(counted(here), counted(there), strict=True):
        assert one.measured == other.measured, one.code
        assert (one.status, one.summary) == (other.status, other.summary)
        # Sets of one size have no order of their own.
        assert sorted(each.message for each in one.findings) == sorted(
            each.message for each in other.findings
        )
    assert here.folds.rows == there.folds.rows
    assert here.folds.by_class == there.folds.by_class
    assert here.dataset.features == there.dataset.features


def demo() -> tuple[pl.DataFrame, dict[str, Any]]:
    table = pl.read_parquet(COVID).with_columns(
        fold=pl.when(pl.col("row_id") % 97 == 0).then(-1).otherwise(pl.col("row_id") % 5)
    )
    return table, {
        "fold": "fold",
        "id": "row_id",
        "label": "result",
        "groups": ["subject_id", "clinic_name"],
        "time": "pan_day",
        "features": ["gender", "demo_group", "age", "payor_group", "col_rec_tat"],
    }


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("scheme", ["kfold", "forward"])
def test_the_demo_data_gives_the_same_numbers_everywhere(name: str, scheme: str) -> None:
    table, roles = demo()
    if name == "dask":
        table = table.head(4000)
    here = audit(table, **roles, scheme=scheme)
    require_same(here, audit(EVERY[name](table), **roles, scheme=scheme))


def test_spark_gives_the_same_numbers(spark: Callable[[pl.DataFrame], Any]) -> None:
    table, roles = demo()
    require_same(audit(table, **roles), audit(spark(table), **roles))


FOLD = st.integers(-2, 2)
ROW = st.tuples(
    FOLD,
    st.sampled_from(["a", "b", None]),
    st.sampled_from([1, 2, 3, None]),
    st.sampled_from([0.0, -0.0, 1.5, float("nan"), None]),
    st.sampled_from(["x", "", None]),
    st.sampled_from([4, 5, 6, None]),
)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(ROW, min_size=3, max_size=14),
    name=st.sampled_from(sorted(BACKENDS)),
    scheme=st.sampled_from(["kfold", "forward"]),
)
def test_any_small_table_gives_the_same_numbers(
    rows: list[tuple[Any, ...]], name: str, scheme: str
) -> None:
    schema = {
        "fold": pl.Int64,
        "y": pl.String,
        "g": pl.Int64,
        "x": pl.Float64,
        "s": pl.String,
        "t": pl.Int64,
    }
    # Folds 0 and 1 are there, or the table is refused.
    rows = [(0, *rows[0][1:]), (1, *rows[1][1:]), *rows[2:]]
    table = pl.DataFrame(rows, schema=schema, orient="row").with_row_index("id")
    table = table.with_columns(pl.col("id").cast(pl.Int64))
    roles: dict[str, Any] = {
        "fold": "fold",
        "id": "id",
        "label": "y",
        "groups": ["g", "s"],
        "time": "t",
        "features": ["x", "s2"],
        "scheme": scheme,
    }
    table = table.with_columns(s2=pl.col("s"))
    require_same(audit(table, **roles), audit(BACKENDS[name](table), **roles))


@pytest.mark.parametrize("name", BACKENDS)
def test_findings_name_rows_by_their_ids(name: str) -> None:
    table = pl.DataFrame(
        {
            "visit": ["c", "a", "b", "d"],
            "fold": [0, 1, 1, 0],
            "who": [7, 7, 8, 9],
            "x": [1, 1, 2, 3],
        }
    )
    roles: dict[str, Any] = {"fold": "fold", "id": "visit", "groups": "who", "features": ["x"]}
    report = audit(BACKENDS[name](table), **roles)
    found = {each.code: each for each in report.checks}
    assert found["FG301"].findings[0].rows == ("a", "c")
    assert found["FG303"].findings[0].rows == ("a", "c")
    unnamed = audit(BACKENDS[name](table), fold="fold", groups="who", features=["x"])
    # Rows of a frame without an order have no numbers either.
    assert all(not finding.rows for each in unnamed.checks for finding in each.findings)
    assert unnamed.outcome is Status.FAILED


@pytest.mark.parametrize("name", EVERY)
def test_rows_without_a_value_are_in_no_finding_of_another(name: str) -> None:
    table = pl.DataFrame(
        {
            "visit": ["a", "b", "c", "d", "e", "f"],
            "fold": [0, 1, 0, 1, 0, 1],
            "who": ["x", "x", None, None, "y", "z"],
            "size": [1.0, 1.0, 2.0, None, float("nan"), 3.0],
        }
    )
    roles: dict[str, Any] = {"fold": "fold", "id": "visit", "groups": "who", "features": ["size"]}
    found = {each.code: each for each in audit(EVERY[name](table), **roles).checks}
    assert [each.rows for each in found["FG301"].findings] == [("a", "b")]
    assert sorted(each.rows for each in found["FG303"].findings) == [("a", "b"), ("d", "e")]


@pytest.mark.parametrize("name", ["", "^x$", "value", "c0", "rows"])
@pytest.mark.parametrize("backend", ["memory", "polars"])
def test_any_name_of_a_column_is_one(name: str, backend: str) -> None:
    table = pl.DataFrame(
        {"fold": [0, 1, 0, 1], "id": [1, 2, 3, 4], "x": [1, 1, 2, 3], name: ["p", "p", "q", "q"]}
    )
    frame = table if backend == "memory" else table.lazy()
    both = audit(frame, fold="fold", id="id")
    assert [c.measured["clusters"] for c in both.checks if c.code == "FG303"] == [1]
    grouped = audit(frame, fold="fold", id="id", groups=name)
    assert [c.measured["groups_spanning"] for c in grouped.checks if c.code == "FG301"] == [2]


@pytest.mark.parametrize("name", BACKENDS)
def test_columns_that_look_like_ids_are_no_features(name: str) -> None:
    n = 40
    table = pl.DataFrame(
        {
            "fold": [i % 2 for i in range(n)],
            "key": [f"k{i}" for i in range(n)],
            "x": [0, 1] * (n // 2),
        }
    )
    report = audit(BACKENDS[name](table), fold="fold")
    assert report.dataset.features == ("x",)
    assert audit(table, fold="fold").dataset.features == ("x",)


@pytest.mark.parametrize("name", BACKENDS)
def test_ids_that_repeat_or_lack_are_counted(name: str) -> None:
    table = pl.DataFrame(
        {"fold": [0, 1, 0, 1, 0], "a": [1, 1, 1, None, 2], "b": ["x", "x", "y", "z", None]}
    )
    for id in (["a"], ["a", "b"]):
        here, there = (
            audit(frame, fold="fold", id=id, features=[])
            for frame in (table, BACKENDS[name](table))
        )
        one, other = counted(here)[0], counted(there)[0]
        assert one.code == other.code == "FG101"
        assert one.measured == other.measured
        # Where a row without an id stands, only a table in memory can tell.
        assert [each.count for each in one.findings] == [each.count for each in other.findings]
        assert [each.rows for each in one.findings] == [each.rows for each in other.findings]


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([0, 1, None], "1 folds are no whole number"),
        ([0.0, 1.0, 0.5], "no whole number"),
        ([0, 1, -3], "fold -3 is below -2"),
        ([0, 0, 0], "folds run from 0 to 0"),
    ],
)
def test_folds_that_are_none_are_refused(name: str, folds: list[Any], message: str) -> None:
    table = pl.DataFrame({"fold": folds, "x": [1, 2, 3]})
    with pytest.raises(DataError, match=message):
        audit(BACKENDS[name](table), fold="fold")


@pytest.mark.parametrize("name", BACKENDS)
def test_an_empty_frame_and_an_unknown_column_are_refused(name: str) -> None:
    table = pl.DataFrame({"fold": [0, 1], "x": [1, 2]})
    with pytest.raises(UsageError, match="there is no column 'folds'"):
        audit(BACKENDS[name](table), fold="folds")
    with pytest.raises(DataError, match="no rows"):
        audit(BACKENDS[name](table.clear()), fold="fold")
    with pytest.raises(DataError, match="no rows"):
        audit(table.clear(), fold="fold")


@pytest.mark.parametrize("name", BACKENDS)
def test_names_that_are_patterns_or_need_quotes_are_names(name: str) -> None:
    table = pl.DataFrame(
        {"^f.*$": [0, 1, 0], 'a "b"': [1, 1, 2], "*": [5, 5, 6], "select": ["x", "x", "y"]}
    )
    roles: dict[str, Any] = {"fold": "^f.*$", "groups": ["select"], "features": ['a "b"']}
    if name == "polars":
        roles["features"] += ["*"]
    else:
        with pytest.raises(UsageError, match=r"called '\*'"):
            audit(BACKENDS[name](table), **roles)
        table = pl.DataFrame([each for each in table if each.name != "*"])
    require_same(audit(table, **roles), audit(BACKENDS[name](table), **roles))


@pytest.mark.parametrize("name", BACKENDS)
def test_words_that_differ_in_every_row_are_ids_and_prose_is_none(name: str) -> None:
    rows = range(60)
    table = pl.DataFrame(
        {
            "fold": [row % 3 for row in rows],
            "number": rows,
            "word": [f"w{row}" for row in rows],
            "named": [f"note {row}" for row in rows],
            "prose": [f"the patient came {row} times" for row in rows],
            "lines": [f"seen\n{row}\ttimes  this\nyear" for row in rows],
            "x": [row // 2 for row in rows],
        }
    )
    here, there = (audit(each, fold="fold") for each in (table, BACKENDS[name](table)))
    assert here.dataset.features == there.dataset.features == ("prose", "lines", "x")


def test_times_of_text_are_read_there_too() -> None:
    table = pl.DataFrame(
        {
            "fold": [0, 1, 1],
            "day": ["2020-05-04", "2020-05-06", "2020-05-03"],
            "known": ["2020-05-05", "2020-05-06", "2020-05-04"],
        }
    )
    roles: dict[str, Any] = {"fold": "fold", "time": "day", "evaluation_time": "known"}
    roles |= {"features": [], "scheme": "forward"}
    require_same(audit(table, **roles), audit(in_duckdb(table), **roles))


def test_groups_pay_or_do_not_and_the_numbers_are_the_same() -> None:
    rng = np.random.default_rng(0)
    n = 5000
    for distinct in (10, n):
        table = pl.DataFrame(
            {
                "fold": rng.integers(0, 5, n),
                "g": rng.integers(0, distinct, n),
                "t": rng.permutation(n) * distinct // n,
            }
        )
        roles: dict[str, Any] = {"fold": "fold", "groups": "g", "time": "t", "features": []}
        require_same(audit(table, **roles), audit(table.lazy(), **roles))


def test_an_audit_reads_only_what_its_checks_need() -> None:
    read = list[tuple[str, ...]]()
    table = pl.DataFrame({"fold": [0, 1] * 9, "g": [1, 2] * 9, "x": range(18), "z": range(18)})
    from fold_guard.checks.catalogue import BY_NAME
    from fold_guard.dataset.columns import Columns

    def select(names: Any) -> pl.DataFrame:
        read.append(tuple(names))
        return table.select(names)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = audit(
            Columns(table.columns, select),
            fold="fold",
            groups="g",
            features=["x"],
            rules={"group_overlap": BY_NAME["group_overlap"].rule()},
        )
    assert sorted(name for names in read for name in names) == ["fold", "g"]
    assert report.dataset.digest_of == "columns read"


def test_a_score_on_some_rows_says_on_which(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    n = 4000
    table = pl.DataFrame(
        {
            "id": range(n),
            "fold": rng.integers(0, 5, n),
            "g": [i // 4 for i in range(n)],
            "y": rng.choice(["ill", "well"], n),
            "x": rng.normal(size=n),
        }
    )
    roles: dict[str, Any] = {"fold": "fold", "id": "id", "label": "y", "groups": "g"}
    for module in ("fg308_target_leakage", "fg309_identifier_label"):
        monkeypatch.setattr(f"fold_guard.checks.{module}.MOST_ROWS", 1000)
    found = {each.code: each for each in audit(table.lazy(), **roles).checks}
    for code in ("FG308", "FG309"):
        assert "of 4,000 rows: one g in 4, by hash" in found[code].summary
        assert found[code].measured["sampled"]
    assert "sampled" not in found["FG301"].measured
    whole = {each.code: each for each in audit(table, **roles).checks}
    assert "sampled" not in whole["FG308"].measured
