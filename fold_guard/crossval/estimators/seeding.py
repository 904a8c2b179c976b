"""Randomness that follows from one seed, whatever an estimator draws its numbers from."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import numpy as np

from fold_guard.identity.seeds import derived_seed

_NAME = "random_state"
_SPARE_BITS = 33

Model = TypeVar("Model")


def open_seeds(model: Any) -> tuple[str, ...]:
    """Return the names of the ``random_state`` parameters that are None, sorted.

    Those of parts are among them, as scikit-learn names them: ``forest__random_state``.

    >>> from sklearn.svm import SVC
    >>> open_seeds(SVC()), open_seeds(SVC(random_state=3))
    (('random_state',), ())
    """
    get_params = getattr(model, "get_params", None)
    names = [
        name
        for name, value in (get_params(deep=True) if get_params is not None else {}).items()
        if value is None and (name == _NAME or name.endswith("__" + _NAME))
    ]
    return tuple(sorted(names))


def set_seeds(model: Model, names: Sequence[str], seed: int) -> Model:
    """Give each of the named parameters a seed of its own, and return the model.

    Parameters
    ----------
    model : estimator
    names : sequence of str
        From :func:`open_seeds`.
    seed : int
        0 <= seed < 2**64.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> set_seeds(SVC(), ["random_state"], 1) is not None
    True
    """
    if names:
        # numpy takes 32 bits for a seed, and libraries in C++ a signed number of them.
        seeds = {name: derived_seed(seed, turn) >> _SPARE_BITS for turn, name in enumerate(names)}
        cast(Any, model).set_params(**seeds)
    return model


def seed_globals(seed: int) -> None:
    """Seed the global generators of numpy and of ``random``.

    Estimators without a ``random_state``, and parts that :func:`open_seeds` cannot see (splitters,
    functions), draw from them.

    Parameters
    ----------
    seed : int
        0 <= seed < 2**64.
    """
    np.random.seed(seed >> _SPARE_BITS)
    random.seed(seed)


@contextmanager
def globals_kept() -> Iterator[None]:
    """Put the states of the global generators back at the end of the block.

    It costs more than many a fit, so it is done once a run.

    Examples
    --------
    >>> with globals_kept():
    ...     seed_globals(1)
    ...     first = random.random()
    >>> with globals_kept():
    ...     seed_globals(1)
    ...     print(random.random() == first)
    True
    """
    numpy_state, python_state = np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)


@contextmanager
def seeded_globals(seed: int) -> Iterator[None]:
    """Seed the global generators for one block, see :func:`seed_globals`."""
    with globals_kept():
        seed_globals(seed)
        yield
