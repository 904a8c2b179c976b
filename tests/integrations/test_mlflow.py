from __future__ import annotations

import copy
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.datasets import load_svmlight_file
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from fold_guard.crossval.result import Concern
from fold_guard.errors import FoldGuardError, MissingExtra, UsageError
from fold_guard.identity.pseudonyms import PseudonymKey
from fold_guard.integrations.mlflow import MlflowRun, track
from fold_guard.integrations.mlflow_model import FittedOnAll, _trusted
from fold_guard.integrations.mlflow_store import explained, opened, store_of
from fold_guard.integrations.tracking import MlflowSettings, TrackSettings, track_all
from tests.integrations.tracked_case import (
    IDS,
    ODD,
    at_odds,
    result_of,
    tracked_of,
    written,
)

ROOT = Path(__file__).parents[2]
KEY = PseudonymKey(b"0123456789abcdef0123456789abcdef")
X = pd.DataFrame({"age": np.linspace(0.5, 11.5, 12), "count": np.arange(12)})
Y = np.array(["no", ODD] * 6, dtype=object)


def fitted() -> FittedOnAll:
    return FittedOnAll(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y), X)


def no_fit() -> FittedOnAll:
    raise AssertionError("a model that did not pass was fitted")


BOTH = """
import socket, sys
from pathlib import Path

def refuse(*_):
    raise SystemExit("the network was asked for")

socket.getaddrinfo = socket.create_connection = refuse
from fold_guard.integrations.mlflow import track
from tests.integrations.tracked_case import tracked_of

print(track(tracked_of(plan=sys.argv[2]), Path(sys.argv[1])).run_id)
from mlflow.telemetry import get_telemetry_client
assert get_telemetry_client() is None
"""


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def raced() -> Iterator[tuple[Path, list[Ended]]]:
    """Let two processes track at once, where there is no store yet."""
    # Telemetry is off by itself where CI is, or pytest: not here.
    known = ("CI", "GITHUB_ACTIONS", "PYTEST_CURRENT_TEST")
    known += ("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK")
    env = {name: value for name, value in os.environ.items() if name not in known}
    # A new store waits for the disk a thousand times, if it is on one.
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        running = [
            subprocess.Popen(
                [sys.executable, "-c", BOTH, folder, plan],
                cwd=ROOT,
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for plan in ("one", "two")
        ]
        ended = [Ended(0, *process.communicate(timeout=240)) for process in running]
        codes = [process.returncode for process in running]
        yield (
            Path(folder),
            [replace(each, code=code) for each, code in zip(ended, codes, strict=True)],
        )


@pytest.fixture(scope="module")
def root(raced: tuple[Path, list[Ended]]) -> Path:
    return raced[0]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("nothing here may use the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.fixture
def client(root: Path) -> Any:
    return opened(store_of("sqlite:///mlflow.db", root), "fold_guard")[0]


@pytest.fixture(scope="module")
def whole(root: Path, tmp_path_factory: pytest.TempPathFactory) -> MlflowRun:
    """One run with files and a model, which the tests below read back."""
    files = written(tmp_path_factory.mktemp("files"), result_of())
    settings = TrackSettings(MlflowSettings(register="triage"))
    receipt = track_all(settings, tracked_of(artifacts=files), root, fit=fitted)
    assert receipt.mlflow is not None
    return receipt.mlflow


def test_folds_are_steps_of_one_run(whole: MlflowRun, client: Any) -> None:
    run = client.get_run(whole.run_id)
    assert (run.info.status, run.info.run_name) == ("FINISHED", "main")
    result = result_of()
    for name in ("accuracy", "log_loss"):
        history = client.get_metric_history(whole.run_id, f"test/{name}")
        found = {each.step: each.value for each in history}
        assert found == {each.index: each.test.values[name] for each in result.rounds}
        for which in ("estimate", "low", "high"):
            assert run.data.metrics[f"{which}/{name}"] == getattr(result.summary[name], which)
    assert [m.value for m in client.get_metric_history(whole.run_id, "cost/wall_seconds")] == [
        0.25
    ] * 3
    assert run.data.metrics["requirements/met"] == 2
    assert run.data.metrics["rounds/failure_rate"] == 0
    assert run.data.params == {"fold.n_splits": "3", "estimator.call": "a.B"}


def test_digests_and_verdict_are_tags_and_the_table_an_input(whole: MlflowRun, client: Any) -> None:
    run, tracked = client.get_run(whole.run_id), tracked_of()
    tags = {k.removeprefix("fold_guard."): v for k, v in run.data.tags.items()}
    assert tags["dataset_digest"] == "d" * 64
    assert tags["fold_map_digest"] == "f" * 64
    assert tags["verdict_digest"] == tracked.verdict.digest
    assert (tags["plan"], tags["passed"], tags["verdict"]) == ("main", "true", "passed")
    assert tags["requirements"] == "2 of 2 met"
    (given,) = run.inputs.dataset_inputs
    assert (given.dataset.name, given.dataset.digest) == ("visits.parquet", "d" * 36)
    assert json.loads(given.dataset.source)["tags"]["sha256"] == "d" * 64
    assert json.loads(given.dataset.profile) == {"num_rows": 12, "num_columns": 4}


def test_no_row_id_and_no_path_is_in_metrics_params_or_tags(
    whole: MlflowRun, client: Any, root: Path
) -> None:
    run = client.get_run(whole.run_id)
    text = json.dumps(
        [run.data.to_dictionary(), [i.to_dictionary() for i in run.inputs.dataset_inputs]]
    )
    assert "dataset_digest" in text
    assert not any(each in text for each in IDS)
    assert str(root) not in text.replace(
        json.dumps(run.data.tags.get("mlflow.source.name", "")), ""
    )


def files_of(client: Any, run_id: str, path: str = "") -> set[str]:
    found = set()
    for each in client.list_artifacts(run_id, path):
        found |= files_of(client, run_id, each.path) if each.is_dir else {each.path}
    return found


def test_fold_map_report_and_scores_are_artifacts(
    whole: MlflowRun, client: Any, tmp_path: Path
) -> None:
    assert files_of(client, whole.run_id) == {
        "cv/metrics.json",
        "cv/predictions.parquet",
        "cv/result.json",
        "fold_map/fold_map.parquet",
        "fold_map/lineage/1.parquet",
        "fold_map/manifest.json",
        "report/check.json",
    }
    local = client.download_artifacts(whole.run_id, "cv/predictions.parquet", str(tmp_path))
    back = pd.read_parquet(local)
    assert back["row_id"].tolist() == result_of().predictions["row_id"].to_list()


def test_store_and_files_lie_in_the_project(whole: MlflowRun, root: Path) -> None:
    assert whole.uri == f"sqlite:///{root.resolve()}/mlflow.db"
    names = {each.name for each in root.iterdir()}
    assert {"mlflow.db", "mlartifacts"} <= names
    assert not (Path.cwd() / "mlruns").exists()


def test_a_model_that_passed_is_registered_with_its_digests(whole: MlflowRun, client: Any) -> None:
    import mlflow
    from mlflow.sklearn import load_model

    assert whole.model_version == "1"
    version = client.get_model_version("triage", "1")
    assert version.run_id == whole.run_id
    assert version.tags["fold_guard.dataset_digest"] == "d" * 64
    assert version.tags["fold_guard.fold_map_digest"] == "f" * 64
    assert version.tags["fold_guard.verdict_digest"] == tracked_of().verdict.digest
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    try:
        mlflow.set_tracking_uri(whole.uri)
        mlflow.set_registry_uri(whole.uri)
        model: Any = load_model("models:/triage/1")
        info = mlflow.models.get_model_info("models:/triage/1")
    finally:
        mlflow.set_tracking_uri(before[0])
        mlflow.set_registry_uri(before[1])
    assert model.predict(X).tolist() == fitted().model.predict(X).tolist()
    flavor = info.flavors["sklearn"]
    assert (flavor["serialization_format"], flavor["pickled_model"]) == ("skops", "model.skops")
    assert info.signature.inputs.input_names() == ["age", "count"]
    assert info.saved_input_example_info is None


def test_nothing_saved_is_a_pickle(whole: MlflowRun, root: Path) -> None:
    saved = [each for each in (root / "mlartifacts").rglob("*") if each.is_file()]
    assert any(each.suffix == ".skops" for each in saved)
    assert not [each for each in saved if each.suffix in (".pkl", ".pickle", ".joblib")]
    needed = next(each for each in saved if each.name == "requirements.txt").read_text()
    assert "scikit-learn==" in needed
    assert "skops==" in needed


@pytest.mark.parametrize(
    "tracked",
    [
        tracked_of(passed=False),
        tracked_of(refused=True),
        tracked_of(met=(True, False)),
        at_odds(tracked_of()),
        tracked_of(replace(result_of(), concerns=(Concern("tuned", "same folds", blocking=True),))),
    ],
    ids=["not passed", "refused", "missed", "verdict", "concern"],
)
def test_a_model_that_did_not_pass_is_not_even_fitted(
    tracked: Any, whole: MlflowRun, root: Path, client: Any
) -> None:
    run = track(tracked, root, register_as="triage", fit=no_fit)
    assert run.model_version is None
    assert client.get_run(run.run_id).info.status == "FINISHED"
    assert len(client.search_model_versions("name='triage'")) == 1


def test_a_type_that_is_not_trusted_is_refused_until_it_is_named(root: Path, client: Any) -> None:
    def foreign() -> FittedOnAll:
        model = make_pipeline(FunctionTransformer(copy.copy), LogisticRegression())
        return FittedOnAll(model.fit(X, Y), X)

    with pytest.raises(UsageError, match=r"copy\.copy.*cv\.track\.mlflow\.trusted_types"):
        track(tracked_of(plan="foreign"), root, register_as="own", fit=foreign)
    experiment = client.get_experiment_by_name("fold_guard").experiment_id
    (failed,) = client.search_runs([experiment], "tags.`fold_guard.plan` = 'foreign'")
    assert failed.info.status == "FAILED"
    assert client.search_registered_models("name='own'") == []
    run = track(tracked_of(), root, register_as="own", fit=foreign, trusted_types=["copy.copy"])
    assert run.model_version == "1"


def test_types_of_scikit_learn_need_not_be_named_but_functions_do() -> None:
    from skops.io import dumps, get_untrusted_types, loads

    table = X.assign(ward=["east", "west"] * 6)
    encode = ColumnTransformer(
        [
            ("text", OneHotEncoder(), make_column_selector(dtype_exclude="number")),
            ("number", SimpleImputer(), make_column_selector(dtype_include="number")),
        ]
    )
    models = [
        make_pipeline(encode, model).fit(table, Y)
        for model in (
            LogisticRegression(),
            KNeighborsClassifier(algorithm="kd_tree"),
            HistGradientBoostingClassifier(max_iter=2),
            RandomForestClassifier(2),
        )
    ]
    assert any(get_untrusted_types(data=dumps(model)) for model in models)
    for model in models:
        trusted = _trusted(model, ())
        assert loads(dumps(model), trusted=trusted).predict(table).tolist()
    risky = make_pipeline(FunctionTransformer(load_svmlight_file), StandardScaler())
    assert get_untrusted_types(data=dumps(risky)) == [
        "sklearn.datasets._svmlight_format_io.load_svmlight_file"
    ]
    assert _trusted(risky, ()) == []
    assert _trusted(risky, ["a.B"]) == ["a.B"]


def test_with_a_key_no_file_holds_an_id(tmp_path: Path, root: Path, client: Any) -> None:
    files = written(tmp_path, result_of())
    run = track(tracked_of(artifacts=files), root, key=KEY)
    assert files_of(client, run.run_id) == {
        "cv/metrics.json",
        "cv/predictions.parquet",
        "fold_map/fold_map.parquet",
        "fold_map/lineage/1.parquet",
    }
    left_out = client.get_run(run.run_id).data.tags["fold_guard.files_left_out"]
    assert left_out == "cv/result.json, fold_map/manifest.json, report"
    folder = Path(client.download_artifacts(run.run_id, "", str(tmp_path / "back")))
    for file in folder.rglob("*.parquet"):
        assert not set(pd.read_parquet(file)["row_id"]) & set(IDS)


def test_classes_with_odd_names_keep_their_metrics_apart(root: Path, client: Any) -> None:
    result = result_of()
    some = result.summary["accuracy"]
    summary = {
        f"recall[{name}]": replace(some, estimate=v) for name, v in [(ODD, 0.1), ("..", 0.2)]
    }
    run = track(tracked_of(replace(result, summary=summary)), root)
    names = json.loads(
        Path(client.download_artifacts(run.run_id, "metric_names.json")).read_text("utf-8")
    )
    metrics = client.get_run(run.run_id).data.metrics
    assert metrics[f"estimate/{names[f'recall[{ODD}]']}"] == 0.1
    assert metrics[f"estimate/{names['recall[..]']}"] == 0.2


def test_runs_of_the_caller_are_left_alone(root: Path, whole: MlflowRun, tmp_path: Path) -> None:
    import mlflow

    mine = f"sqlite:///{tmp_path}/mine.db"
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(mine)
    try:
        track(tracked_of(), root, register_as="triage", fit=fitted)
        assert mlflow.get_tracking_uri() == mine
        assert mlflow.active_run() is None
    finally:
        mlflow.set_tracking_uri(before)


def test_a_run_that_breaks_ends_as_failed(root: Path, client: Any) -> None:
    def broken() -> FittedOnAll:
        raise ValueError("no memory")

    with pytest.raises(ValueError, match="no memory"):
        track(tracked_of(plan="broken"), root, register_as="triage", fit=broken)
    experiment = client.get_experiment_by_name("fold_guard").experiment_id
    (run,) = client.search_runs([experiment], "tags.`fold_guard.plan` = 'broken'")
    assert run.info.status == "FAILED"


@pytest.mark.parametrize(
    "uri", ["mlruns", "./mlruns", "file:///tmp/x", "sqlite://", "sqlite:///", "sqlite:///:memory:"]
)
def test_stores_that_would_not_last_are_refused(uri: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"sqlite:///mlflow\.db"):
        track(tracked_of(), tmp_path, uri=uri)
    assert list(tmp_path.iterdir()) == []


def test_an_address_with_a_password_is_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        store_of("ftp://me:hunter2@there", Path())
    assert "hunter2" not in str(caught.value)
    assert store_of("https://me:x@there", Path()).artifacts is None


def test_what_mlflow_refuses_is_an_error_of_ours(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    def unreachable(*_: object, **__: object) -> None:
        raise MlflowException("Max retries exceeded")

    monkeypatch.setattr(MlflowClient, "log_batch", unreachable)
    with pytest.raises(FoldGuardError, match=r"cv\.track\.mlflow: MLflow: Max retries exceeded"):
        track(tracked_of(), root)


def test_somebody_faster_may_make_the_experiment(
    root: Path, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    made = client.create_experiment("raced")
    real, asked = MlflowClient.get_experiment_by_name, []

    def late(self: Any, name: str) -> Any:
        asked.append(name)
        return None if len(asked) == 1 else real(self, name)

    monkeypatch.setattr(MlflowClient, "get_experiment_by_name", late)
    assert opened(store_of("sqlite:///mlflow.db", root), "raced")[1] == made


def test_a_deleted_experiment_says_what_to_do(root: Path, client: Any) -> None:
    client.delete_experiment(client.create_experiment("old"))
    with pytest.raises(UsageError, match="mlflow experiments restore"):
        track(tracked_of(), root, experiment="old")


def test_without_the_package_the_remedy_is_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"fold-integrity\[mlflow\]"):
        track(tracked_of(), tmp_path)


def test_two_processes_may_make_a_store_at_once(
    raced: tuple[Path, list[Ended]], client: Any
) -> None:
    _, ended = raced
    # Nothing on standard error: neither log lines, nor that the network was asked for.
    assert [(each.code, each.err) for each in ended] == [(0, ""), (0, "")]
    for each, plan in zip(ended, ("one", "two"), strict=True):
        run = client.get_run(each.out.strip())
        assert (run.info.status, run.info.run_name) == ("FINISHED", plan)


@pytest.mark.parametrize(
    "raised",
    [ModuleNotFoundError("No module named 'psycopg2'"), PermissionError(13, "Permission denied")],
)
def test_what_else_a_store_raises_is_explained_too(raised: Exception) -> None:
    with (
        pytest.raises(FoldGuardError, match=r"MLflow: .*(psycopg2|denied)") as caught,
        explained(),
    ):
        raise raised
    assert (caught.value.where, caught.value.exit_code) == ("cv.track.mlflow", 3)
