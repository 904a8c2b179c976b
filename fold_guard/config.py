"""Read params.yaml: safe YAML, typed sections, every problem at once with its dotted path."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import BaseModel, TypeAdapter, ValidationError

from fold_guard.errors import ConfigError, UsageError
from fold_guard.suggest import nearest

T = TypeVar("T")
Problems = list[tuple[str, str]]

_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "dataclass_type": "a mapping",
}


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping; no tags, no objects, no repeated keys.

    Raises
    ------
    UsageError
        Missing, unreadable, not YAML, or not a mapping.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(
            "no such file", where=str(path), remedy="Name it with --config, or write one."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read ({error})", where=str(path)) from error
    try:
        value = YAML(typ="safe", pure=True).load(text)
    except RecursionError:
        raise UsageError("not valid YAML (nested too deeply)", where=str(path)) from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error)
        raise UsageError(f"not valid YAML ({problem})", where=f"{path}{line}") from None
    if not isinstance(value, dict):
        raise UsageError("must be a mapping of sections", where=str(path))
    return value


def read_section(kind: type[T], raw: object, path: str, problems: Problems) -> T | None:
    """Turn a piece of YAML into a frozen object, or note what is wrong with it.

    Parameters
    ----------
    kind : type
        A dataclass or a pydantic model; its fields are the keys that are known.
    raw : object
        As YAML gave it; None stands for an empty mapping.
    path : str
        Dotted path of the section.
    problems : list of (path, message)
        Added to.

    Returns
    -------
    instance of ``kind``, or None when there were problems

    Examples
    --------
    >>> import dataclasses
    >>> @dataclasses.dataclass
    ... class Fold:
    ...     n_splits: int = 5
    >>> found = []
    >>> read_section(Fold, {"n_split": 3}, "fold", found), found
    (None, [('fold.n_split', "unknown key; did you mean 'n_splits'?")])
    """
    raw = {} if raw is None else raw
    if not isinstance(raw, Mapping):
        problems.append((path, f"must be a mapping, got {_shown(raw)}"))
        return None
    before = len(problems)
    raw = _known_only(kind, raw, path, problems)
    try:
        # By way of JSON, pydantic is strict ("5" is no number) and yet takes lists for tuples.
        text = json.dumps(raw, default=_date_as_text)
        value = TypeAdapter(kind).validate_json(text, strict=True)
    except ValidationError as error:
        problems.extend(_problems(path, raw, error))
        return None
    except (TypeError, ValueError, RecursionError) as error:
        problems.append((path, f"cannot be read ({error})"))
        return None
    except ConfigError as error:
        problems.extend((f"{path}.{name}", message) for name, message in error.problems)
        return None
    except UsageError as error:
        problems.append((path, f"{error.what}. {error.remedy}" if error.remedy else error.what))
        return None
    return value if len(problems) == before else None


def unknown_keys(
    raw: Mapping[Any, Any], known: Iterable[str], path: str, problems: Problems
) -> None:
    """Note each key that nothing reads, with the nearest that something does."""
    names = list(known)
    for key in raw:
        if key not in names:
            near = nearest(str(key), names)
            hint = f"did you mean {near!r}?" if near else f"known: {', '.join(names)}"
            problems.append((f"{path}.{key}" if path else str(key), f"unknown key; {hint}"))


def require_none(problems: Problems, *, source: str) -> None:
    """Raise a ConfigError when there are problems."""
    if problems:
        raise ConfigError(problems, source=source)


def _known_only(
    kind: Any,
    raw: object,
    path: str,
    problems: Problems,
) -> object:
    """Note unknown keys at every depth, and leave them out: nothing is ignored in silence."""
    fields = _fields(kind)
    if fields is None or not isinstance(raw, Mapping):
        return raw
    unknown_keys(raw, fields, path, problems)
    return {
        key: _known_only(fields[key], item, f"{path}.{key}", problems)
        for key, item in raw.items()
        if key in fields
    }


def _fields(kind: Any) -> dict[str, Any] | None:
    for each in (kind, *get_args(kind)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return {name: info.annotation for name, info in each.model_fields.items()}
        if isinstance(each, type) and dataclasses.is_dataclass(each):
            return get_type_hints(each)
    return None


def _date_as_text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a {type(value).__name__} has no place here")


def _problems(path: str, raw: object, error: ValidationError) -> Problems:
    found: dict[str, list[str]] = {}
    for each in error.errors():
        cause = (each.get("ctx") or {}).get("error")
        if isinstance(cause, ConfigError):  # raised by the object itself: every field it objects to
            inside = ".".join([path, *_path_in(raw, each)])
            for name, message in cause.problems:
                found.setdefault(f"{inside}.{name}", []).append(message)
            continue
        where, message = _problem(path, raw, each)
        messages = found.setdefault(where, [])
        # A union tells every alternative that failed; one message names them all.
        head, _, got = message.rpartition(", got ")
        if messages and head.startswith("must be ") and messages[-1].endswith(f", got {got}"):
            before = messages[-1].removesuffix(f", got {got}")
            messages[-1] = f"{before} or {head.removeprefix('must be ')}, got {got}"
        elif message not in messages:
            messages.append(message)
    return [(where, message) for where, messages in found.items() for message in messages]


def _problem(path: str, raw: object, error: Any) -> tuple[str, str]:
    where = ".".join([path, *_path_in(raw, error)])
    kind, value = error["type"], error["input"]
    context = error.get("ctx") or {}
    if kind == "missing":
        return where, "is missing"
    expected = _EXPECTED.get(kind) or _EXPECTED.get(kind.replace("_parsing", "_type"))
    if expected:
        return where, f"must be {expected}, got {_shown(value)}"
    if kind in ("literal_error", "enum"):
        return where, f"must be one of {context['expected']}, got {_shown(value)}"
    return where, f"{error['msg'][0].lower()}{error['msg'][1:]}, got {_shown(value)}"


def _path_in(raw: Any, error: Any) -> Iterator[str]:
    """Yield the steps of a location that are keys; pydantic puts names of union members between."""
    for depth, step in enumerate(error["loc"], 1):
        is_key = isinstance(raw, Mapping) and step in raw
        if is_key or (isinstance(raw, list) and isinstance(step, int)):
            raw = raw[step]
        elif depth < len(error["loc"]) or error["type"] != "missing":
            continue
        yield str(step)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
