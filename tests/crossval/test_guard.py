"""Training must not start unless the verdict fits: the factory of the estimator is never called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from fold_guard.checks.catalogue import BY_NAME
from fold_guard.checks.outcome import Outcome, Severity, Status
from fold_guard.crossval.guard import cross_validate
from fold_guard.errors import DataError, FoldGuardError, Refused, UsageError
from fold_guard.folds.make import make_folds
from fold_guard.folds.plan import FoldPlan
from fold_guard.gate.policy import Policy
from fold_guard.gate.verdict import Bindings, Verdict, decide, features_digest

RULE = BY_NAME["row_identity"].rule()
POLICY = Policy("main", {"row_identity": RULE}, {}, {})
REPORT = "r" * 64


class Factory:
    """Counts how often it is asked for an estimator."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> Any:
        from sklearn.dummy import DummyClassifier

        self.calls += 1
        return DummyClassifier()


def judged(fold_map: Any, status: Status = Status.PASSED) -> Verdict:
    outcome = Outcome(
        "FG101", "row_identity", "", status, Severity.ERROR, "", requires=RULE.thresholds()
    )
    bindings = Bindings(
        dataset=fold_map.manifest.dataset.digest,
        fold_map=fold_map.digest,
        policy=POLICY.digest,
        report=REPORT,
        features=features_digest(["x"]),
    )
    return decide([outcome], POLICY, bindings)


@pytest.fixture
def given(clinic: pl.DataFrame, clinic_folds: Any) -> dict[str, Any]:
    fold_map = clinic_folds("forward", embargo=2)
    return {
        "estimator": Factory(),
        "frame": clinic,
        "fold_map": fold_map,
        "verdict": judged(fold_map),
        "policy": POLICY,
        "report": REPORT,
        "features": ["x"],
    }


def refused(given: dict[str, Any], kind: type[FoldGuardError] = Refused) -> str:
    with pytest.raises(kind) as caught:
        cross_validate(**given)
    assert given["estimator"].calls == 0
    assert caught.value.remedy
    return str(caught.value)


def test_a_fitting_verdict_lets_training_start(given: dict[str, Any]) -> None:
    result = cross_validate(**given)
    assert given["estimator"].calls == 1
    assert len(result.rounds) == 3


def test_order_of_rows_does_not_matter(given: dict[str, Any]) -> None:
    result = cross_validate(**given)
    again = cross_validate(**given | {"frame": given["frame"].reverse().to_pandas()})
    assert again.predictions.equals(result.predictions)


def test_scores_do_not_depend_on_the_order_of_the_file(given: dict[str, Any]) -> None:
    from sklearn.linear_model import SGDClassifier

    # Stochastic descent goes through the rows in their order.
    model = SGDClassifier(loss="log_loss", random_state=3, max_iter=2, tol=None)
    given["estimator"] = lambda: model
    result = cross_validate(**given)
    shuffled = given["frame"].sample(fraction=1.0, shuffle=True, seed=4)
    assert not shuffled.equals(given["frame"])
    again = cross_validate(**given | {"frame": shuffled})
    assert again.predictions.equals(result.predictions)
    assert again.summary == result.summary
    assert again.confusion == result.confusion


def test_an_estimator_or_its_class_may_be_given(given: dict[str, Any]) -> None:
    from sklearn.dummy import DummyClassifier

    for estimator in (DummyClassifier(), DummyClassifier):
        result = cross_validate(**given | {"estimator": estimator})
        assert len(result.rounds) == 3


def test_a_refusing_verdict(given: dict[str, Any]) -> None:
    given["verdict"] = judged(given["fold_map"], Status.FAILED)
    assert "refuses training" in refused(given)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.with_columns(x=pl.when(pl.col("visit") == 5).then(0.0).otherwise("x")),
        lambda t: t.head(119),
        lambda t: pl.concat([t, t.head(1).with_columns(visit=pl.lit(999).cast(pl.Int64))]),
        lambda t: t.rename({"x": "xx"}),
        lambda t: t.with_columns(z=1),
        lambda t: t.with_columns(pl.col("visit").cast(pl.String)),
    ],
    ids=["cell", "row gone", "row more", "renamed", "column more", "ids as text"],
)
def test_data_changed_after_the_verdict(given: dict[str, Any], change: Any) -> None:
    given["frame"] = change(given["frame"])
    assert "the data changed" in refused(given)


