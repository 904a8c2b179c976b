"""``fold-guard cv`` end to end: killed, over budget, failing, exact, searched, tracked."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.acceptance.conftest import BIN

pytestmark = pytest.mark.dvc

# Leaves a line for each fit, by the rows that it learned from; slow, or bad, where it is told to.
MODEL = """
import os
import time
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

HERE = Path(__file__).parent

class Model(LogisticRegression):
    def __init__(self, nap=0.0, bad="", noise=0.0, C=1.0):
        super().__init__(C=C)
        self.nap, self.bad, self.noise = nap, bad, noise

    def fit(self, X, y, sample_weight=None):
        with (HERE / "fits.log").open("a") as log:
            log.write((learned := f"{len(X)} {X['age'].sum():.6f}") + "\\n")
        time.sleep(self.nap)
        if self.bad == learned:
            os._exit(0)
        rounds = len((HERE / "fits.log").read_text().splitlines())
        if self.bad == "raises" and rounds == 2:
            raise ValueError("matrix is singular")
        if self.bad == "dies" and rounds == 2:
            os._exit(9)
        return super().fit(X.assign(gender=(X["gender"] == "male").astype(float)), y)

    def predict_proba(self, X):
        forecast = super().predict_proba(X.assign(gender=(X["gender"] == "male").astype(float)))
        if self.noise:
            forecast = forecast + np.random.default_rng().random(forecast.shape) * self.noise
            forecast = forecast / forecast.sum(axis=1, keepdims=True)
        return forecast

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]
"""
CV = "reports/grouped/cv"


def lay_out(scratch: Any, **cv: Any) -> None:
    """Set the section cv of a project whose gate is open."""
    (scratch.root / "model.py").write_text(MODEL, encoding="utf-8")
    params = scratch.params()
    given = {"estimator": {"call": "model.Model"}, "headline": ["log_loss"], "recheck": 0}
    params["cv"] = {**given, **cv}
    scratch.set_params(params)


def fits(scratch: Any) -> list[str]:
    log = scratch.root / "fits.log"
    return log.read_text().splitlines() if log.exists() else []


def contents(scratch: Any) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((scratch.root / CV).iterdir())}


def regated(scratch: Any, plan: dict[str, Any]) -> None:
    """Give plan ``grouped`` other folds, and open its gate."""
    params = scratch.params()
    params["plans"]["grouped"] |= plan
    scratch.set_params(params)
    for stage in ("fold", "check", "gate"):
        scratch.fold_guard(stage, "--plan", "grouped", check=True)


def test_killed_and_called_again(gated: Any) -> None:
    lay_out(gated, estimator={"call": "model.Model", "with": {"nap": 0.0}})
    gated.fold_guard("cv", "--plan", "grouped", check=True)
    undisturbed, all_fits = contents(gated), fits(gated)
    assert len(all_fits) == 3
    # The nap is a parameter, and so under the digests: the slow model is another run.
    lay_out(gated, estimator={"call": "model.Model", "with": {"nap": 1.5}})
    (gated.root / "fits.log").unlink()

    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    command = ["fold-guard", "cv", "--plan", "grouped"]
    env["PYTHONPATH"] = str(gated.root)
    running = subprocess.Popen(command, cwd=gated.root, env=env, stderr=subprocess.PIPE)
    limit = time.monotonic() + 60
    while len(fits(gated)) < 2 and time.monotonic() < limit:
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert running.stderr is not None
    running.stderr.close()
    assert len(fits(gated)) == 2
    assert (gated.root / ".fold_guard" / "journal" / "grouped.sqlite").exists()

    ran = gated.fold_guard("cv", "--plan", "grouped", check=True)

    assert "cv grouped: going on from 1 of 3 rounds" in ran.err
    # The first round was recorded; the second was at work, and is done again.
    assert fits(gated) == [all_fits[0], all_fits[1], all_fits[1], all_fits[2]]
    after = contents(gated)
    assert after["predictions.parquet"] == undisturbed["predictions.parquet"]
    assert after["result.json"] == undisturbed["result.json"]
    assert not (gated.root / ".fold_guard" / "journal" / "grouped.sqlite").exists()
    facts = gated.read(gated.root / "reports" / "run_facts" / "grouped.json")
    assert facts["resumed"] == 1
    for each in facts["rounds"]:
        assert each["peak_memory"] > 10_000_000
        assert each["wall_seconds"] >= each["fit_seconds"] > 1.4
        assert 0 < each["cpu_seconds"] < each["wall_seconds"]

    # A round that ends its process, always and with a code that says all is well.
    lay_out(gated, estimator={"call": "model.Model", "with": {"bad": all_fits[1]}})
    ran = gated.fold_guard("cv", "--plan", "grouped")
    assert ran.code == 1
    (failure,) = gated.read(gated.root / CV / "result.json")["failures"]
    assert (failure["kind"], failure["attempts"]) == ("crash", 2)
    assert failure["error"] == "its process ended with exit code 0"
    assert len(gated.read(gated.root / CV / "result.json")["rounds"]) == 2


def test_over_budget_it_is_incomplete_and_goes_on(gated: Any) -> None:
    slow = {"call": "model.Model", "with": {"nap": 0.6}}
    lay_out(gated, estimator=slow, budget={"seconds": 0.5})

    ran = gated.fold_guard("cv", "--plan", "grouped")

    assert ran.code == 1
    assert "incomplete" in ran.err
    assert "1 of 3 rounds" in ran.err
    assert "budget.seconds" in ran.err
    assert "run it again" in ran.err
    assert gated.scores() == []
    assert len(fits(gated)) == 1
    # The budget is no part of what is computed: a larger one goes on from there.
    lay_out(gated, estimator=slow)
    gated.fold_guard("cv", "--plan", "grouped", check=True)
    assert len(fits(gated)) == 3


@pytest.mark.parametrize(("bad", "jobs"), [("raises", 1), ("dies", 2)])
def test_a_failing_round_is_named_and_never_passes(gated: Any, bad: str, jobs: int) -> None:
    lay_out(gated, estimator={"call": "model.Model", "with": {"bad": bad}}, n_jobs=jobs)

    ran = gated.fold_guard("cv", "--plan", "grouped")

    if bad == "dies":
        # Played once more by itself: what killed a worker once may have been the machine. Both
        # workers may have been at their second line.
        assert ran.code == 0, ran.text
        assert len(fits(gated)) in (4, 5)
        return
    assert ran.code == 1
    assert "matrix is singular" in ran.text
    result = gated.read(gated.root / CV / "result.json")
    (failure,) = result["failures"]
    assert failure["kind"] == "exception"
    assert result["n_rounds"] == 3
    assert len(result["rounds"]) == 2
    samples = pl.read_parquet(gated.root / "reports/run_facts/grouped/samples.parquet")
    lost = samples.filter(pl.col("error").is_not_null())
    assert lost["prediction"].null_count() == lost.height > 0
    assert samples["row_id"].n_unique() == pl.read_parquet(gated.table).height

    lay_out(
        gated,
        estimator={"call": "model.Model", "with": {"bad": bad}},
        max_failure_rate=0.4,
        n_jobs=jobs,
    )
    (gated.root / "fits.log").unlink()
    assert gated.fold_guard("cv", "--plan", "grouped").code == 0


def test_an_estimator_that_is_not_deterministic_is_named(gated: Any) -> None:
    lay_out(gated, estimator={"call": "model.Model", "with": {"noise": 0.5}}, recheck=1)
    ran = gated.fold_guard("cv", "--plan", "grouped")
    result = gated.read(gated.root / CV / "result.json")
    assert [each["name"] for each in result["concerns"]] == ["not_deterministic"]
    assert "gave other probabilities the second time" in ran.text
    assert len(fits(gated)) == 4


def test_leave_one_out_without_fits(gated: Any) -> None:
    params = gated.params()
    table = pl.read_parquet(gated.table).drop_nulls("age").sort("row_id")
    rare = table.filter(pl.col("result") != "negative").head(40)
    table.filter(pl.col("result") == "negative").head(80).vstack(rare).write_parquet(gated.table)
    params["data"]["roles"]["features"] = ["age", "drive_thru_ind"]
    gated.set_params(params)
    checks = {"row_identity": {}, "fold_map_matches_data": {}}
    regated(gated, {"fold": {"strategy": "leave_one_out"}, "checks": checks})
    steps = [
        ["scale", {"call": "sklearn.preprocessing.StandardScaler"}],
        ["model", {"call": "sklearn.linear_model.LogisticRegression"}],
    ]
    estimator = {"call": "sklearn.pipeline.Pipeline", "with": {"steps": steps}}
    lay_out(gated, estimator=estimator, headline=["recall[negative]", "log_loss"])
    params = gated.params()
    params["plans"]["grouped"]["require"] = [{"metric": "recall[negative]", "min": 0.5}]
    gated.set_params(params)

    ran = gated.fold_guard("cv", "--plan", "grouped", check=True)

    result = gated.read(gated.root / CV / "result.json")
    assert result["path"].startswith("exact: logistic regression")
    assert "exact: logistic regression" in ran.out
    exact = pl.read_parquet(gated.root / CV / "predictions.parquet")
    lay_out(gated, estimator=estimator, exact=False)
    gated.fold_guard("cv", "--plan", "grouped", check=True)
    assert gated.read(gated.root / CV / "result.json")["path"].startswith("120 fits")
    fitted = pl.read_parquet(gated.root / CV / "predictions.parquet")
    # The refits stop at lbfgs's tolerance.
    column = "probability[negative]"
    assert (exact[column] - fitted[column]).abs().max() < 1e-3

    params = gated.params()
    params["plans"]["grouped"]["require"] = [{"metric": "roc_auc", "min": 0.5}]
    gated.set_params(params)
    ran = gated.fold_guard("cv", "--plan", "grouped")
    assert ran.code == 2
    assert "0.37" in ran.err
    assert "log_loss or brier" in " ".join(ran.err.split())


def test_a_search_needs_inner_folds_and_tunes_on_them(gated: Any) -> None:
    grid = {"call": "sklearn.model_selection.GridSearchCV", "with": {}}
    grid["with"] = {"estimator": {"call": "model.Model"}, "param_grid": {"C": [0.01, 1.0]}}
    lay_out(gated, estimator=grid)
    ran = gated.fold_guard("cv", "--plan", "grouped")
    assert ran.code == 2
    assert "inner_splits" in ran.err
    assert not gated.trained
    fold = {"strategy": "stratified_group", "n_splits": 3, "seed": 7, "inner_splits": 2}
    regated(gated, {"fold": fold})
    gated.fold_guard("cv", "--plan", "grouped", check=True)
    # Two candidates on two inner folds and the best on all, in each of three rounds.
    assert len(fits(gated)) == 3 * (2 * 2 + 1)


def test_a_sampler_outside_of_the_train_side_is_refused(gated: Any) -> None:
    sampler = {"call": "imblearn.over_sampling.RandomOverSampler"}
    steps = [["sample", sampler], ["model", {"call": "model.Model"}]]
    lay_out(gated, estimator={"call": "sklearn.pipeline.Pipeline", "with": {"steps": steps}})
    ran = gated.fold_guard("cv", "--plan", "grouped")
    assert ran.code == 2
    assert "cv.resample" in ran.err
    assert not gated.trained
    lay_out(gated, resample=sampler)
    gated.fold_guard("cv", "--plan", "grouped", check=True)
    learned = [int(line.split()[0]) for line in fits(gated)]
    result = gated.read(gated.root / CV / "result.json")
    supports = [each["train_support"] for each in result["rounds"]]
    # Every class as often as the commonest; what is scored are the rows themselves.
    assert learned == [max(each.values()) * len(each) for each in supports]
    assert (
        sum(each["test_rows"] for each in result["rounds"]) == pl.read_parquet(gated.table).height
    )


def test_tracked_and_explained(gated: Any) -> None:
    lay_out(
        gated,
        track={"mlflow": {"register": "grouped"}, "prometheus": "metrics/{plan}.prom"},
        explain={"relabel": True, "shap": 3},
        estimator={
            "call": "sklearn.pipeline.Pipeline",
            "with": {
                "steps": [
                    [
                        "encode",
                        {
                            "call": "sklearn.preprocessing.OneHotEncoder",
                            "with": {"handle_unknown": "ignore"},
                        },
                    ],
                    ["model", {"call": "sklearn.linear_model.LogisticRegression"}],
                ]
            },
        },
    )
    key = "a key of more than thirty-two characters 0123456789"

    ran = gated.fold_guard("cv", "--plan", "grouped", check=True, FOLD_GUARD_KEY=key)

    assert "MLflow: run" in ran.err
    text = (gated.root / "metrics" / "grouped.prom").read_text()
    assert re.search(r"^fold_guard\w*passed\w*\{[^}]*plan=\"grouped\"[^}]*\} 1", text, re.MULTILINE)
    folder = gated.root / "reports" / "run_facts" / "grouped"
    ids = set(map(str, pl.read_parquet(gated.table)["row_id"].to_list()))
    samples = pl.read_parquet(folder / "samples.parquet")
    assert samples.columns == [
        "row_id",
        "fold",
        "label",
        "prediction",
        "probability",
        "loss",
        "seconds",
        "error",
    ]
    assert not ids & set(samples["row_id"].to_list())
    queue = pl.read_csv(folder / "relabel_queue.csv", infer_schema=False)
    assert not ids & set(queue["row_id"].to_list())
    values = pl.read_parquet(folder / "shap_values.parquet")
    assert values["row_id"].n_unique() == 3
    assert set(values["row_id"].to_list()) <= set(samples["row_id"].to_list())
    import sqlite3

    with sqlite3.connect(gated.root / "mlflow.db") as store:
        tags = dict(store.execute("select key, value from tags").fetchall())
        versions = store.execute("select name, version from model_versions").fetchall()
    assert gated.read(gated.root / CV / "provenance.json")["bindings"]["dataset"] in tags.values()
    assert versions == [("grouped", 1)]


def test_no_worse_than_what_is_stored(gated: Any) -> None:
    lay_out(gated)
    gated.fold_guard("cv", "--plan", "grouped", check=True)
    kept = gated.root / "baselines" / "main"
    kept.mkdir(parents=True)
    for path in (gated.root / CV).iterdir():
        (kept / path.name).write_bytes(path.read_bytes())
    params = gated.params()
    item = {"metric": "log_loss", "no_worse_than": "baselines/main", "margin": 0.0}
    params["plans"]["grouped"]["require"] = [item]
    gated.set_params(params)
    gated.fold_guard("cv", "--plan", "grouped", check=True)
    # A model that cannot learn is worse, and says by how much.
    params["cv"]["estimator"] = {"call": "model.Model", "with": {"C": 1e-9, "noise": 3.0}}
    gated.set_params(params)
    ran = gated.fold_guard("cv", "--plan", "grouped")
    assert ran.code == 1, ran.text
    assert "baselines/main" in ran.text
    # Held against itself, it would pass when it is called again.
    params["plans"]["grouped"]["require"] = [{**item, "no_worse_than": CV}]
    gated.set_params(params)
    ran = gated.fold_guard("cv", "--plan", "grouped")
    assert ran.code == 2
    assert "is where this very plan writes" in ran.err
    (kept / "provenance.json").unlink()
    params["plans"]["grouped"]["require"] = [item]
    gated.set_params(params)
    ran = gated.fold_guard("cv", "--plan", "grouped")
    assert ran.code == 2
    assert "has no provenance.json" in ran.err


def test_scores_need_params_to_be_held_against(gated: Any) -> None:
    lay_out(gated)
    gated.fold_guard("cv", "--plan", "grouped", check=True)
    assert gated.fold_guard("verify", "--plan", "grouped").code == 0
    params = gated.params()
    params["plans"]["grouped"]["require"] = [{"metric": "accuracy", "min": 0.99}]
    gated.set_params(params)
    ran = gated.fold_guard("verify", "--plan", "grouped")
    assert ran.code == 1
    assert "other targets" in ran.text
    del params["cv"]
    gated.set_params(params)
    ran = gated.fold_guard("verify", "--plan", "grouped")
    assert ran.code == 1
    assert "no section cv" in " ".join(ran.text.split())


def test_segments(gated: Any) -> None:
    params = gated.params()
    params["data"]["roles"]["segments"] = ["gender"]
    params["plans"]["grouped"]["require"] = [
        {"metric": "recall[negative]", "segment": {"gender": "female"}, "min": 0.5},
        {"metric": "recall[negative]", "gap_between": "gender", "max": 0.5},
    ]
    gated.set_params(params)
    lay_out(gated)
    ran = gated.fold_guard("cv", "--plan", "grouped", check=True)
    assert ran.out.count("met") >= 2
    result = gated.read(gated.root / CV / "result.json")
    assert {each["value"] for each in result["segments"]} >= {"female", "male"}
    params = gated.params()
    params["plans"]["grouped"]["require"] = [
        {"metric": "recall[negative]", "segment": {"gender": "femal"}, "min": 0.5}
    ]
    gated.set_params(params)
    ran = gated.fold_guard("cv", "--plan", "grouped")
    assert ran.code == 2
    assert "female" in ran.err
    assert Path(gated.root / CV).exists()
