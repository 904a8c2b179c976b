from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fold_guard
from fold_guard import FoldPlan, make_folds, near_duplicates
from fold_guard.errors import DataError, UsageError
from fold_guard.folds import near_search as module
from fold_guard.folds.near_search import Likeness, search

SHARED = Path(__file__).parents[3] / "shared" / "data"
COVID = Path(__file__).parents[2] / "data" / "raw" / "covid_testing.parquet"
INF = float("inf")
NUMBERS = st.one_of(st.integers(0, 40).map(float), st.sampled_from([None, float("nan"), INF, -INF]))
WORDS = st.sampled_from(["A", "a ", "b", None])
TITLES = st.sampled_from(
    [
        "a view of the harbour at dawn",
        "a view of the harbour at down",
        "A view of the  harbour at dawn",
        "a portrait of the old painter",
        "",
        None,
    ]
)


def scale_of(values: Sequence[float]) -> float:
    low, high = np.percentile(values, [25, 75]) if len(values) else (0.0, 0.0)
    return float(high - low) or (float(np.std(values)) if len(values) else 0.0)


def shingles(text: str) -> set[str]:
    padded = text.ljust(3, "\0")
    return {padded[at : at + 3] for at in range(len(padded) - 2)}


def plain(text: str) -> str:
    return " ".join(text.lower().split())


def missing(value: Any) -> bool:
    return value is None or value != value


def components(n_rows: int, pairs: list[tuple[int, int]]) -> list[int | None]:
    """Return the least row of each row's component; None for a row by itself."""
    least = list(range(n_rows))
    for _ in range(n_rows):
        for i, j in pairs:
            least[i] = least[j] = min(least[i], least[j])
    return [each if least.count(each) > 1 else None for each in least]


