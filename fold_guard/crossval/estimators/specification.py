"""The estimator that params.yaml names: the one place where a file says which code runs.

Trust boundary: ``call`` imports any module that Python can find and calls what it finds there.
Whoever may edit the params file may run code, exactly as if they could edit a Python file of the
project. Nothing else that fold_guard reads (data, fold maps, reports, verdicts) can do so.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Protocol, cast

from fold_guard.errors import ConfigError
from fold_guard.suggest import nearest

_SPEC_KEYS = {"call", "with"}
_STEP_WORDS = ("drop", "passthrough")


class Estimator(Protocol):
    """What cross-validation needs; ``predict_proba`` is used when it is there."""

    def fit(self, X: object, y: object) -> object:
        """Learn from rows X and labels y."""

    def predict(self, X: object) -> object:
        """Return one label a row of X."""


def build_estimator(
    spec: Mapping[str, object],
    *,
    path: str = "estimator",
    source: str = "params.yaml",
    needs: Sequence[str] = ("fit", "predict", "get_params"),
) -> Estimator:
    """Build the estimator that a specification describes.

    A mapping with the key ``call`` is a call: ``call`` is an import path, ``with`` its keyword
    arguments. Calls may stand anywhere in lists and mappings. A list ``[name, {call: ...}]``, or
    ``[name, {call: ...}, columns]`` becomes a tuple, so that the steps of a Pipeline and the
    transformers of a ColumnTransformer (also ``[name, passthrough, [columns]]``) are plain YAML.

    Parameters
    ----------
    spec : mapping
        The specification; its outermost level must be a call.
    path : str
        Dotted path of ``spec`` in its file, for messages.
    source : str
        Name of that file.
    needs : sequence of str
        Methods that it must have; others for a sampler.

    Returns
    -------
    Estimator
        An unfitted object with ``fit``, ``predict`` and ``get_params``.

    Raises
    ------
    ConfigError
        All problems at once: unknown module or name (with the nearest one), wrong keyword
        argument, a call that raises, a result that is no estimator.

    Examples
    --------
    >>> build_estimator({"call": "sklearn.linear_model.LogisticRegression", "with": {"C": 2.0}})
    LogisticRegression(C=2.0)
    """
    problems: list[tuple[str, str]] = []
    built: object = None
    if _is_call(spec):
        built = _build(spec, path, problems)
    else:
        problems.append((path, "must be a mapping with the key 'call' (an import path)"))
    if not problems:
        lacking = [name for name in needs if not hasattr(built, name)]
        kind = type(built).__name__
        if isinstance(built, type):
            problems.append((path, f"{spec['call']} gave the class {built.__name__}, no object"))
        elif lacking:
            problems.append((path, f"{spec['call']} gave a {kind}, which has no {lacking[0]}()"))
    if problems:
        raise ConfigError(problems, source=source)
    return cast(Estimator, built)


def _is_call(value: object) -> bool:
    return isinstance(value, Mapping) and "call" in value


def _build(value: object, path: str, problems: list[tuple[str, str]]) -> object:
    if isinstance(value, Mapping):
        if "call" in value:
            return _call(value, path, problems)
        return {_plain(k): _build(v, f"{path}.{k}", problems) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        parts = [_build(part, f"{path}.{i}", problems) for i, part in enumerate(value)]
        return tuple(parts) if _is_step(value) else parts
    plain = _plain(value)
    if plain is None or isinstance(plain, bool | int | float | str):
        return plain
    problems.append((path, f"a {type(value).__name__} cannot stand here"))
    return None


def _is_step(value: Sequence[object]) -> bool:
    if len(value) not in (2, 3) or not isinstance(value[0], str):
        return False
    kept_or_dropped = len(value) == 3 and value[1] in _STEP_WORDS and isinstance(value[2], list)
    return _is_call(value[1]) or kept_or_dropped


def _plain(value: object) -> object:
    """Strip the subclasses of a round-trip YAML parser, which estimators would carry along."""
    if isinstance(value, bool):
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _call(spec: Mapping[str, object], path: str, problems: list[tuple[str, str]]) -> object:
    before = len(problems)
    for key in sorted(str(key) for key in spec if key not in _SPEC_KEYS):
        problems.append((f"{path}.{key}", "unknown key; a call has 'call' and 'with'"))
    arguments = spec.get("with")
    if arguments is not None and not isinstance(arguments, Mapping):
        problems.append((f"{path}.with", "must be a mapping of keyword arguments"))
        arguments = None
    given = {
        str(name): _build(value, f"{path}.with.{name}", problems)
        for name, value in (arguments or {}).items()
    }
    target = _resolve(spec["call"], f"{path}.call", problems)
    if target is None:
        return None
    _check_keywords(target, given, path, problems)
    if len(problems) > before:
        return None
    try:
        return target(**given)
    except Exception as error:
        problems.append((path, f"{spec['call']} raised {type(error).__name__}: {error}"))
        return None


def _resolve(
    name: object, path: str, problems: list[tuple[str, str]]
) -> Callable[..., object] | None:
    parts = name.split(".") if isinstance(name, str) else []
    if len(parts) < 2 or not all(part.isidentifier() for part in parts):
        problems.append((path, f"must be an import path such as package.Class, got {name!r}"))
        return None
    found: object = None
    for size in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:size])
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name is not None and (module + ".").startswith(error.name + "."):
                continue
            problems.append((path, f"importing {module} failed: {error}"))
            return None
        except Exception as error:
            problems.append((path, f"importing {module} failed: {type(error).__name__}: {error}"))
            return None
        break
    else:
        problems.append((path, f"no module named {parts[0]!r} is installed"))
        return None
    for position in range(size, len(parts)):
        part, owner = parts[position], ".".join(parts[:position])
        try:
            found = getattr(found, part)
        except AttributeError:
            problems.append((path, f"{owner} has no {part!r}{_hint(part, _names_in(found))}"))
            return None
    if not callable(found):
        problems.append((path, f"{name} is a {type(found).__name__}, which cannot be called"))
        return None
    return found


def _names_in(owner: object) -> list[str]:
    names = dir(owner)
    if isinstance(owner, ModuleType):
        names += [module.name for module in pkgutil.iter_modules(getattr(owner, "__path__", []))]
    return [name for name in names if not name.startswith("_")]


def _check_keywords(
    target: Callable[..., object],
    given: Mapping[str, object],
    path: str,
    problems: list[tuple[str, str]],
) -> None:
    try:
        signature = inspect.signature(target)
    except (TypeError, ValueError):
        return  # native callables without a signature: the call itself will tell
    parameters = signature.parameters.values()
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    known = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    wrong = [] if open_ended else [name for name in given if name not in known]
    for name in wrong:
        message = f"{_label(target)} takes no argument {name!r}{_hint(name, known)}"
        problems.append((f"{path}.with.{name}", message))
    if not wrong:
        try:
            signature.bind(**given)
        except TypeError as error:
            problems.append((f"{path}.with", f"{_label(target)}: {error}"))


def _label(target: object) -> str:
    return getattr(target, "__name__", type(target).__name__)


def _hint(name: str, known: Sequence[str]) -> str:
    near = nearest(name, known)
    return f"; did you mean {near!r}?" if near else ""
