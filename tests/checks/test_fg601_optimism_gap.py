from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fold_guard.checks.outcome import Outcome, Status
from fold_guard.checks.subjects.subject import Subject
from fold_guard.checks.training.mended import mended
from fold_guard.partition.rounds import Round

Run = Callable[..., tuple[Outcome, ...]]
PATIENTS, VISITS = 60, 4


def visits(seed: int, *, effect: bool, signal: float = 1.0) -> dict[str, Any]:
    """Return visits in random folds; with an effect, patients can be known again by f0 and f1.

    With the effect the label is the patient's, drawn at random: nothing about new patients can be
    learnt. Without, it follows x, and patients have nothing in common.
    """
    draw = np.random.default_rng(seed)
    rows = PATIENTS * VISITS
    patient = np.repeat(np.arange(PATIENTS), VISITS)
    x, prints = draw.normal(size=rows), draw.normal(size=(PATIENTS, 2))[patient]
    told = draw.normal(size=PATIENTS)[patient] if effect else signal * x + draw.normal(size=rows)
    found: dict[str, Any] = {
        "id": list(range(rows)),
        "fold": (draw.permutation(rows) % 5).tolist(),
        "patient": [f"p{each}" for each in patient],
        "y": ["ill" if each > 0 else "well" for each in told],
        "x": x.tolist(),
    }
    for at in range(2):
        drawn = prints[:, at] if effect else draw.normal(size=rows)
        found[f"f{at}"] = (drawn + 0.001 * draw.normal(size=rows)).tolist()
    return found


@pytest.fixture
def gap_of(
    subject_of: Callable[[Mapping[str, Any]], Subject], outcomes_of: Run
) -> Callable[..., Outcome]:
    def run(columns: Mapping[str, Any], estimator: object, **given: Any) -> Outcome:
        example = {"columns": columns, "label": "y", "groups": ["patient"], **given}
        subject = replace(subject_of(example), estimator=estimator)
        [found] = outcomes_of(subject, "optimism_gap", **given.get("rule", {}))
        return found

    return run


def test_a_patient_effect_with_random_labels_is_worth_what_lies_above_chance(
    gap_of: Callable[..., Outcome],
) -> None:
    from sklearn.neighbors import KNeighborsClassifier

    for seed in range(3):
        columns = visits(seed, effect=True)
        found = gap_of(columns, KNeighborsClassifier(1), features=["f0", "f1"])
        assert found.status is Status.WARNED
        now: Any = found.measured
        assert now["score_given"] > 0.9
        assert 0.3 < now["score_repaired"] < 0.7
        assert 0 < now["gap_low"] < now["gap"] < now["gap_high"]
        assert now["gap"] == now["score_given"] - now["score_repaired"]
        assert now["rows_scored"] == len(columns["id"])
        assert now["units"] == PATIENTS
        [finding] = found.findings
        assert finding.message.startswith(
            f"this leak is worth {100 * now['gap']:.1f} points of recall, mean of 2 classes ("
        )
        assert finding.count == now["test_rows_leaking_total"]


def test_without_an_effect_the_interval_holds_nought(gap_of: Callable[..., Outcome]) -> None:
    from sklearn.linear_model import LogisticRegression

    gaps: list[Any] = [
        gap_of(visits(seed, effect=False), LogisticRegression()).measured for seed in range(12)
    ]
    held = [each["gap_low"] <= 0 <= each["gap_high"] for each in gaps]
    # 99 of 100 in a longer run; at 95% fewer than 10 of 12 have a chance of 2%.
    assert sum(held) >= 10
    assert abs(np.mean([each["gap"] for each in gaps])) < 0.02


def test_scores_and_recalls_are_those_of_scikit_learn(
    gap_of: Callable[..., Outcome], subject_of: Callable[[Mapping[str, Any]], Subject]
) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import balanced_accuracy_score, recall_score, roc_auc_score

    columns = visits(1, effect=False)
    features = ["x", "f0", "f1"]
    columns["y"] = ["ill" if each > 0.8 else "well" for each in columns["x"]]
    columns["x"] = [each + (row % 3) for row, each in enumerate(columns["x"])]
    found = gap_of(columns, LogisticRegression(), features=features)
    split = mended(subject_of({"columns": columns, "label": "y", "groups": ["patient"]}))
    x, y = np.stack([columns[name] for name in features], axis=1), np.array(columns["y"])
    for key, rounds in (("first", split.given), ("second", split.repaired)):
        said, areas = np.empty(len(y), dtype=object), []
        for each in rounds:
            model = LogisticRegression().fit(x[each.train], y[each.train])
            said[each.test] = model.predict(x[each.test])
            ranked = model.predict_proba(x[each.test])[:, 1]
            areas.append(roc_auc_score(y[each.test] == "well", ranked))
        metrics: Any = found.measured["metrics"]
        truth = balanced_accuracy_score(y, said)
        assert metrics["balanced_accuracy"][key] == pytest.approx(truth)
        rare = recall_score(y, said, pos_label="ill")
        assert metrics["recall[ill]"][key] == pytest.approx(rare)
        assert metrics["roc_auc"][key] == pytest.approx(np.mean(areas))


