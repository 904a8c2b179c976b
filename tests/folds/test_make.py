from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pytest

from fold_guard.dataset.reading import read_table
from fold_guard.errors import DataError, FoldGuardError, InfeasibleError, UsageError
from fold_guard.folds.fold_map import FoldMap
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from fold_guard.folds.strategies import Strategy
from tests.folds.strategies import CASES, derived, map_of, vector

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "fold_maps.json").read_text(encoding="utf-8")
)
STRATEGIES = list(CASES)


def covid_map(frame: Any, strategy: Any, seed: int = 0) -> FoldMap:
    return map_of(derived(frame), strategy, seed)


@pytest.mark.parametrize("committed", VECTORS, ids=lambda v: f"{v['strategy']}-{v['seed']}")
def test_committed_maps_of_the_demo_data(covid: pl.DataFrame, committed: dict[str, Any]) -> None:
    """A change of hash, encoding or algorithm moves rows of every user: it must be noticed."""
    assert vector(covid, committed["strategy"], committed["seed"]) == committed


def test_every_strategy_is_committed() -> None:
    assert {each["strategy"] for each in VECTORS} == set(get_args(Strategy)) == set(CASES)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_neither_order_nor_format_nor_width_matters(
    covid: pl.DataFrame, tmp_path: Path, strategy: str
) -> None:
    table = derived(covid.head(200) if "one" in strategy else covid)
    shuffled = table.sample(fraction=1.0, shuffle=True, seed=3).select(reversed(table.columns))
    narrow = shuffled.with_columns(pl.col("row_id", "subject_id", "pan_day").cast(pl.Int32))
    narrow.write_parquet(tmp_path / "t.parquet")
    shuffled.write_csv(tmp_path / "t.csv")
    pandas = narrow.to_pandas()
    digests = {
        name: map_of(frame, strategy).digest
        for name, frame in (
            ("original", table),
            ("parquet, int32, shuffled", read_table(tmp_path / "t.parquet")),
            ("csv, int64, shuffled", read_table(tmp_path / "t.csv")),
            ("pandas", pandas),
            ("arrow", table.to_arrow()),
            ("categories", table.with_columns(pl.col("result").cast(pl.Categorical))),
            ("ids as floats", table.with_columns(pl.col("row_id", "subject_id").cast(pl.Float64))),
        )
    }
    assert len(set(digests.values())) == 1, digests


def test_the_whole_map_is_the_same_not_only_its_digest(covid: pl.DataFrame) -> None:
    made, again = (
        covid_map(covid, "stratified_group"),
        covid_map(covid.reverse(), "stratified_group"),
    )
    assert made.table.equals(again.table)
    assert made.manifest == again.manifest


def test_the_seed_matters(covid: pl.DataFrame) -> None:
    for strategy in (
        "kfold",
        "stratified",
        "group",
        "stratified_group",
        "multilabel",
        "continuous",
    ):
        assert covid_map(covid, strategy).digest != covid_map(covid, strategy, seed=1).digest
    made, other = (covid_map(covid, "forward", seed=seed) for seed in (0, 1))
    assert made.table.equals(other.table)


def test_features_do_not_matter(covid: pl.DataFrame) -> None:
    made = covid_map(covid, "stratified_group")
    other = covid_map(covid.with_columns(age=pl.col("age") + 1), "stratified_group")
    assert made.digest == other.digest
    assert made.manifest.dataset.digest != other.manifest.dataset.digest


def test_the_digest_covers_plan_and_roles(clinic: pl.DataFrame, clinic_folds: Any) -> None:
    """Embargo and groups decide what is trained on; under another plan it is another map."""
    maps = [clinic_folds("forward", embargo=e, purge_groups=p) for e in (0, 2) for p in (0, 1)]
    assert maps[0].table.equals(maps[3].table)
    assert len({each.digest for each in maps}) == 4
    plan = FoldPlan("forward", n_splits=4, embargo=2)
    ungrouped = make_folds(clinic, plan, id="visit", label="y", time="day")
    assert ungrouped.digest not in {each.digest for each in maps}
    assert clinic_folds("forward", embargo=2).digest == clinic_folds("forward", embargo=2.0).digest


def test_text_ids_make_a_map_of_their_own(clinic: pl.DataFrame) -> None:
    text = clinic.with_columns(pl.format("visit {}", "visit").alias("visit"))
    made = make_folds(text, FoldPlan("kfold", n_splits=3), id="visit")
    assert made.table["row_id"].dtype == pl.String
    assert sorted(fold.rows for fold in made.manifest.folds) == [40, 40, 40]


def test_two_id_columns_name_a_row_together(clinic: pl.DataFrame) -> None:
    visits = clinic.with_columns(visit=pl.col("visit") % 3)
    made = make_folds(visits, FoldPlan("kfold"), id=["patient", "visit"])
    assert made.table["row_id"][0] == "[0, 0]"


def test_the_label_is_kept_as_text(clinic: pl.DataFrame, clinic_folds: Any) -> None:
    assert clinic_folds().table.columns == ["row_id", "fold", "label", "row_digest"]
    bare = make_folds(clinic, FoldPlan("kfold"), id="visit")
    assert bare.table.columns == ["row_id", "fold", "row_digest"]
    assert bare.manifest.classes == ()


