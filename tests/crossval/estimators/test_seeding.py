from __future__ import annotations

import random

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from fold_guard.crossval.estimators.seeding import open_seeds, seeded_globals, set_seeds


def test_parts_are_seeded_and_what_is_seeded_already_is_left() -> None:
    votes = VotingClassifier([("a", DecisionTreeClassifier(random_state=5)), ("b", PCA())])
    model = make_pipeline(PCA(random_state=np.random.RandomState(0)), votes)
    names = open_seeds(model)
    assert names == ("votingclassifier__b__random_state",)
    assert set_seeds(model, names, 7) is model
    seed = model.get_params()[names[0]]
    assert isinstance(seed, int)
    assert 0 <= seed < 2**31
    assert votes.get_params()["a__random_state"] == 5
    assert open_seeds(model) == ()


def test_each_part_has_a_seed_of_its_own() -> None:
    model = BaggingClassifier(RandomForestClassifier())
    names = open_seeds(model)
    assert names == ("estimator__random_state", "random_state")
    set_seeds(model, names, 7)
    assert model.random_state != model.estimator.random_state
    again = set_seeds(BaggingClassifier(RandomForestClassifier()), names, 7)
    assert again.random_state == model.random_state
    assert set_seeds(BaggingClassifier(), ["random_state"], 8).random_state != model.random_state


def test_nothing_to_seed() -> None:
    assert open_seeds(LinearRegression()) == ()
    assert open_seeds(object()) == ()


def test_global_generators_are_seeded_and_put_back() -> None:
    np.random.seed(1)
    random.seed(1)
    expected = np.random.random(), random.random()
    np.random.seed(1)
    random.seed(1)
    draws = []
    for seed in (2**63 + 5, 2**63 + 5, 6):
        with seeded_globals(seed):
            draws.append((np.random.random(), random.random()))
    assert draws[0] == draws[1] != draws[2]
    assert draws[0] != expected
    assert (np.random.random(), random.random()) == expected