def test_no_patient_is_torn_by_the_repair(subject_of: Callable[..., Subject]) -> None:
    columns = visits(0, effect=False)
    split = mended(subject_of({"columns": columns, "label": "y", "groups": ["patient"]}))
    who = np.array(columns["patient"])
    assert (split.how, len(split.repaired)) == ("gathered", 5)
    for each in split.repaired:
        assert each.test.any()
        assert not set(who[each.test]) & set(who[each.train])
    before = sum(int(np.isin(who[r.test], who[r.train]).sum()) for r in split.given)
    assert split.rows_leaking == before > 0


def test_blocks_of_time_are_cut_anew_and_purged(subject_of: Callable[..., Subject]) -> None:
    columns = visits(0, effect=False)
    columns["day"] = [row * 7 % 240 for row in range(240)]
    example = {"columns": columns, "label": "y", "groups": ["patient"], "time": "day"}
    split = mended(subject_of({**example, "scheme": "forward"}))
    assert split.how == "recut"
    who, day = np.array(columns["patient"]), np.array(columns["day"])
    for each in split.repaired:
        assert day[each.train].max() < day[each.test].min()
        assert not set(who[each.test]) & set(who[each.train])


def test_other_rounds_keep_their_test_rows(subject_of: Callable[..., Subject]) -> None:
    columns = visits(0, effect=False)
    subject: Any = subject_of({"columns": columns, "label": "y", "groups": ["patient"]})
    test = np.arange(240) < 50
    # Two rows are on both sides; the rest of train is a third of the table.
    train = (np.arange(240) % 3 == 0) & ~test
    train[:2] = True
    split = mended(replace(subject, rounds=[Round(0, train, test)]))
    assert split.how == "purged"
    [only] = split.repaired
    who = np.array(columns["patient"])
    assert (only.test == test).all()
    assert (only.train == (train & ~np.isin(who, who[test]))).all()


def test_coarse_features_do_not_chain_patients_together(
    subject_of: Callable[..., Subject],
) -> None:
    columns = visits(0, effect=False)
    columns["x"] = [round(each) for each in columns["x"]]
    example = {"columns": columns, "label": "y", "groups": ["patient"], "features": ["x"]}
    split = mended(subject_of(example))
    assert not split.copies
    assert len(np.unique(split.units)) == PATIENTS


def test_the_default_model_is_named_and_takes_text_and_nulls(
    gap_of: Callable[..., Outcome],
) -> None:
    columns = visits(2, effect=False)
    columns["ward"] = [None if row % 11 == 0 else "abc"[row % 3] for row in range(240)]
    found = gap_of(columns, None)
    assert found.status in (Status.PASSED, Status.WARNED), found.summary
    assert str(found.measured["model"]).startswith("HistGradientBoostingClassifier(")
    assert "random_state=0) on ordinal codes" in found.summary
    function = gap_of(columns, lambda frame, train, test: None)
    assert "the training function gives no predictions" in str(function.measured["model"])


def test_null_labels_are_on_neither_side(gap_of: Callable[..., Outcome]) -> None:
    from sklearn.dummy import DummyClassifier

    columns = visits(2, effect=False)
    columns["y"] = [None if row % 10 == 0 else each for row, each in enumerate(columns["y"])]
    found = gap_of(columns, DummyClassifier())
    assert found.measured["rows_scored"] == 216
    assert found.measured["gap"] == 0
    assert found.status is Status.PASSED


def test_a_model_that_fails_is_an_error_with_its_round(gap_of: Callable[..., Outcome]) -> None:
    from sklearn.linear_model import LinearRegression, LogisticRegression

    columns = {**visits(0, effect=False), "ward": ["a"] * 240}
    found = gap_of(columns, LogisticRegression())
    assert found.status is Status.ERROR
    assert "given folds, round 0" in found.summary
    assert "ValueError" in found.summary
    columns = visits(0, effect=False)
    columns["y"] = [row % 2 for row in range(240)]
    regressor = gap_of(columns, LinearRegression())
    assert regressor.status is Status.ERROR
    assert "no class of the label" in regressor.summary


def test_it_needs_one_label_and_features(gap_of: Callable[..., Outcome]) -> None:
    columns = visits(0, effect=False)
    assert gap_of(columns, None, label=None).status is Status.NOT_APPLICABLE
    assert gap_of(columns, None, features=[]).status is Status.NOT_APPLICABLE
