from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from fold_guard.checks.fg309_identifier_label import run
from fold_guard.checks.outcome import Outcome, Severity, Status
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.subjects.table_subject import TableSubject
from fold_guard.evidence.audit import audited_subject

Run = Callable[..., tuple[Outcome, ...]]
SHARED = Path(__file__).parents[3] / "shared" / "data"


def flagged(found: Outcome) -> set[str]:
    associations: Any = found.measured["associations"]
    return {name for name, each in associations.items() if each["flagged"]}


def scores(found: Outcome) -> dict[str, float]:
    associations: Any = found.measured["associations"]
    return {name: each["score"] for name, each in associations.items()}


def _of(table: pl.DataFrame, outcomes_of: Run, **given: Any) -> Outcome:
    fold = np.random.default_rng(0).permutation(table.height) % 5
    if "fold" not in table.columns:
        table = table.with_columns(pl.Series("fold", fold))
    [found] = outcomes_of(audited_subject(table, fold="fold", **given), "identifier_label")
    return found


def test_groups_are_scored_as_by_scikit_learn(
    covid: pd.DataFrame, covid_subject: Callable[..., Subject], outcomes_of: Run
) -> None:
    [found] = outcomes_of(covid_subject(), "identifier_label")
    label, fold, patient = covid["result"], covid["fold"], covid["subject_id"]
    size = patient.map(patient.value_counts())
    rank = {value: i for i, value in enumerate(sorted(size.unique()))}
    once = patient.map(patient.value_counts()) == 1
    columns = {
        "group_size:subject_id": size.map(rank),
        "group:subject_id": patient.where(~once, "(once)"),
    }
    for name, codes in columns.items():
        best = {}
        for one in label.unique():
            hit = (label == one).astype(float)
            areas, pairs = [], []
            for j in range(5):
                test, train = fold == j, fold != j
                known = hit[train].groupby(codes[train]).agg(["sum", "count"])
                share = (known["sum"] + hit[train].mean()) / (known["count"] + 1)
                if name.startswith("group_size"):
                    # A size that no train row has is taken for the nearest.
                    near = {
                        code: min(share.index, key=lambda seen: (abs(seen - code), seen))
                        for code in rank.values()
                    }
                    guess = codes.map(near).map(share)
                else:
                    guess = codes.map(share).fillna(hit[train].mean())
                areas.append(roc_auc_score(hit[test], guess[test]))
                pairs.append(hit[test].sum() * (1 - hit[test]).sum())
            best[one] = np.average(areas, weights=pairs)
        associations: Any = found.measured["associations"]
        assert associations[name]["class"] == "invalid"
        assert associations[name]["score"] == pytest.approx(best["invalid"], abs=1e-9)


def test_the_demo_is_not_sorted_but_tests_are_repeated_after_a_result(
    covid_subject: Callable[..., Subject], outcomes_of: Run
) -> None:
    [found] = outcomes_of(covid_subject(), "identifier_label")
    assert (found.status, found.severity) == (Status.WARNED, Severity.WARNING)
    assert flagged(found) == {"group:subject_id", "group_size:subject_id"}
    associations: Any = found.measured["associations"]
    assert associations["row_order"]["same_as"] == "id"


@pytest.mark.parametrize("blocks", [False, True])
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_a_file_sorted_by_label_fires_and_a_shuffled_one_is_silent(
    share: float, outcomes_of: Run, *, blocks: bool
) -> None:
    label = np.where(np.arange(2000) < 2000 * share, "case", "control")
    draw = np.random.default_rng(0)
    fold = np.arange(2000) * 5 // 2000 if blocks else draw.integers(0, 5, 2000)
    for fires, order in ((True, np.arange(2000)), (False, draw.permutation(2000))):
        table = pl.DataFrame({"fold": fold, "y": label[order], "x": draw.normal(size=2000)})
        found = _of(table, outcomes_of, label="y")
        assert flagged(found) == ({"row_order"} if fires else set())
        associations: Any = found.measured["associations"]
        assert associations["row_order"]["held_out"] == ("blocks" if blocks else "folds")
        assert (scores(found)["row_order"] > 0.9) == fires


