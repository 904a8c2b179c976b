from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest

from fold_guard.splitters import KFold
from fold_guard.splitters.settings import WrongType, seed_of, warn_caller


def test_generators_give_a_new_seed_each_time() -> None:
    for source in (np.random.RandomState(0), np.random.default_rng(0)):
        seeds = [seed_of(source) for _ in range(3)]
        assert len(set(seeds)) == 3
        assert all(0 <= seed < 2**63 for seed in seeds)


def test_a_wrong_type_is_a_type_error_and_survives_a_process_boundary() -> None:
    with pytest.raises(TypeError, match="shuffle must be True or False") as caught:
        KFold(4, shuffle=None)  # type: ignore[arg-type]
    assert isinstance(caught.value, ValueError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (WrongType, str(caught.value))


def test_warnings_name_the_line_outside_the_package() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_caller("look")
    assert caught[0].filename == __file__