def test_the_manifest_counts_what_the_table_holds(clinic_folds: Any) -> None:
    made: FoldMap = clinic_folds()
    for facts in made.manifest.folds:
        rows = made.table.filter(pl.col("fold") == facts.fold)
        assert facts.rows == rows.height
        assert facts.by_class == tuple(
            rows.filter(pl.col("label") == name).height for name in made.manifest.classes
        )
    assert made.manifest.units.count == 40
    assert made.manifest.units.largest == 3


def test_pandas_objects_and_missing_groups(clinic: pl.DataFrame) -> None:
    frame = clinic.to_pandas()
    frame["patient"] = frame["patient"].astype("Int64").where(frame["visit"] % 4 != 0)
    made = make_folds(frame, FoldPlan("group", n_splits=4), id="visit", groups=["patient"])
    # Thirty rows without a patient are units of their own.
    assert made.manifest.units.count == 40 + 30


BAD: list[tuple[str, Any, dict[str, Any], type[FoldGuardError], str]] = [
    ("unknown id", "kfold", {"id": "vist"}, UsageError, "Did you mean 'visit'?"),
    ("unknown label", "stratified", {"label": "label"}, UsageError, "there is no column 'label'"),
    ("unknown group", "group", {"groups": ["patients"]}, UsageError, "'patient'"),
    ("no id", "kfold", {"id": ()}, UsageError, "needs an id"),
    ("no label", "stratified", {"label": None}, UsageError, "needs a label"),
    ("no group", "group", {"groups": []}, UsageError, "needs a group key"),
    ("no time", "forward", {"time": None}, UsageError, "needs a time column"),
    ("repeated ids", "kfold", {"id": "patient"}, DataError, "80 rows repeat an id"),
    ("null ids", "kfold", {"id": "gaps"}, DataError, "60 rows have no id"),
    ("null labels", "stratified", {"label": "gaps"}, DataError, "60 rows have no label"),
    ("null times", "forward", {"time": "gaps"}, DataError, "60 rows have no time"),
    ("text as time", "forward", {"time": "y"}, DataError, "must hold numbers, dates"),
    ("one class", "stratified", {"label": "same"}, DataError, "one class only, 'a'"),
    ("continuous label", "stratified", {"label": "x"}, DataError, "continuous"),
    ("too few groups", "group", {"groups": ["y"]}, InfeasibleError, "there are 2"),
    ("too few days", "forward", {"time": "two"}, InfeasibleError, "2 distinct instants"),
    ("id of fractions", "kfold", {"id": "x"}, DataError, "fractions"),
]


@pytest.mark.parametrize(("what", "strategy", "roles", "kind", "said"), BAD, ids=lambda v: str(v))
def test_bad_input_says_what_where_and_what_to_do(
    clinic: pl.DataFrame,
    what: str,
    strategy: Any,
    roles: dict[str, Any],
    kind: type[FoldGuardError],
    said: str,
) -> None:
    table = clinic.with_columns(
        gaps=pl.when(pl.col("visit") % 2 == 0).then(pl.col("visit")),
        same=pl.lit("a"),
        two=pl.col("day") % 2,
    )
    given = {"id": "visit", "label": "y", "groups": ["patient"], "time": "day"} | roles
    with pytest.raises(kind) as caught:
        make_folds(table, FoldPlan(strategy, n_splits=4), **given)
    assert said in str(caught.value), what
    assert caught.value.remedy, what
    assert caught.value.exit_code in (2, 3)


@pytest.mark.parametrize("strategy", ["kfold", "group", "forward"])
def test_a_continuous_label_needs_no_classes(clinic: pl.DataFrame, strategy: Any) -> None:
    plan = FoldPlan(strategy, n_splits=4)
    made = make_folds(clinic, plan, id="visit", label="x", groups=["patient"], time="day")
    assert made.manifest.classes == ()
    assert made.table["label"].null_count() == 0


def test_a_failure_names_a_k_that_works(clinic: pl.DataFrame) -> None:
    rare = clinic.with_columns(y=pl.when(pl.col("patient") < 3).then(pl.lit("rare")).otherwise("y"))
    roles = {"id": "visit", "label": "y", "groups": ["patient"]}
    with pytest.raises(InfeasibleError, match=r"n_splits <= 3") as caught:
        make_folds(rare, FoldPlan(n_splits=5), **roles)  # type: ignore[arg-type]
    assert "'rare' (3)" in caught.value.what
    make_folds(rare, FoldPlan(n_splits=3), **roles)  # type: ignore[arg-type]


def test_csv_text_of_nasty_class_names_survives(clinic: pl.DataFrame) -> None:
    nasty = "<script>alert(1)</script>\x1b[31m"
    table = clinic.with_columns(y=pl.when(pl.col("y") == "yes").then(pl.lit(nasty)).otherwise("y"))
    made = make_folds(table, FoldPlan("stratified", n_splits=2), id="visit", label="y")
    buffer = io.BytesIO()
    table.write_csv(buffer)
    again = pl.read_csv(buffer.getvalue())
    assert nasty in made.manifest.classes
    assert (
        make_folds(again, FoldPlan("stratified", n_splits=2), id="visit", label="y").digest
        == made.digest
    )


def test_one_group_key_may_be_a_plain_string(clinic: pl.DataFrame, clinic_folds: Any) -> None:
    plan = FoldPlan("stratified_group", n_splits=4)
    one = make_folds(clinic, plan, id="visit", label="y", groups="patient", time="day")
    assert one.digest == clinic_folds().digest