def test_groups_side_by_side_that_folds_keep_together_are_no_order(outcomes_of: Run) -> None:
    draw = np.random.default_rng(0)
    patient = np.repeat(np.arange(400), 5)
    ill = draw.random(400) < 0.4
    table = pl.DataFrame({"patient": patient, "y": ill[patient].astype(int)})
    apart = _of(
        table.with_columns(pl.Series("fold", draw.integers(0, 5, 400)[patient])),
        outcomes_of,
        label="y",
        groups="patient",
    )
    assert flagged(apart) == set()
    assert apart.measured["not_scored"] == {"group:patient": "no group lies in several folds"}
    in_order = _of(
        table.with_columns(pl.Series("fold", patient // 80)),
        outcomes_of,
        label="y",
        groups="patient",
    )
    assert flagged(in_order) == set()
    split = _of(table, outcomes_of, label="y", groups="patient")
    assert "group:patient" in flagged(split)


def test_ids_and_columns_taken_for_ids_are_scored_in_any_order_of_rows(outcomes_of: Run) -> None:
    draw = np.random.default_rng(0)
    number = draw.permutation(1000)
    table = pl.DataFrame(
        {
            "id": number,
            "sample": [f"{'qwer'[n % 4]}{n}" for n in draw.permutation(1000)],
            "plate": [f"{n * 7919 % 1000:03}-{n:04}" for n in number],
            "y": (number > 700).astype(int),
        }
    )
    found = _of(table, outcomes_of, label="y", id="id")
    assert flagged(found) == {"id", "id:plate"}
    associations: Any = found.measured["associations"]
    assert associations["id:plate"]["by"] == "number"
    assert set(associations) == {"id", "row_order", "id:sample", "id:plate"}
    assert "rows may be sorted by label" in found.findings[0].message


@pytest.mark.parametrize(
    "ids",
    [
        pl.Series([f"{i:03}" for i in range(60)], dtype=pl.Categorical),
        pl.Series([f"a{i}b" for i in range(60)]),
        pl.Series([f"{i}" + "9" * 30 for i in range(60)]),
        pl.Series([2**63 + i for i in range(60)], dtype=pl.UInt64),
        pl.Series(range(60)).cast(pl.Date),
        pl.Series([None, *range(59)]),
    ],
    ids=lambda each: f"{each.dtype}-{each[1]}",
)
def test_ids_of_any_kind(ids: pl.Series, outcomes_of: Run) -> None:
    label = ["case"] * 30 + ["control"] * 30
    table = pl.DataFrame({"id": ids, "y": label, "x": [0] * 60, "fold": [0, 1, 2, 3, 4] * 12})
    found = _of(table.sample(60, shuffle=True, seed=2), outcomes_of, label="y", id="id")
    assert "id" in scores(found)
    assert "row_order" not in flagged(found)


def test_a_drift_in_time_is_flagged_and_explained(outcomes_of: Run) -> None:
    draw = np.random.default_rng(0)
    day = np.arange(3000)
    table = pl.DataFrame({"day": day, "y": draw.random(3000) < 0.05 + 0.6 * day / 3000})
    found = _of(table, outcomes_of, label="y", time="day")
    assert flagged(found) == {"row_order"}
    assert "a time in which it drifts" in found.findings[0].message


def test_forward_folds_ask_nothing_of_the_order_that_they_are_cut_in(outcomes_of: Run) -> None:
    day = np.arange(3000)
    y = np.random.default_rng(0).random(3000) < 0.05 + 0.6 * day / 3000
    table = pl.DataFrame({"day": day, "y": y, "fold": day // 500})
    found = _of(table, outcomes_of, label="y", time="day", scheme="forward")
    assert found.status is Status.PASSED


def test_a_continuous_label(outcomes_of: Run) -> None:
    draw = np.random.default_rng(0)
    table = pl.DataFrame({"y": np.sort(draw.lognormal(size=500)), "x": [1] * 500})
    found = _of(table, outcomes_of, label="y")
    assert found.measured["metric"] == "r2_of_ranks"
    assert flagged(found) == {"row_order"}
    shuffled = table.sample(500, shuffle=True, seed=1)
    assert flagged(_of(shuffled, outcomes_of, label="y")) == set()


def test_several_labels_are_named(outcomes_of: Run) -> None:
    draw = np.random.default_rng(0)
    table = pl.DataFrame({"red": draw.integers(0, 2, 300), "round": [1] * 150 + [0] * 150})
    found = _of(table, outcomes_of, label=["red", "round"])
    associations: Any = found.measured["associations"]
    assert associations["row_order"]["class"] == "round"
    assert 'for label "round"' in found.findings[0].message


def test_a_group_key_with_nulls_of_any_type(outcomes_of: Run) -> None:
    draw = np.random.default_rng(0)
    table = pl.DataFrame(
        {
            "y": draw.integers(0, 2, 200),
            "text": [None if i % 7 == 0 else f"g{i % 30}" for i in range(200)],
            "day": pl.Series([None if i % 7 == 0 else i % 30 for i in range(200)]).cast(pl.Date),
            "none": pl.Series([None] * 200, dtype=pl.String),
        }
    )
    found = _of(table, outcomes_of, label="y", groups=["text", "day", "none"])
    assert found.status is Status.PASSED
    assert scores(found)["group:text"] == scores(found)["group:day"]
    assert found.measured["not_scored"] == {"group:none": "no group lies in several folds"}


def test_without_an_order_of_rows_it_is_said(subject_of: Callable[..., Subject]) -> None:
    class Unordered(TableSubject):
        @property
        def ordered(self) -> bool:
            return False

    plain: Any = subject_of(
        {
            "columns": {"id": list(range(40)), "fold": [0, 1] * 20, "y": ["a"] * 20 + ["b"] * 20},
            "label": "y",
        }
    )
    names = ("table", "roles", "row_ids", "folds", "rounds", "scheme", "identity", "has_ids")
    subject = Unordered(**{name: getattr(plain, name) for name in names})
    from fold_guard.checks.catalogue import BY_NAME

    [found] = run(subject, BY_NAME["identifier_label"].rule())  # type: ignore[arg-type]
    assert found.measured["not_scored"] == {"row_order": "the frame has no order of rows"}
    assert flagged(found) == {"id"}


@pytest.mark.parametrize(
    ("label", "status"),
    [(["a"] * 8, Status.NOT_APPLICABLE), ([None] * 8, Status.NOT_APPLICABLE)],
)
def test_a_label_with_nothing_to_tell_is_not_passed(
    label: list[str | None], status: Status, outcomes_of: Run, subject_of: Callable[..., Subject]
) -> None:
    columns = {"id": list(range(8)), "fold": [0, 1] * 4, "y": label}
    [found] = outcomes_of(subject_of({"columns": columns, "label": "y"}), "identifier_label")
    assert found.status is status


@pytest.mark.parametrize("leave_one_out", [False, True])
def test_noise_is_silent(outcomes_of: Run, *, leave_one_out: bool) -> None:
    for seed in range(40):
        draw = np.random.default_rng(seed)
        rows = int(draw.integers(10, 300))
        table = pl.DataFrame(
            {
                "id": draw.permutation(rows),
                "group": draw.integers(0, max(rows // 4, 1), rows),
                "y": ["a", "b", "c", *draw.choice(list("abc"), rows - 3, p=[0.7, 0.2, 0.1])],
                "fold": draw.permutation(rows) % (rows if leave_one_out else 5),
            }
        )
        found = _of(table, outcomes_of, label="y", id="id", groups="group")
        assert not flagged(found), found.summary


@pytest.mark.skipif(not SHARED.is_dir(), reason="the other data sets are not here")
@pytest.mark.parametrize(
    ("name", "label", "given", "expected"),
    [
        # Sold as they were collected: one class after the other.
        ("iris", "species", {}, {"row_order"}),
        ("glass", "glass_type", {}, {"row_order"}),
        ("birthweight", "low", {}, {"row_order"}),
        # Days, and it rains more in winter.
        ("seattle_weather", "weather", {"time": "date"}, {"row_order"}),
        ("caravan", "Purchase", {}, set()),
        ("bank_marketing", "y", {}, set()),
        ("credit_default", "default-payment-next-month", {"id": "ID"}, set()),
    ],
)
def test_real_data(
    name: str, label: str, given: dict[str, str], expected: set[str], outcomes_of: Run
) -> None:
    found = _of(pl.read_parquet(SHARED / f"{name}.parquet"), outcomes_of, label=label, **given)
    assert flagged(found) == expected
