from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fold_guard.partition.near import texts as module
from fold_guard.partition.near.texts import SHINGLE, ShingleSets

TEXTS = st.lists(st.text(alphabet="abcé日😀", max_size=12), min_size=2, max_size=8)


def shingles(text: str) -> set[str]:
    padded = text.ljust(SHINGLE, "\0")
    return {padded[at : at + SHINGLE] for at in range(len(padded) - SHINGLE + 1)}


def jaccard(a: str, b: str) -> float:
    return len(shingles(a) & shingles(b)) / len(shingles(a) | shingles(b))


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.sampled_from([0.1, 0.25, 1 / 3, 0.5, 0.8, 1.0]))
def test_similarity_against_sets(texts: list[str], least: float) -> None:
    sets = ShingleSets.of(texts)
    assert sets.sizes.tolist() == [len(shingles(each)) for each in texts]
    pairs = list(combinations(range(len(texts)), 2))
    left, right = (np.array(side) for side in zip(*pairs, strict=True))
    expected = [jaccard(texts[i], texts[j]) >= least - 1e-12 for i, j in pairs]
    assert sets.similar(left, right, least).tolist() == expected


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"view of the harbour, plate {at}" for at in range(40)] + ["", "x"]
    whole = ShingleSets.of(texts)
    left, right = np.triu_indices(len(texts), 1)
    similar = whole.similar(left, right, 0.8)
    assert 0 < similar.sum() < len(similar)
    monkeypatch.setattr(module, "_AT_ONCE", 50)
    monkeypatch.setattr(module, "_COMPARED", 100)
    cut = ShingleSets.of(texts)
    assert (cut.shingles == whole.shingles).all()
    assert (cut.similar(left, right, 0.8) == similar).all()


def test_no_texts_and_no_pairs() -> None:
    none = np.empty(0, dtype=np.int64)
    assert ShingleSets.of([]).sizes.tolist() == []
    assert ShingleSets.of(["abc"]).similar(none, none, 0.8).tolist() == []


def test_a_lone_surrogate_is_a_character() -> None:
    sets = ShingleSets.of(["ab\ud800c", "ab\ud800c", "ab\ud801c"])
    assert sets.similar(np.array([0, 0]), np.array([1, 2]), 0.8).tolist() == [True, False]