def test_a_table_without_the_id(given: dict[str, Any]) -> None:
    given["frame"] = given["frame"].drop("visit")
    assert "no id column 'visit'" in refused(given, UsageError)


def test_repeated_ids(given: dict[str, Any]) -> None:
    given["frame"] = pl.concat([given["frame"], given["frame"].head(1)])
    assert "repeat an id" in refused(given, DataError)


def test_one_edited_fold_value(given: dict[str, Any]) -> None:
    table = given["fold_map"].table.with_columns(
        fold=pl.when(pl.col("row_id") == 1).then(3).otherwise("fold")
    )
    given["fold_map"] = replace(given["fold_map"], table=table)
    assert "the fold map changed" in refused(given)


@pytest.mark.parametrize("sealed_again", [False, True])
@pytest.mark.parametrize("change", [{"embargo": 0}, {"purge_groups": False}])
def test_an_edited_manifest(
    given: dict[str, Any], change: dict[str, Any], sealed_again: bool
) -> None:
    """Without its embargo the same assignment trains on rows that were checked as purged."""
    manifest = given["fold_map"].manifest
    edited = replace(
        given["fold_map"],
        manifest=replace(manifest, plan=replace(manifest.plan, **change)),
    )
    if sealed_again:
        edited = replace(edited, manifest=replace(edited.manifest, digest=edited.digest_now()))
    given["fold_map"] = edited
    assert "the fold map changed" in refused(given)


def test_a_label_swapped_in_the_manifest(given: dict[str, Any]) -> None:
    manifest = given["fold_map"].manifest
    dataset = replace(manifest.dataset, label="patient")
    given["fold_map"] = replace(given["fold_map"], manifest=replace(manifest, dataset=dataset))
    assert "the fold map changed" in refused(given)


def test_a_policy_loosened_after_the_verdict(given: dict[str, Any]) -> None:
    loose = BY_NAME["row_identity"].rule(severity=Severity.WARNING)
    given["policy"] = Policy("main", {"row_identity": loose}, {}, {})
    assert "the policy in params.yaml changed" in refused(given)


def test_a_check_report_edited_after_the_verdict(given: dict[str, Any]) -> None:
    given["report"] = "s" * 64
    assert "the check report changed" in refused(given)


def test_the_verdict_of_another_plan(given: dict[str, Any]) -> None:
    given["policy"] = replace(POLICY, plan="other")
    assert "for plan 'main'" in refused(given)


def test_a_verdict_copied_from_another_dataset(given: dict[str, Any]) -> None:
    other = given["frame"].with_columns(x=pl.col("x") + 1)
    plan = FoldPlan("forward", n_splits=4, embargo=2)
    elsewhere = make_folds(other, plan, id="visit", label="y", groups=["patient"], time="day")
    given["verdict"] = judged(elsewhere)
    assert "the data changed" in refused(given)


def test_a_verdict_on_other_data_than_the_map_was_made_from(given: dict[str, Any]) -> None:
    """Verdict and table agree, but the map is of another table with the same ids."""
    given["frame"] = given["frame"].with_columns(x=pl.col("x") + 1)
    elsewhere = make_folds(
        given["frame"],
        given["fold_map"].manifest.plan,
        id="visit",
        label="y",
        groups=["patient"],
        time="day",
    )
    given["verdict"] = judged(elsewhere)
    assert "not made from this table" in refused(given)


def test_a_map_without_a_label(given: dict[str, Any]) -> None:
    given["fold_map"] = make_folds(given["frame"], FoldPlan("kfold"), id="visit")
    assert "has no label" in refused(given, UsageError)


def test_a_feature_that_is_the_label(given: dict[str, Any]) -> None:
    given["features"] = ["x", "y"]
    assert "the list of features changed" in refused(given)
