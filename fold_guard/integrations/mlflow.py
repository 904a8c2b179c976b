"""Track a cross-validation with MLflow: one run each, folds as steps of its metrics.

Nothing leaves the machine unless the store is elsewhere: MLflow's telemetry is off.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fold_guard.identity.pseudonyms import PseudonymKey
from fold_guard.integrations import mlflow_store
from fold_guard.integrations.mlflow_content import PREFIX, Content, content_of, digests
from fold_guard.integrations.mlflow_model import Fit, register
from fold_guard.integrations.tracked import Tracked
from fold_guard.integrations.tracked_files import staged

if TYPE_CHECKING:
    from mlflow import MlflowClient

T = TypeVar("T")
_METRICS, _OTHERS = 1000, 100
# MLflow keeps 36 characters of a dataset's digest; the whole is a tag of the run.
_DATASET_DIGEST = 36


@dataclass(frozen=True, slots=True)
class MlflowRun:
    """Where a cross-validation went.

    Attributes
    ----------
    uri : str
        Of the store.
    experiment_id, run_id : str
    model_version : str or None
        Of the registered model; None where none was registered.
    """

    uri: str
    experiment_id: str
    run_id: str
    model_version: str | None = None


def track(
    tracked: Tracked,
    root: Path,
    *,
    uri: str = mlflow_store.DEFAULT_URI,
    experiment: str = "fold_guard",
    register_as: str | None = None,
    fit: Fit | None = None,
    trusted_types: Sequence[str] = (),
    key: PseudonymKey | None = None,
) -> MlflowRun:
    """Log a cross-validation as one run.

    Metrics, parameters and tags are those of `mlflow_content`; the table is logged as a dataset
    input by name, size and digest, never by its values or path; files go as `tracked_files` says.
    The run ends as FINISHED also where the cross-validation did not pass, which its tags say.

    Parameters
    ----------
    tracked : Tracked
    root : Path
        The folder of params.yaml.
    uri : str
        Of the store; a SQLite file is relative to ``root``, and files go beside it.
    experiment : str
    register_as : str, optional
        Name of a registered model. The model that ``fit`` returns becomes a version of it if gate
        and requirements passed, and is not fitted otherwise.
    fit : callable, optional
        Fits the estimator on all rows.
    trusted_types : sequence of str
        See `mlflow_model.register`.
    key : PseudonymKey, optional

    Returns
    -------
    MlflowRun

    Raises
    ------
    MissingExtra
        mlflow is not installed.
    UsageError
        A store that MLflow does not take, a deleted experiment, an untrusted type in the model.
    FoldGuardError
        The store cannot be opened or does not answer; a file is missing.
    """
    store = mlflow_store.store_of(uri, root)
    mlflow_store.require_installed()
    content = content_of(tracked)
    with (
        mlflow_store.quiet(),
        mlflow_store.explained(),
        staged(tracked.artifacts, key) as files,
    ):
        client, experiment_id = mlflow_store.opened(store, experiment)
        tags = dict(content.tags)
        if files.left_out:
            tags[f"{PREFIX}files_left_out"] = ", ".join(files.left_out)[:5000]
        run_id = client.create_run(experiment_id, tags=tags, run_name=tracked.plan).info.run_id
        with _ended(client, run_id):
            _log(client, run_id, content)
            _log_dataset(client, run_id, tracked)
            for name, path in files.paths.items():
                if path.is_dir():
                    client.log_artifacts(run_id, str(path), name)
                else:
                    client.log_artifact(run_id, str(path), name)
            model_version = None
            if register_as is not None and fit is not None and tracked.fit_to_register:
                model_version = register(
                    client,
                    store,
                    run_id,
                    register_as,
                    fit(),
                    tags=digests(tracked),
                    trusted_types=trusted_types,
                )
    return MlflowRun(store.uri, experiment_id, run_id, model_version)


@contextmanager
def _ended(client: MlflowClient, run_id: str) -> Iterator[None]:
    """End the run whatever happens: one that still runs would look alive for ever."""
    status = "KILLED"
    try:
        yield
        status = "FINISHED"
    except Exception:
        status = "FAILED"
        raise
    finally:
        client.set_terminated(run_id, status)


def _log(client: MlflowClient, run_id: str, content: Content) -> None:
    from mlflow.entities import Metric, Param

    now = time.time_ns() // 1_000_000
    metrics = [Metric(each.name, each.value, now, each.step) for each in content.metrics]
    for some in _batches(metrics, _METRICS):
        client.log_batch(run_id, metrics=some)
    for few in _batches([Param(*each) for each in content.params.items()], _OTHERS):
        client.log_batch(run_id, params=few)
    if any(ours.replace("[", "/")[:-1] != theirs for ours, theirs in content.names.items()):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "metric_names.json"
            file.write_text(json.dumps(content.names, indent=2, ensure_ascii=False) + "\n", "utf-8")
            client.log_artifact(run_id, str(file))


def _log_dataset(client: MlflowClient, run_id: str, tracked: Tracked) -> None:
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.entities import Dataset, DatasetInput, InputTag

    facts, bindings = tracked.report.dataset, tracked.verdict.bindings
    source = CodeDatasetSource({"sha256": bindings.dataset, "fold_map_sha256": bindings.fold_map})
    dataset = Dataset(
        name=facts.name,
        digest=bindings.dataset[:_DATASET_DIGEST],
        source_type="code",
        source=source.to_json(),
        profile=json.dumps({"num_rows": facts.rows, "num_columns": facts.columns}),
    )
    tags = [InputTag("mlflow.data.context", "cross-validation")]
    client.log_inputs(run_id, [DatasetInput(dataset, tags)])


def _batches(items: Sequence[T], size: int) -> Iterator[list[T]]:
    each = iter(items)
    while batch := list(islice(each, size)):
        yield batch
