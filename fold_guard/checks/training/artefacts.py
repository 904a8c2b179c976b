"""What training left behind, taken apart to single values that can be compared."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any

import numpy as np
import polars as pl

# Nesting beyond this is not followed, and said not to be.
_DEPTH = 60
_PLAIN = (str, bytes, type(None), bool, int, float, complex)


class Opaque:
    """Something that cannot be looked into."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of an artefact.

    Attributes
    ----------
    artefact : str
        What people call it: ``StandardScaler.mean_``; for a dict, the key.
    place : str
        Where the artefact was found, from the outermost object: ``Pipeline.steps[scale].mean_``.
    value : object
        A plain value, a numpy array, or `Opaque`.
    columns : tuple of str, or int
        The features that the owner was fitted on, if it says so: their names or their number.
    model : bool
        Whether the owner predicts: it stands at the end of what was fitted.
    """

    artefact: str
    place: str
    value: object
    columns: tuple[str, ...] | int = 0
    model: bool = False


@dataclass(frozen=True, slots=True)
class _At:
    """Where a walk is: the artefact that it is in, and the objects that it came through."""

    artefact: str = ""
    place: str = ""
    path: str = ""
    columns: tuple[str, ...] | int = 0
    model: bool = False
    above: tuple[int, ...] = ()

    def into(self, step: str, thing: object) -> _At:
        return replace(self, path=f"{self.path}{step}", above=(*self.above, id(thing)))


def artefacts_of(thing: object, name: str = "") -> dict[str, Leaf]:
    """Take apart what training returned.

    Estimators, their attributes and sub-estimators, arrays (sparse ones, too), data frames, lists,
    mappings and sets are followed to any depth, and so is what compiled classes (trees, boosters)
    hand to pickle; nothing is pickled.

    Parameters
    ----------
    thing : object
    name : str
        What plain values and arrays without an owner are called.

    Returns
    -------
    dict of str to Leaf
        By the path from the outermost object.

    Examples
    --------
    >>> found = artefacts_of({"mean": 1.5, "steps": [7]})
    >>> [(path, leaf.artefact, leaf.value) for path, leaf in found.items()]
    [('[mean]', 'mean', 1.5), ('[steps][0]', 'steps', 7), ('[steps][]', 'steps', 1)]
    """
    return dict(_walk(thing, _At(artefact=name, place=name)))


def _held_by_function(function: types.FunctionType, at: _At) -> Iterator[tuple[str, Leaf]]:
    """Take apart what a function carries along: values that it closes over, and its defaults."""
    inside = at.into("()", function)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            held = cell.cell_contents
        except ValueError:
            # A name that was never given a value.
            continue
        yield from _walk(held, inside.into(f".{name}", cell))
    for name, value in (function.__kwdefaults__ or {}).items():
        yield from _walk(value, inside.into(f".{name}", function.__kwdefaults__))
    for number, value in enumerate(function.__defaults__ or ()):
        yield from _walk(value, inside.into(f"[{number}]", function.__defaults__))


def _walk(thing: Any, at: _At) -> Iterator[tuple[str, Leaf]]:
    if isinstance(thing, np.generic):
        thing = thing.item()
    if isinstance(thing, Enum) or not isinstance(thing, _PLAIN):
        if id(thing) in at.above:
            # A circle: what it leads back to is taken apart already.
            return
        if len(at.above) > _DEPTH:
            yield at.path, _leaf(at, Opaque("deeply nested"))
            return
    if isinstance(thing, _PLAIN):
        yield at.path, _leaf(at, thing)
    elif isinstance(thing, np.ndarray):
        yield from _array(thing, at)
    elif isinstance(thing, pl.DataFrame | pl.Series):
        table = thing.to_frame() if isinstance(thing, pl.Series) else thing
        yield from _columns(((n, table[n].to_numpy()) for n in table.columns), thing, at)
    elif isinstance(thing, type | types.FunctionType | types.BuiltinFunctionType | np.ufunc):
        name = getattr(thing, "__qualname__", getattr(thing, "__name__", ""))
        yield at.path, _leaf(at, f"{getattr(thing, '__module__', '')}.{name}")
        if isinstance(thing, types.FunctionType):
            yield from _held_by_function(thing, at)
    elif isinstance(thing, types.ModuleType):
        yield at.path, _leaf(at, thing.__name__)
    elif isinstance(thing, np.dtype | Enum):
        yield at.path, _leaf(at, str(thing))
    elif isinstance(thing, partial | types.MethodType):
        owner = (
            (thing.func, thing.args, thing.keywords)
            if isinstance(thing, partial)
            else (
                thing.__func__,
                thing.__self__,
            )
        )
        yield from _sequence(owner, at)
    elif isinstance(thing, Mapping):
        yield from _mapping(thing, at)
    elif isinstance(thing, AbstractSet):
        yield from _sequence(sorted(thing, key=repr), at.into("", thing))
    elif isinstance(thing, list | tuple):
        yield from _sequence(thing, at)
    else:
        yield from _library(thing, at)


def _leaf(at: _At, value: object) -> Leaf:
    return Leaf(at.artefact or "what was returned", at.place, value, at.columns, at.model)


def _array(array: np.ndarray[Any, Any], at: _At) -> Iterator[tuple[str, Leaf]]:
    if isinstance(array, np.ma.MaskedArray):
        # What lies under the mask means nothing.
        yield from _array(np.ma.getmaskarray(array), at.into(".mask", array))
        array = np.asarray(array.filled())
    if array.dtype.names is not None:
        # Field by field: the bytes between them mean nothing.
        for name in array.dtype.names:
            yield from _array(array[name], at.into(f".{name}", array))
    elif array.dtype == object:
        yield f"{at.path}.shape", _leaf(at, str(array.shape))
        yield from _sequence(array.ravel().tolist(), at)
    else:
        yield at.path, _leaf(at, array)


def _columns(
    columns: Iterator[tuple[Any, np.ndarray[Any, Any]]], table: object, at: _At
) -> Iterator[tuple[str, Leaf]]:
    for name, values in columns:
        yield from _walk(values, at.into(f"[{name}]", table))


def _mapping(thing: Mapping[Any, Any], at: _At) -> Iterator[tuple[str, Leaf]]:
    for key in sorted(thing, key=repr):
        inside = at.into(f"[{key}]", thing)
        if not at.artefact:
            inside = replace(inside, artefact=str(key), place=str(key))
        elif isinstance(key, str) and not isinstance(thing[key], _PLAIN):
            # The columns of cv_results_ are artefacts each; the words of a vocabulary are not.
            name, place = f"{at.artefact}[{key}]", f"{at.place}[{key}]"
            inside = replace(inside, artefact=name, place=place)
        yield from _walk(thing[key], inside)
    if not thing:
        yield f"{at.path}[]", _leaf(at, "empty")


def _sequence(things: Sequence[Any], at: _At) -> Iterator[tuple[str, Leaf]]:
    for number, each in enumerate(things):
        step, thing = str(number), each
        if isinstance(each, tuple) and len(each) in (2, 3) and isinstance(each[0], str):
            # The steps of a Pipeline, the transformers of a ColumnTransformer.
            step, thing = each[0], each[1:] if len(each) == 3 else each[1]
        inside = at.into(f"[{step}]", things)
        if not at.artefact:
            inside = replace(inside, artefact=f"[{step}]", place=f"[{step}]")
        yield from _walk(thing, inside)
    yield f"{at.path}[]", _leaf(at, len(things))


def _library(thing: Any, at: _At) -> Iterator[tuple[str, Leaf]]:
    """Follow what is neither plain nor a container: frames, sparse arrays, objects."""
    home = type(thing).__module__.partition(".")[0]
    if home == "pandas" and hasattr(thing, "to_numpy"):
        from pandas import DataFrame

        if isinstance(thing, DataFrame):
            numbered = ((name, thing[name].to_numpy()) for name in thing.columns)
            yield from _columns(numbered, thing, at)
        else:
            yield from _walk(np.asarray(thing.to_numpy()), at.into("", thing))
        if hasattr(thing, "index"):
            yield from _walk(np.asarray(thing.index), at.into("[index]", thing))
        return
    if home == "scipy" and hasattr(thing, "tocsr"):
        rows = thing.tocsr(copy=True)
        rows.sum_duplicates()
        for name in ("data", "indices", "indptr"):
            yield from _walk(getattr(rows, name), at.into(f".{name}", thing))
        yield f"{at.path}.shape", _leaf(at, str(thing.shape))
        return
    yield from _object(thing, at)


def _object(thing: Any, at: _At) -> Iterator[tuple[str, Leaf]]:
    kind = type(thing).__name__
    state = _state(thing)
    if state is None:
        yield at.path, _leaf(at, Opaque(kind))
        return
    yield f"{at.path}<>", _leaf(at, kind)
    named = callable(getattr(type(thing), "fit", None))
    owner = named or not at.artefact
    columns = _fitted_columns(state) if owner else at.columns
    model = hasattr(type(thing), "predict") if owner else at.model
    for key in sorted(state):
        inside = replace(at.into(f".{key}", thing), columns=columns, model=model)
        if owner:
            place = at.path or kind
            inside = replace(
                inside,
                artefact=f"{kind}.{key}" if named else key,
                place=f"{place}.{key}",
                path=f"{place}.{key}",
            )
        yield from _walk(state[key], inside)


def _state(thing: Any) -> dict[str, Any] | None:
    """Return what an object holds, by attribute; None when it does not say."""
    try:
        reduced = thing.__reduce_ex__(4)
    except Exception:
        # Locks and handles refuse; what Python itself keeps of them can be seen all the same.
        return dict(getattr(thing, "__dict__", {})) or None
    if isinstance(reduced, str):
        return {"name": reduced}
    arguments: tuple[Any, ...] = reduced[1]
    state, items, pairs = (*reduced[2:5], None, None, None)[:3]
    found: dict[str, Any] = {}
    parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)
    for number, part in enumerate(parts):
        if isinstance(part, dict):
            found |= {str(key): value for key, value in part.items()}
        elif part is not None:
            found[f"state {number}"] = part
    if len(arguments) > 1 or (arguments and not isinstance(arguments[0], type)):
        found["arguments"] = arguments
    if items is not None:
        found["items"] = list(items)
    if pairs is not None:
        found["pairs"] = dict(pairs)
    return found


def _fitted_columns(state: Mapping[str, Any]) -> tuple[str, ...] | int:
    names, count = state.get("feature_names_in_"), state.get("n_features_in_")
    if names is not None:
        return tuple(map(str, names))
    return int(count) if isinstance(count, int | np.integer) else 0
