"""Where MLflow keeps its runs: a SQLite file of the project, or a server."""

from __future__ import annotations

import importlib.util
import logging
import os
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fold_guard.errors import FoldGuardError, MissingExtra, UsageError

if TYPE_CHECKING:
    from mlflow import MlflowClient

DEFAULT_URI = "sqlite:///mlflow.db"
ARTIFACTS = "mlartifacts"
_SQLITE = "sqlite:///"
_PATIENCE = 60.0
_SHOWN = 500
# MLflow takes other databases by SQLAlchemy's names: postgresql, mysql+pymysql, mssql, ...
_DATABASES = ("postgresql", "mysql", "mssql", "sqlite")


@dataclass(frozen=True, slots=True)
class Store:
    """A tracking store.

    Attributes
    ----------
    uri : str
        For ``MLFLOW_TRACKING_URI``; an absolute path if it is a SQLite file.
    database : Path or None
        The SQLite file.
    """

    uri: str
    database: Path | None

    @property
    def artifacts(self) -> str | None:
        """Where the files of a new experiment go: beside a SQLite file, else where MLflow says."""
        return None if self.database is None else (self.database.parent / ARTIFACTS).as_uri()


def store_of(uri: str, root: Path) -> Store:
    """Read the URI of a store.

    Parameters
    ----------
    uri : str
        ``sqlite:///`` and a path, relative to ``root``; or that of a server or database.
    root : Path
        The folder of params.yaml.

    Raises
    ------
    UsageError
        A folder: MLflow 3 refuses file stores; or a SQLite store in memory, gone when the
        process ends.

    Examples
    --------
    >>> store_of("sqlite:///runs/mlflow.db", Path("/project")).uri
    'sqlite:////project/runs/mlflow.db'
    >>> store_of("mlruns", Path("/project"))
    Traceback (most recent call last):
    fold_guard.errors.UsageError: cv.track.mlflow.uri: 'mlruns' is no store that MLflow 3 takes. ...
    """
    where = "cv.track.mlflow.uri"
    if uri.startswith(_SQLITE) and uri != _SQLITE and not uri.endswith(":memory:"):
        path = (root / uri.removeprefix(_SQLITE)).resolve()
        return Store(f"{_SQLITE}{path}", path)
    scheme = urlsplit(uri).scheme.partition("+")[0]
    if scheme in ("http", "https") or (scheme in _DATABASES and scheme != "sqlite"):
        return Store(uri, None)
    # A password may be part of what was written.
    shown = repr(uri) if "@" not in uri else f"a {scheme} address"
    raise UsageError(
        f"{shown} is no store that MLflow 3 takes",
        where=where,
        remedy=f"Write {DEFAULT_URI} (a file of the project), or the address of a server.",
    )


def require_installed() -> None:
    """Turn telemetry off, which MLflow reads on import, and say how to install what is missing."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"
    # Standard output is for results.
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    # By itself it waits four minutes for a server that does not answer.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
    if importlib.util.find_spec("mlflow") is None:
        raise MissingExtra("mlflow", "mlflow")


@contextmanager
def explained() -> Iterator[None]:
    """Turn MLflow's errors into ours.

    Raises
    ------
    FoldGuardError
    """
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    # Beside its own: a driver that is not installed, a folder that is full.
    except (MlflowException, SQLAlchemyError, ImportError, OSError) as error:
        raise FoldGuardError(
            f"MLflow: {str(getattr(error, 'message', error)).strip()[:_SHOWN]}",
            where="cv.track.mlflow",
            remedy="The scores are written; the cv stage again tracks them again.",
        ) from error


@contextmanager
def quiet() -> Iterator[None]:
    """Keep MLflow's log lines and warnings off stderr; an error is raised all the same."""
    import mlflow  # noqa: F401 - its import sets the levels anew

    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def opened(store: Store, experiment: str) -> tuple[MlflowClient, str]:
    """Open a store, made if it is new, and the experiment in it.

    One process at a time: of several that make the tables of one SQLite file at once, most fail.

    Returns
    -------
    client : mlflow.MlflowClient
    experiment_id : str

    Raises
    ------
    FoldGuardError
        Another process makes the store, and does not end; or the file cannot be written.
    UsageError
        The experiment was deleted.
    """
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    alone: AbstractContextManager[None] = nullcontext()
    if store.database is not None:
        alone = _alone(store.database)
    with alone:
        client = MlflowClient(tracking_uri=store.uri, registry_uri=store.uri)
        found = client.get_experiment_by_name(experiment)
        if found is None:
            try:
                made = client.create_experiment(experiment, artifact_location=store.artifacts)
            except MlflowException as error:
                # On a server somebody may have been faster.
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                found = client.get_experiment_by_name(experiment)
            else:
                return client, str(made)
    assert found is not None
    if found.lifecycle_stage != "active":
        raise UsageError(
            f"the experiment {experiment!r} was deleted",
            where="cv.track.mlflow.experiment",
            remedy="Restore it (mlflow experiments restore), or name another.",
        )
    return client, str(found.experiment_id)


@contextmanager
def _alone(database: Path) -> Iterator[None]:
    """Wait for a lock beside the database; the system lets go of it if the process dies."""
    lock = database.with_name(f".{database.name}.lock")
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(lock, timeout=_PATIENCE, isolation_level=None)) as held:
            held.execute("BEGIN EXCLUSIVE")
            yield
    except (sqlite3.Error, OSError) as error:
        raise FoldGuardError(
            f"the store cannot be opened ({error})",
            where=str(database),
            remedy="Check the folder, and whether another process hangs on it.",
        ) from error