def same_sets(found: Sequence[int | None], expected: Sequence[int | None]) -> bool:
    pairs = set(zip(found, expected, strict=True))
    firsts, seconds = zip(*pairs, strict=True)
    one_to_one = len(pairs) == len(set(firsts)) == len(set(seconds))
    return one_to_one and all((a is None) == (b is None) for a, b in pairs)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS, WORDS, TITLES), min_size=1, max_size=14),
    st.sampled_from([0.05, 0.1, 0.25, 0.5, 1.0]),
)
def test_against_brute_force(rows: list[tuple[Any, ...]], tolerance: float) -> None:
    schema = {"x": pl.Float64, "y": pl.Float64, "ward": pl.String, "title": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    titles = {plain(each[3]) for each in rows if each[3] is not None}
    long = bool(titles) and sum(map(len, titles)) >= 20 * len(titles)
    scales = [
        scale_of([row[at] for row in rows if not missing(row[at]) and abs(row[at]) < INF])
        for at in (0, 1)
    ]

    def near(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
        for at, scale in enumerate(scales):
            u, v = a[at], b[at]
            if missing(u) or missing(v):
                if missing(u) != missing(v):
                    return False
            elif abs(u) == INF or abs(v) == INF:
                if u != v:
                    return False
            elif abs(u - v) > tolerance * scale * (1 + 1e-9):
                return False
        for at in (2, 3):
            if (a[at] is None) != (b[at] is None):
                return False
            if a[at] is None or plain(a[at]) == plain(b[at]):
                continue
            if at == 2 or not long:
                return False
            one, other = shingles(plain(a[at])), shingles(plain(b[at]))
            if len(one & other) / len(one | other) < 0.8:
                return False
        return True

    pairs = [(i, j) for i, j in combinations(range(len(rows)), 2) if near(rows[i], rows[j])]
    found = near_duplicates(frame, tolerance=tolerance).to_list()
    assert same_sets(found, components(len(rows), pairs))


@pytest.mark.parametrize("seed", range(3))
def test_noisy_copies_are_all_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(2000, 6)) * [1, 10, 1e-6, 1e9, 1, 1]
    source, copy = rng.choice(2000, (2, 150), replace=False)
    values[copy] = values[source] * (1 + rng.normal(size=(150, 6)) * 1e-4)
    values[copy] += rng.normal(size=(150, 6)) * 1e-4 * [1, 10, 1e-6, 1e9, 1, 1]
    frame = pl.DataFrame(values).with_columns(ward=pl.lit("a"))
    found = search(frame, Likeness())
    assert found.expected_recall == 1.0
    scale = np.array([scale_of(values[:, at]) for at in range(6)])
    apart = np.abs(values[:, None, :] - values[None, :, :])
    left, right = np.nonzero(np.triu((apart <= 0.01 * scale).all(axis=2), 1))
    rows = np.argsort(found.nodes)
    pairs = {tuple(sorted(each)) for each in np.stack([rows[found.left], rows[found.right]]).T}
    assert pairs == set(zip(left, right, strict=True))
    clusters = found.clusters()
    assert (clusters[source] == clusters[copy]).all()


def test_the_order_of_rows_and_columns_plays_no_part() -> None:
    table = pl.read_parquet(COVID).select(
        "row_id", "age", "col_rec_tat", "rec_ver_tat", "clinic_name", "patient_class"
    )
    columns = table.columns[1:]
    before = table.with_columns(near_duplicates(table, columns))
    shuffled = table.sample(fraction=1.0, shuffle=True, seed=1)
    after = shuffled.with_columns(near_duplicates(shuffled, columns[::-1]))
    assert before["near_duplicate"].null_count() < table.height
    assert after.sort("row_id").equals(before.sort("row_id"))


def test_texts_of_large_tables_are_searched_by_minhash(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    words = [f"{each:x}" for each in rng.integers(2**20, 2**24, 400)]
    texts = [" ".join(rng.choice(words, 8)) for _ in range(600)]
    texts += [each.replace("1", "2", 1) for each in texts[:100]]
    frame = pl.DataFrame({"text": texts, "half": [0, 1] * 300 + [0, 1] * 50})
    every = search(frame, Likeness())
    assert every.expected_recall == 1.0
    assert len(every.left) >= 80
    monkeypatch.setattr(module, "_ALL_TEXTS", 10)
    some = search(frame, Likeness())
    assert 0.99 <= some.expected_recall < 1
    assert "MinHash (128 permutations, seed 1, 21 bands of 6)" in some.method
    pairs = [set(zip(each.left, each.right, strict=True)) for each in (every, some)]
    assert pairs[1] <= pairs[0]
    assert len(pairs[1]) >= 0.97 * len(pairs[0])


def test_a_null_is_no_text_and_equal_keys_are_no_equal_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    titles = [None, "the last of all titles, by its letters", "a first one, by its letters", None]
    frame = pl.DataFrame({"title": titles, "ward": ["a", "a", "a", "b"]})
    assert near_duplicates(frame).null_count() == 4
    assert near_duplicates(frame, "title").to_list() == [0, None, None, 0]
    # As if all values of other columns had one key.
    monkeypatch.setattr(module, "mixed", lambda keys, more: keys)
    assert near_duplicates(frame).null_count() == 4
    assert near_duplicates(frame, "ward").to_list() == [0, 0, 0, None]


def test_folds_keep_look_alikes_together() -> None:
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"scan": range(300), "patient": np.arange(300) // 2})
    table["x"] = rng.normal(size=300)
    table["z"] = rng.normal(size=300)
    copies = rng.choice(300, (2, 40), replace=False)
    table.loc[copies[1], ["x", "z"]] = table.loc[copies[0], ["x", "z"]].to_numpy() + 1e-4
    plan = FoldPlan("group", n_splits=5)

    def apart(groups: list[str]) -> int:
        marked = table.assign(look_alike=near_duplicates(table, columns=["x", "z"]))
        folds = make_folds(marked, plan, id="scan", groups=groups)
        fold = folds.to_frame().set_index("row_id")["fold"]
        assert (fold.groupby(table["patient"].to_numpy()).nunique() == 1).all()
        return int((fold[copies[0]].to_numpy() != fold[copies[1]].to_numpy()).sum())

    assert apart(["patient"]) > 10
    assert apart(["patient", "look_alike"]) == 0


@pytest.mark.parametrize("kind", ["pandas", "polars", "lazy", "arrow"])
def test_every_kind_of_frame(kind: str) -> None:
    values = {"a": [1.0, 5.0, 1.0, 9.0], "b": ["x", "y", "x", None]}
    frame: Any = pl.DataFrame(values)
    if kind == "pandas":
        frame = pd.DataFrame(values, index=[7, 3, 5, 1])
    elif kind == "lazy":
        frame = frame.lazy()
    elif kind == "arrow":
        frame = pa.table(values)
    found = near_duplicates(frame)
    if kind == "pandas":
        expected = pd.Series([0, None, 0, None], index=[7, 3, 5, 1], dtype="Int64")
        pd.testing.assert_series_equal(found, expected.rename("near_duplicate"))
    else:
        assert (found.name, found.dtype) == ("near_duplicate", pl.Int64)
        assert found.to_list() == [0, None, 0, None]


def test_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame({"age": [1.0, 2.0], "tags": [[1], [2]]})
    with pytest.raises(UsageError, match=r"no column 'agee'.*age"):
        near_duplicates(frame, "agee")
    with pytest.raises(DataError, match=r"tags: .*columns="):
        near_duplicates(frame)
    with pytest.raises(DataError, match="no column that can be compared"):
        near_duplicates(frame, ["tags"])
    for name, value in (
        ("tolerance", 0),
        ("tolerance", 1.5),
        ("similarity", float("nan")),
        ("recall", 2),
        ("text_length", -1),
        ("tolerance", "much"),
        ("similarity", True),
    ):
        with pytest.raises(UsageError, match=name):
            near_duplicates(frame, "age", **{name: value})
    dense = pl.DataFrame({"a": np.linspace(0, 1, 1000)})
    for limit in ("_MOST_NEAR", "_MOST_COMPARED"):
        with monkeypatch.context() as patch:
            patch.setattr(module, limit, 100)
            with pytest.raises(DataError, match=r"hardly tell rows apart.*Lower the tolerance"):
                near_duplicates(dense)
    assert near_duplicates(dense).null_count() == 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"a": [1.0]}),
        pl.DataFrame(schema={"a": pl.Float64, "b": pl.String}),
        pl.DataFrame({"a": [None] * 4, "b": pl.Series([None] * 4, dtype=pl.Float64)}),
        pl.DataFrame({"a": [1e308, -1e308, 0.0, 5e-324, INF, None]}),
        pl.DataFrame({"a": [1.7e308, -1.7e308] * 6}),
        pl.DataFrame({"a": [0.0, 5e-324, 1e-323] * 3 + [1e-320]}),
        pl.DataFrame({"a": [2**62, 2**62 + 1, -(2**62)], "b": ["x"] * 3}),
        pl.DataFrame(np.random.default_rng(0).normal(size=(60, 1500))),
        pl.DataFrame({"a": ["same"] * 5000, "b": [1.0] * 5000}),
    ],
)
@pytest.mark.parametrize("tolerance", [0.01, 1.0])
def test_odd_tables_are_no_trouble(frame: pl.DataFrame, tolerance: float) -> None:
    found = search(frame, Likeness(tolerance=tolerance))
    clusters = found.clusters()
    assert np.isfinite(found.diameters(clusters)).all()
    assert len(clusters) == frame.height
    # Equal rows are near, whatever they hold.
    doubled = search(pl.concat([frame, frame]), Likeness(tolerance=tolerance)).clusters()
    assert (doubled[: frame.height] == doubled[frame.height :]).all()
    assert (doubled >= 0).all()


