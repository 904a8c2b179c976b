"""Leave-one-out for a named subgroup and k folds for the rest, in one map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fold_guard.config import read_section
from fold_guard.errors import ArtifactError, ConfigError, DataError, InfeasibleError, UsageError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.growth.remake import difference, remade
from fold_guard.folds.make import make_folds
from fold_guard.folds.manifest import LISTED
from fold_guard.folds.plan import FoldPlan
from fold_guard.folds.strategies import TRAITS

DEALT = tuple(name for name, traits in TRAITS.items() if traits.layout == "dealt")
LABELS = {"labels": ["l0", "l1"], "bins": "c"}


def wards(rows: int, seed: int = 0) -> pl.DataFrame:
    """Patients of one to four visits; few of them are in intensive care, now and then."""
    rng = np.random.default_rng(seed)
    patient = np.sort(rng.integers(0, rows // 2, rows))
    return pl.DataFrame(
        {
            "visit": [f"v{each:04}" for each in rng.permutation(rows)],
            "patient": patient,
            "ward": np.array(["a", "b", None, "icu"])[
                rng.choice(4, rows, p=[0.5, 0.3, 0.1, 0.1])
            ].tolist(),
            "y": rng.choice(["no", "yes"], rows),
            "l0": rng.integers(0, 2, rows),
            "l1": rng.integers(0, 2, rows),
            "c": rng.normal(size=rows),
        }
    )


def mapped(table: pl.DataFrame, strategy: Any, **more: Any) -> FoldMap:
    more = {"leave_out": {"ward": "icu"}} | more
    if TRAITS[strategy].strata == "bins":
        more["n_bins"] = 3
    return make_folds(
        table,
        FoldPlan(strategy, n_splits=3, **more),
        id="visit",
        label=LABELS.get(TRAITS[strategy].strata, "y"),
        groups="patient" if TRAITS[strategy].groups else (),
    )


def folds(made: FoldMap) -> dict[str, int]:
    return dict(made.table.select("row_id", "fold").iter_rows())


@pytest.mark.parametrize("strategy", DEALT)
@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_each_unit_of_the_subgroup_is_a_fold_and_the_rest_is_dealt_as_if_alone(
    strategy: str, seed: int
) -> None:
    table = wards(80, seed)
    made = mapped(table, strategy)
    held = folds(made)
    # The truth in plain loops: which units hold a row of the subgroup.
    unit_of = {
        row["visit"]: row["patient"] if TRAITS[strategy].groups else row["visit"]  # type: ignore[index]
        for row in table.iter_rows(named=True)
    }
    critical = {
        unit_of[row["visit"]] for row in table.iter_rows(named=True) if row["ward"] == "icu"
    }
    first: dict[Any, int] = {}
    for row in sorted(unit_of):
        if unit_of[row] in critical:
            first.setdefault(unit_of[row], len(first))
    for row, unit in unit_of.items():
        assert (held[row] == 3 + first[unit]) if unit in critical else (held[row] in (0, 1, 2))
    rest = table.filter(pl.Series([unit_of[row] not in critical for row in table["visit"]]))
    alone = mapped(rest, strategy, leave_out=None)
    assert {row: fold for row, fold in held.items() if fold < 3} == folds(alone)
    assert made.manifest.balance == alone.manifest.balance
    assert made.manifest.bins == alone.manifest.bins
    assert made.manifest.n_alone == len(critical)
    # Each row is tested once, and trained on in every other round.
    tested = np.sum([each.test for each in made.rounds(table)], axis=0)
    trained = np.sum([each.train for each in made.rounds(table)], axis=0)
    assert (tested == 1).all()
    assert (trained == made.manifest.n_rounds - 1).all()


@pytest.mark.parametrize("strategy", ["stratified", "continuous_group"])
def test_the_order_of_rows_does_not_matter(strategy: str, tmp_path: Path) -> None:
    table = wards(80)
    for name, rows in (("a", table), ("b", table.sample(fraction=1, shuffle=True, seed=3))):
        mapped(rows, strategy).save(tmp_path / name)
    for file in ("fold_map.parquet", "manifest.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_map_is_read_back_and_comes_out_again(tmp_path: Path) -> None:
    table = wards(80)
    made = mapped(table, "stratified_group", inner_splits=2)
    made.save(tmp_path / "map")
    loaded = FoldMap.load(tmp_path / "map")
    assert loaded.manifest == made.manifest
    assert loaded.manifest.plan.leave_out == {"ward": ("icu",)}
    again = remade(loaded, table, loaded.manifest.plan, loaded.manifest.dataset.roles)
    assert again.manifest.digest == made.digest
    assert difference(loaded.kin, again) == ""


def test_the_subgroup_is_under_the_digest_however_it_is_written() -> None:
    table = wards(80).with_columns(site=pl.col("patient") % 3)
    plain = mapped(table, "kfold", leave_out=None)
    assert "leave_out" not in plain.manifest.plan.identity()
    one, same, other = (
        mapped(table, "kfold", leave_out=each)
        for each in ({"site": 1}, {"site": [1.0, "1"]}, {"site": [1, 2]})
    )
    assert one.digest == same.digest
    assert len({plain.digest, one.digest, other.digest}) == 3
    assert list(one.manifest.plan.differences(other.manifest.plan)) == ["leave_out"]
    assert [each.kind for each in one.diff(other).reasons] == ["plan"]


def test_several_columns_name_the_rows_that_meet_all() -> None:
    table = wards(80)
    made = mapped(table, "kfold", leave_out={"ward": ["a", "icu"], "y": "yes"})
    wanted = table.filter(pl.col("ward").is_in(["a", "icu"]) & (pl.col("y") == "yes"))
    found = made.table.filter(pl.col("fold") >= 3)
    assert sorted(wanted["visit"]) == found["row_id"].to_list()


def test_nested_folds_deal_each_train_side() -> None:
    table = wards(80)
    made = mapped(table, "group", inner_splits=2)
    assert len(made.manifest.inner_columns) == made.manifest.n_folds > 5
    for outer, inner in made.nested(table):
        assert len(inner) == 2
        tested = np.sum([each.test for each in inner], axis=0)
        assert (tested == outer.train).all()
        for each in inner:
            sides = [
                set(table["patient"].filter(pl.Series(mask))) for mask in (each.train, each.test)
            ]
            assert not sides[0] & sides[1]


def test_too_many_nested_rounds_are_refused() -> None:
    table = pl.DataFrame({"row": range(1100), "s": ["c"] * 1000 + ["n"] * 100})
    plan = FoldPlan("kfold", n_splits=2, inner_splits=2, leave_out={"s": "c"})
    with pytest.raises(InfeasibleError, match="inner folds of 1,002 rounds"):
        make_folds(table, plan, id="row")


def test_a_manifest_lists_the_first_folds_alone(tmp_path: Path) -> None:
    table = pl.DataFrame({"row": range(1100), "s": ["c"] * 1050 + ["n"] * 50})
    made = make_folds(table, FoldPlan("kfold", leave_out={"s": "c"}), id="row")
    assert (len(made.manifest.folds), made.manifest.folds_in_all) == (LISTED, 1055)
    made.save(tmp_path / "map")
    assert FoldMap.load(tmp_path / "map").manifest.n_alone == 1050


def test_a_class_that_is_left_out_as_a_whole_is_no_rare_one() -> None:
    table = wards(80).with_columns(
        y=pl.when(pl.col("ward") == "icu").then(pl.lit("bad")).otherwise("y")
    )
    made = mapped(table, "stratified", leave_out={"y": "bad"})
    assert made.manifest.classes == ("bad", "no", "yes")
    assert [each.by_class[0] for each in made.manifest.folds[:3]] == [0, 0, 0]


def test_a_class_too_rare_in_the_rest_says_where() -> None:
    table = (
        wards(80)
        .with_row_index()
        .with_columns(
            y=pl.when(pl.col("index") == 0).then(pl.lit("odd")).otherwise("y"), ward=pl.lit("a")
        )
    )
    table = table.with_columns(
        ward=pl.when(pl.col("index") > 75).then(pl.lit("icu")).otherwise("ward")
    )
    with pytest.raises(
        InfeasibleError, match=r"not left out by themselves \(ward 'icu'\): 1 of 3 classes"
    ):
        mapped(table.drop("index"), "stratified")


def test_one_class_in_the_rest_says_where() -> None:
    table = wards(80)
    with pytest.raises(DataError, match=r"not left out by themselves .*there is one class only"):
        mapped(table, "stratified", leave_out={"y": "no"})


@pytest.mark.parametrize(
    ("leave_out", "kind", "said"),
    [
        ({"wards": "icu"}, UsageError, "no column 'wards'. Did you mean 'ward'"),
        ({"ward": "ICU"}, UsageError, "no row has 'ICU' in column 'ward'. Did you mean 'icu'"),
        (
            {"ward": ["a", "b", "icu"], "y": ["no", "yes"], "patient": 10**9},
            UsageError,
            "no row has",
        ),
        ({"y": ["no", "yes"]}, InfeasibleError, "every row is left out by itself"),
    ],
)
def test_a_subgroup_that_the_table_does_not_have(
    leave_out: dict[str, Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said):
        mapped(wards(80), "kfold", leave_out=leave_out)


def test_values_that_never_meet() -> None:
    table = pl.DataFrame({"row": range(6), "a": [1, 1, 1, 2, 2, 2], "b": [1, 1, 1, 2, 2, 2]})
    with pytest.raises(InfeasibleError, match="a '1' and b '2' never occur together"):
        make_folds(table, FoldPlan("kfold", n_splits=2, leave_out={"a": 1, "b": 2}), id="row")


@pytest.mark.parametrize(
    ("settings_", "said"),
    [
        ({"leave_out": {}}, "must map a column"),
        ({"leave_out": "icu"}, "must map a column"),
        ({"leave_out": {"ward": None}}, "names values as text"),
        ({"leave_out": {"ward": []}}, "names no value of 'ward'"),
        ({"leave_out": {"ward": float("nan")}}, "names values as text"),
        ({"leave_out": {1: "icu"}}, "names columns as text"),
        ({"leave_out": {"ward": "icu"}, "n_repeats": 2}, "by the same round in every repeat"),
        ({"leave_out": {"ward": "icu"}, "strategy": "leave_one_out"}, "has no leave_out"),
        ({"leave_out": {"ward": "icu"}, "strategy": "forward"}, "has no leave_out"),
    ],
)
def test_plans_that_mean_nothing(settings_: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        FoldPlan(**({"strategy": "kfold"} | settings_))
    assert {where for where, _ in caught.value.problems} == {"leave_out"}


def test_params_name_a_subgroup() -> None:
    problems: list[tuple[str, str]] = []
    raw = {"strategy": "kfold", "leave_out": {"ward": "icu", "site": [1, 2], "urgent": True}}
    plan = read_section(FoldPlan, raw, "plans.main.fold", problems)
    assert problems == []
    assert plan is not None
    assert plan.leave_out == {"site": ("1", "2"), "urgent": ("true",), "ward": ("icu",)}
    assert read_section(FoldPlan, raw | {"leave_out": {"ward": None}}, "fold", problems) is None
    assert problems[0][0].startswith("fold.leave_out")


def test_a_map_without_a_subgroup_has_no_word_on_it(tmp_path: Path) -> None:
    mapped(wards(80), "kfold", leave_out=None).save(tmp_path / "map")
    assert "leave_out" not in (tmp_path / "map" / "manifest.json").read_text(encoding="utf-8")


def test_an_edited_manifest_is_noticed(tmp_path: Path) -> None:
    mapped(wards(80), "kfold").save(tmp_path / "map")
    file = tmp_path / "map" / "manifest.json"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"icu"', '"a"'), encoding="utf-8")
    with pytest.raises(ArtifactError, match="edited"):
        FoldMap.load(tmp_path / "map")
