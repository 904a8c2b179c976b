"""What a run's predictions follow from, as one digest: a journal holds for no other run."""

from __future__ import annotations

import inspect
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from fold_guard.errors import UsageError
from fold_guard.identity.hashing import file_digest, json_digest


def run_key(estimator: Any, **given: object) -> str:
    """Return the digest of an estimator, the code behind it, and what it is trained on.

    Parameters
    ----------
    estimator : estimator
        Unfitted. Its parameters count, the version of each package that its parts come from, and
        the text of modules that are no installed package.
    **given : JSON values
        Digests of data and folds, seed, and whatever else predictions follow from.

    Raises
    ------
    UsageError
        The estimator cannot be pickled, so that nobody can say whether it is the same.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> run_key(Ridge(), seed=0) == run_key(Ridge(), seed=0) != run_key(Ridge(2.0), seed=0)
    True
    """
    import joblib

    try:
        parameters = joblib.hash(estimator, hash_name="sha1")
    except Exception as error:
        raise UsageError(
            f"an estimator that cannot be pickled cannot be resumed ({error})",
            where="journal",
            remedy="Run without a journal, or name functions at the top level of a module.",
        ) from error
    return json_digest(
        {
            "estimator": str(parameters),
            "code": dict(sorted(_code_behind(estimator).items())),
            "python": sys.version.split()[0],
            **given,
        }
    )


def _code_behind(estimator: Any) -> Mapping[str, str]:
    """Return version or file digest of each module that a part of the estimator comes from."""
    found: dict[str, str] = {}
    for name in ("numpy", "scipy", "sklearn", "pandas"):
        found[name] = _version(name)
    found["fold_guard"] = version("fold-integrity")
    pending, seen = [name for part in _parts(estimator) for name in _homes(part)], set[str]()
    while pending:
        name = pending.pop()
        module, root = sys.modules.get(name), name.partition(".")[0]
        if name in seen or root in found or module is None:
            continue
        seen.add(name)
        source = _source(module)
        if source is None:
            continue
        if _installed(source):
            found[root] = _version(root)
        else:
            # What it imports may be edited just as well.
            found[name] = file_digest(source)
            pending += [home for value in vars(module).values() for home in _homes(value)]
    return found


def _homes(value: Any) -> tuple[str, ...]:
    """Return the modules that a value comes from: its own, or those of its class and its bases."""
    if inspect.ismodule(value):
        return (value.__name__,)
    kinds = value.__mro__ if inspect.isclass(value) else type(value).__mro__
    own = getattr(value, "__module__", None)
    return tuple(str(name) for name in (own, *(kind.__module__ for kind in kinds)) if name)


def _source(module: ModuleType) -> Path | None:
    try:
        file = inspect.getsourcefile(module)
    except TypeError:
        return None
    return None if file is None or not Path(file).is_file() else Path(file)


def _parts(estimator: Any) -> Iterator[Any]:
    """Yield an estimator, what its parameters hold, and their classes."""
    pending, seen = [estimator], set()
    while pending:
        part = pending.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, Mapping):
            pending.extend(part.values())
        elif isinstance(part, list | tuple | set):
            pending.extend(part)
        elif isinstance(part, partial):
            pending.extend([part.func, *part.args, *part.keywords.values()])
        elif callable(part) or hasattr(part, "get_params"):
            yield part
            if hasattr(part, "get_params") and not inspect.isclass(part):
                pending.extend(part.get_params(deep=False).values())


def _installed(source: Path) -> bool:
    places = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return any(source.resolve().is_relative_to(Path(place).resolve()) for place in places)


def _version(name: str) -> str:
    module = sys.modules.get(name)
    return str(getattr(module, "__version__", ""))