def test_real_texts_and_numbers() -> None:
    if not SHARED.exists():
        pytest.skip("the real data sets are not here")
    abalone = pl.read_parquet(SHARED / "abalone.parquet").drop("rings")
    found = search(abalone, Likeness(tolerance=0.02))
    numbers = abalone.drop("sex").to_numpy()
    scale = np.array([scale_of(numbers[:, at]) for at in range(numbers.shape[1])])
    expected = set()
    for (sex,), part in abalone.with_row_index("at").group_by("sex"):
        assert sex in "MFI"
        at = part["at"].to_numpy()
        for i in range(len(at)):
            gaps = np.abs(numbers[at[i]] - numbers[at[i + 1 :]])
            near = np.flatnonzero((gaps <= 0.02 * scale * (1 + 1e-9)).all(axis=1))
            expected |= {tuple(sorted((at[i], at[i + 1 + each]))) for each in near}
    rows = np.argsort(found.nodes)
    pairs = {tuple(sorted(each)) for each in np.stack([rows[found.left], rows[found.right]]).T}
    assert pairs == expected
    assert len(expected) > 5
    titles = pl.read_parquet(SHARED / "tate_artworks.parquet").select("title")
    by_minhash = search(titles, Likeness())
    assert by_minhash.expected_recall > 0.99
    texts = sorted({plain(each) for each in titles["title"]})
    some = set(texts[::7])
    sets = {each: shingles(each) for each in texts}
    close = {
        (a, b)
        for a in some
        for b in texts
        if a < b and len(sets[a] & sets[b]) >= 0.8 * len(sets[a] | sets[b])
    }
    names = [texts[node] for node in range(len(texts))]
    named = {
        tuple(sorted((names[a], names[b])))
        for a, b in zip(by_minhash.left, by_minhash.right, strict=True)
    }
    assert len(close & named) >= 0.98 * len(close) > 50


def test_the_example_of_the_documentation_runs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text(encoding="utf-8")
    [code] = [
        each for each in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "alike" in each
    ]
    rng = np.random.default_rng(0)
    names: dict[str, Any] = {
        "table": pd.DataFrame(
            {"visit": range(300), "patient": np.arange(300) // 3, "x": rng.normal(size=300)}
        )
    }
    exec(code, names)
    look_alike = names["look_alike"]
    assert look_alike.notna().sum() > 10
    fold = names["folds"].to_frame().set_index("row_id")["fold"]
    assert (fold.groupby(look_alike).nunique() == 1).all()


def test_the_function_is_public() -> None:
    assert fold_guard.near_duplicates is near_duplicates


def test_an_id_among_the_columns_hides_nothing_by_default() -> None:
    table = pl.DataFrame({"visit": range(40), "x": [float(i // 2) for i in range(40)]})
    assert near_duplicates(table).n_unique() == 20
    with_ids = near_duplicates(table, columns=["visit", "x"])
    assert with_ids.is_null().all()
