"""What can be known before training of what is asked for after it."""

from __future__ import annotations

import importlib.util
import os
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from fold_guard.crossval.result import Task
from fold_guard.dataset.files import explained
from fold_guard.errors import FoldGuardError, MissingExtra, UsageError
from fold_guard.integrations.explaining import ExplainSettings
from fold_guard.integrations.mlflow_store import store_of
from fold_guard.integrations.tracking import TrackSettings, prometheus_file

# A server that answers does so at once; training is not held up by one that does not.
PATIENCE = 5.0
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}


def require_extras(explain: ExplainSettings, track: TrackSettings) -> None:
    """Refuse what needs a package that is not installed; none is imported.

    Raises
    ------
    MissingExtra
        With the command that installs it.

    Examples
    --------
    >>> require_extras(ExplainSettings(), TrackSettings())
    """
    wanted = (
        (explain.relabel, "cleanlab", "cleanlab"),
        (explain.shap > 0, "shap", "shap"),
        (track.mlflow is not None, "mlflow", "mlflow"),
        (track.prometheus is not None, "prometheus_client", "prometheus"),
    )
    for asked, module, extra in wanted:
        if asked and importlib.util.find_spec(module) is None:
            raise MissingExtra(module, extra)


def require_explainable(settings: ExplainSettings, estimator: Any, task: Task) -> None:
    """Refuse a relabelling queue where nothing predicts probabilities.

    Raises
    ------
    UsageError
    """
    if not settings.relabel or (task == "classification" and hasattr(estimator, "predict_proba")):
        return
    what = "numbers are no labels" if task == "regression" else "the estimator has no predict_proba"
    raise UsageError(
        f"there is nothing to doubt labels by: {what}",
        where="cv.explain.relabel",
        remedy="Set it to false, or take an estimator with probabilities.",
    )


def require_reachable(
    track: TrackSettings, plan: str, root: Path, *, patience: float = PATIENCE
) -> None:
    """Refuse trackers that could not be told of a result: a look before hours of training.

    A server is asked for one connection, which is closed again; nothing is sent or written, and
    neither password nor experiment is looked at.

    Parameters
    ----------
    track : TrackSettings
    plan : str
    root : Path
        The folder of params.yaml.
    patience : float
        Seconds to wait for a server.

    Raises
    ------
    UsageError
        A store that MLflow does not take.
    FoldGuardError
        A file that cannot be written, or a server that does not answer.

    Examples
    --------
    >>> require_reachable(TrackSettings(), "main", Path())
    """
    file = prometheus_file(track, plan, root)
    if file is not None:
        _require_writable(file, "cv.track.prometheus", replaced=True)
    if track.mlflow is None:
        return
    where = "cv.track.mlflow.uri"
    store = store_of(track.mlflow.uri, root)
    if store.database is not None:
        _require_writable(store.database, where, replaced=False)
    else:
        _require_answer(store.uri, where, patience)


def withdraw(track: TrackSettings, plan: str, root: Path) -> None:
    """Remove what an earlier run published for a scraper: until this one ends, nothing passed.

    Raises
    ------
    FoldGuardError
        It cannot be removed.
    """
    file = prometheus_file(track, plan, root)
    if file is None:
        return
    try:
        file.unlink(missing_ok=True)
    except NotADirectoryError:
        # There is none; why none can be written is for `require_reachable` to say.
        return
    except OSError as error:
        raise explained(error, file) from error


def _require_writable(file: Path, where: str, *, replaced: bool) -> None:
    """Refuse a file that cannot be made, or (not ``replaced``) be written to."""
    if file.is_dir():
        raise _unwritable(file, where, "is a folder, not a file")
    folder = next(each for each in file.absolute().parents if os.path.lexists(each))
    if not folder.is_dir():
        raise _unwritable(file, where, f"{folder} is no folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(file, where, f"the folder {folder} is not writable")
    if not replaced and file.exists() and not os.access(file, os.R_OK | os.W_OK):
        raise _unwritable(file, where, "it is not writable")


def _unwritable(file: Path, where: str, why: str) -> FoldGuardError:
    return FoldGuardError(
        f"{file} cannot be written: {why}",
        where=where,
        remedy="Name another file, or make its folder writable; nothing was trained.",
    )


def _require_answer(uri: str, where: str, patience: float) -> None:
    """Refuse a server that takes no connection; one without a name, or behind a proxy, may pass."""
    parts = urlsplit(uri)
    scheme = parts.scheme.partition("+")[0]
    host = parts.hostname
    if host is None or (scheme in getproxies() and not proxy_bypass(host)):
        return
    try:
        port = parts.port or _PORTS[scheme]
    except ValueError:
        raise UsageError(f"the port of {host} is no port", where=where) from None
    try:
        socket.create_connection((host, port), timeout=patience).close()
    except OSError as error:
        raise FoldGuardError(
            f"{host}:{port} does not answer ({error.strerror or error})",
            where=where,
            remedy="Start the server, or leave cv.track.mlflow out; nothing was trained.",
        ) from error
