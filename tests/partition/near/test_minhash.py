from __future__ import annotations

import numpy as np
import pytest

from fold_guard.partition.near.groups import Groups, pairs_kept
from fold_guard.partition.near.minhash import PERMUTATIONS, Bands, banded, signatures
from fold_guard.partition.near.texts import ShingleSets

LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz "))


def planted(n_texts: int, seed: int) -> tuple[list[str], list[tuple[int, int]]]:
    """Random texts, each with a copy in which letters were changed until about 0.8 is shared."""
    rng = np.random.default_rng(seed)
    texts = []
    for _ in range(n_texts):
        letters = rng.choice(LETTERS, 90)
        changed = letters.copy()
        changed[[15, 45, 75]] = "#"
        texts += ["".join(letters), "".join(changed)]
    return texts, [(2 * at, 2 * at + 1) for at in range(n_texts)]


def test_the_recall_is_that_of_the_formula_at_the_threshold() -> None:
    texts, pairs = planted(1500, 0)
    sets = ShingleSets.of(texts)
    left, right = np.array(pairs).T
    shared = sets._shared(left, right)
    similarity = shared / (sets.sizes[left] + sets.sizes[right] - shared)
    assert 0.75 < similarity.min() <= similarity.max() < 0.87
    # Bands that miss some, so that the formula is put to the test.
    bands = Bands(10, 8)
    start = Groups.of(np.arange(len(texts)), np.zeros(len(texts), dtype=np.uint64))
    groups = banded(start, signatures(sets), np.arange(len(texts)), bands)
    found = pairs_kept(groups, len(texts), lambda a, b: sets.similar(a, b, 0.7), 10**6)
    assert found is not None
    hits = set(zip(*(each.tolist() for each in found), strict=True)) & set(pairs)
    expected = np.mean([bands.recall(each) for each in similarity])
    assert 0.6 < expected < 0.95
    # Three standard errors of a share of 1,500 pairs.
    error = np.sqrt(expected * (1 - expected) / len(pairs))
    assert len(hits) / len(pairs) == pytest.approx(expected, abs=3 * error)


def test_the_default_finds_nearly_all_that_is_planted() -> None:
    texts, pairs = planted(500, 1)
    sets = ShingleSets.of(texts)
    bands = Bands.reaching(0.75, 0.99)
    start = Groups.of(np.arange(len(texts)), np.zeros(len(texts), dtype=np.uint64))
    groups = banded(start, signatures(sets), np.arange(len(texts)), bands)
    found = pairs_kept(groups, len(texts), lambda a, b: sets.similar(a, b, 0.75), 10**6)
    assert found is not None
    hits = set(zip(*(each.tolist() for each in found), strict=True))
    assert hits <= set(pairs)
    assert len(hits) >= 0.99 * len(pairs)


@pytest.mark.parametrize("similarity", [0.05, 0.3, 0.5, 0.8, 0.95, 1.0])
@pytest.mark.parametrize("recall", [0.5, 0.9, 0.99, 0.999])
def test_bands_reach_the_recall_with_the_widest_bands(similarity: float, recall: float) -> None:
    bands = Bands.reaching(similarity, recall)
    assert bands.count * bands.width <= PERMUTATIONS
    assert bands.recall(similarity) >= recall or bands == Bands(PERMUTATIONS, 1)
    if bands.width < PERMUTATIONS:
        wider = bands.width + 1
        assert Bands(PERMUTATIONS // wider, wider).recall(similarity) < recall


def test_signatures_depend_on_the_text_alone() -> None:
    texts = ["the cat sat on the mat", "a dog", "view of the sea"]
    forward = signatures(ShingleSets.of(texts))
    backward = signatures(ShingleSets.of(texts[::-1]))
    assert (forward == backward[::-1]).all()
    assert forward.shape == (3, PERMUTATIONS)
    # Pinned: another seed, or another hash, would change what is found.
    assert forward[0, :3].tolist() == [102771782, 262511433, 160342541]
