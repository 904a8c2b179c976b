"""A model that passed, in MLflow's registry, with the digests of what it rests on.

It is saved in the format of skops, MLflow's default: no pickle, so that loading it builds only
types that skops trusts, further classes of scikit-learn, and types that params name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import packages_distributions, version
from typing import TYPE_CHECKING, Any

from fold_guard.errors import FoldGuardError, UsageError
from fold_guard.integrations.mlflow_store import Store

if TYPE_CHECKING:
    import pandas
    from mlflow import MlflowClient

_ALWAYS = ("numpy", "pandas", "scikit-learn", "scipy", "skops")


@dataclass(frozen=True, slots=True, eq=False)
class FittedOnAll:
    """The estimator, fitted on all rows.

    Attributes
    ----------
    model : object
    X : pandas.DataFrame
        What it was fitted on; names and types of its columns are logged, its values are not.
    """

    model: Any
    X: pandas.DataFrame


Fit = Callable[[], FittedOnAll]


def register(
    client: MlflowClient,
    store: Store,
    run_id: str,
    name: str,
    fitted: FittedOnAll,
    *,
    tags: Mapping[str, str],
    trusted_types: Sequence[str],
) -> str:
    """Log a fitted model to a run and register a version of it.

    Parameters
    ----------
    client : mlflow.MlflowClient
    store : Store
    run_id : str
    name : str
        Of the registered model; made if it is new.
    fitted : FittedOnAll
    tags : mapping of str to str
        Of the version; it never exists without them.
    trusted_types : sequence of str
        Types beyond those that skops trusts and those of scikit-learn, with their modules.

    Returns
    -------
    str
        The version.

    Raises
    ------
    UsageError
        A type of the model is not trusted.
    FoldGuardError
        skops cannot save it.
    """
    import mlflow
    from mlflow.exceptions import MlflowException
    from mlflow.sklearn import SERIALIZATION_FORMAT_SKOPS, log_model

    with _pointed_at(store):
        with mlflow.start_run(run_id=run_id, nested=True):
            try:
                info = log_model(
                    fitted.model,
                    name="model",
                    serialization_format=SERIALIZATION_FORMAT_SKOPS,
                    skops_trusted_types=_trusted(fitted.model, trusted_types) or None,
                    # MLflow would find them out in another process, with the network's help.
                    pip_requirements=_requirements(fitted.model),
                    signature=_signature(fitted),
                )
            except MlflowException as error:
                raise _explained(str(error.message), name) from error
        try:
            client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        made = client.create_model_version(
            name, source=info.model_uri, run_id=run_id, tags=dict(tags), model_id=info.model_id
        )
    return str(made.version)


@contextmanager
def _pointed_at(store: Store) -> Iterator[None]:
    """Set the process's addresses for a while: models are looked up under no others."""
    import mlflow

    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    mlflow.set_tracking_uri(store.uri)
    mlflow.set_registry_uri(store.uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before[0])
        mlflow.set_registry_uri(before[1])


def _trusted(model: Any, named: Sequence[str]) -> list[str]:
    """Add what skops leaves out though it is part of every other model of scikit-learn."""
    from skops.io import dumps, get_untrusted_types

    try:
        unknown = get_untrusted_types(data=dumps(model))
    except Exception:
        # What cannot be saved MLflow says in a moment, and with the reason.
        return list(named)
    return sorted({*named, *(name for name in unknown if _is_plain(name))})


def _is_plain(name: str) -> bool:
    if name == "numpy.dtype":
        return True
    module, _, kind = name.rpartition(".")
    # A class, not a function, which would be called with what stands in the file.
    found = getattr(sys.modules.get(module), kind, None)
    return name.startswith("sklearn.") and isinstance(found, type)


def _signature(fitted: FittedOnAll) -> Any:
    from mlflow.models import infer_signature

    head = fitted.X.head(100)
    return infer_signature(fitted.X, fitted.model.predict(head))


def _requirements(model: Any) -> list[str]:
    """Pin the distributions that the model's parts come from."""
    parts = [model]
    if hasattr(model, "get_params"):
        parts += model.get_params(deep=True).values()
    modules = {type(part).__module__.partition(".")[0] for part in parts}
    known = packages_distributions()
    names = {name for module in modules for name in known.get(module, ())}
    return [f"{name}=={version(name)}" for name in sorted({*names, *_ALWAYS})]


def _explained(message: str, name: str) -> FoldGuardError:
    where = f"model {name}"
    root = message.partition("Root error: ")[2]
    if root:
        return UsageError(
            f"its types are not all trusted: {root.rstrip('.')}",
            where=where,
            remedy="Look at them, and name them under cv.track.mlflow.trusted_types.",
        )
    return FoldGuardError(
        f"skops cannot save it: {message}",
        where=where,
        remedy="Put functions and classes of your own into a module, or do not register.",
    )
