"""What a user names to be trained, imported: ``package.module:name``.

Trust boundary: the module is imported and what it holds is called, now and by the checks that fit.
Whoever chooses the name runs code, exactly as if they had started Python with it. Nothing in a
data file, a fold map or a report can do so.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from types import ModuleType

from fold_guard.errors import UsageError
from fold_guard.suggest import did_you_mean

_WHERE = "--estimator"
_PLACES = "Write package.module:name, from the folder in which package can be imported."


def named_training(name: str) -> object:
    """Import an estimator or a training function.

    The current folder comes first, as it does for ``python -m``. A class, and a function that
    takes no arguments, are called and have to return one of both.

    Parameters
    ----------
    name : str
        ``package.module:name``; ``name`` may have dots.

    Returns
    -------
    object
        With ``fit`` and ``get_params``; or a function of three arguments, a `TrainingFunction` of
        `fold_guard.checks.training.training_function`.

    Raises
    ------
    UsageError
        No such module or name, code that raises, or something that is neither.

    Examples
    --------
    >>> named_training("sklearn.linear_model:LogisticRegression")
    LogisticRegression()
    """
    module_name, colon, attribute = name.partition(":")
    parts = attribute.split(".")
    dotted = all(part.isidentifier() for part in (*module_name.split("."), *parts))
    if not colon or not dotted:
        raise UsageError(f"{name!r} is no import path", where=_WHERE, remedy=_PLACES)
    found: object = _module(module_name)
    for part in parts:
        if not hasattr(found, part):
            known = [each for each in dir(found) if not each.startswith("_")]
            raise UsageError(
                f"{module_name} has no {attribute!r}",
                where=_WHERE,
                remedy=did_you_mean(part, known) if known else _PLACES,
            )
        found = getattr(found, part)
    if inspect.isclass(found) or (not _takes(found, 3) and _takes(found, 0)):
        found = _called(found, name)
    if hasattr(found, "get_params") and hasattr(found, "fit") and not inspect.isclass(found):
        return found
    if _takes(found, 3):
        return found
    raise UsageError(
        f"{name} (of type {type(found).__name__}) is neither an estimator nor a function of "
        "(frame, train_positions, test_positions)",
        where=_WHERE,
        remedy="See docs/training_function.md.",
    )


def _module(name: str) -> ModuleType:
    folder = str(Path.cwd())
    if folder not in sys.path and "" not in sys.path:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        if f"{name}.".startswith(f"{missing}."):
            raise UsageError(
                f"there is no module {missing!r}", where=_WHERE, remedy=_PLACES
            ) from None
        raise UsageError(f"importing {name} failed: {error}", where=_WHERE) from error
    except (Exception, SystemExit) as error:
        raise UsageError(
            f"importing {name} failed: {type(error).__name__}: {error}", where=_WHERE
        ) from error


def _takes(found: object, count: int) -> bool:
    """Return whether a thing can be called with so many arguments."""
    if not callable(found) or hasattr(found, "fit"):
        return False
    try:
        inspect.signature(found).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def _called(found: object, name: str) -> object:
    assert callable(found)
    try:
        made: object = found()
    except (Exception, SystemExit) as error:
        raise UsageError(
            f"{name} raised {type(error).__name__}: {error}",
            where=_WHERE,
            remedy="Name a function without arguments that makes it.",
        ) from error
    return made
