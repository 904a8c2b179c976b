"""``cv.track``: who is told of a cross-validation, and the one call that tells them all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fold_guard.errors import ConfigError, UsageError
from fold_guard.identity.pseudonyms import PseudonymKey
from fold_guard.integrations.mlflow_store import DEFAULT_URI, store_of
from fold_guard.integrations.tracked import Tracked

if TYPE_CHECKING:
    from fold_guard.integrations.mlflow import MlflowRun
    from fold_guard.integrations.mlflow_model import Fit

_PLAN, _SUFFIX = "{plan}", ".prom"


@dataclass(frozen=True, slots=True)
class MlflowSettings:
    """``cv.track.mlflow``; ``{}`` stands for all defaults.

    Attributes
    ----------
    uri : str
        A SQLite file, relative to params.yaml, or the address of a server.
    experiment : str
    register : str or None
        Name of the registered model that a model becomes a version of when gate and requirements
        pass.
    trusted_types : tuple of str
        Types in the model that skops does not trust by itself.
    """

    uri: str = DEFAULT_URI
    experiment: str = "fold_guard"
    register: str | None = None
    trusted_types: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse, with params, a store that MLflow does not take."""
        try:
            store_of(self.uri, Path())
        except UsageError as error:
            raise ConfigError([("uri", f"{error.what}. {error.remedy}")]) from None
        if not self.experiment.strip():
            raise ConfigError([("experiment", "must be a name, got nothing")])


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """``cv.track``.

    Attributes
    ----------
    mlflow : MlflowSettings or None
    prometheus : str or None
        A file that ends in ``.prom``, with ``{plan}`` in its name, relative to params.yaml: two
        plans that write one file would each undo the other's numbers.

    Examples
    --------
    >>> TrackSettings(prometheus="metrics.txt")
    Traceback (most recent call last):
    fold_guard.errors.ConfigError: params.yaml: 1 problem
      prometheus: must contain {plan} and end in .prom, got 'metrics.txt'
    """

    mlflow: MlflowSettings | None = None
    prometheus: str | None = None

    def __post_init__(self) -> None:
        file = self.prometheus
        if file is not None and not (_PLAN in file and file.endswith(_SUFFIX)):
            message = f"must contain {_PLAN} and end in {_SUFFIX}, got {file!r}"
            raise ConfigError([("prometheus", message)])


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the trackers took.

    Attributes
    ----------
    mlflow : MlflowRun or None
    prometheus : Path or None
    """

    mlflow: MlflowRun | None = None
    prometheus: Path | None = None


def track_all(
    settings: TrackSettings,
    tracked: Tracked,
    root: Path,
    *,
    fit: Fit | None = None,
    key: PseudonymKey | None = None,
) -> Receipt:
    """Hand a cross-validation to every tracker that is asked for.

    Parameters
    ----------
    settings : TrackSettings
    tracked : Tracked
    root : Path
        The folder of params.yaml.
    fit : callable, optional
        Fits the estimator on all rows; called only if a model is to be registered, and passed.
    key : PseudonymKey, optional
        Keeps row ids out of the files that are handed over.

    Returns
    -------
    Receipt

    Raises
    ------
    MissingExtra, UsageError, FoldGuardError
        See `fold_guard.integrations.mlflow.track` and
        `fold_guard.integrations.prometheus.write_prometheus`.
    """
    run = None
    file = prometheus_file(settings, tracked.plan, root)
    if file is not None:
        from fold_guard.integrations.prometheus import write_prometheus

        write_prometheus(tracked, file)
    if (wanted := settings.mlflow) is not None:
        # Imports MLflow: seconds.
        from fold_guard.integrations.mlflow import track

        run = track(
            tracked,
            root,
            uri=wanted.uri,
            experiment=wanted.experiment,
            register_as=wanted.register,
            fit=fit,
            trusted_types=wanted.trusted_types,
            key=key,
        )
    return Receipt(run, file)


def prometheus_file(settings: TrackSettings, plan: str, root: Path) -> Path | None:
    """Return the textfile of a plan, or None where none is asked for."""
    if settings.prometheus is None:
        return None
    return root / settings.prometheus.replace(_PLAN, plan)
