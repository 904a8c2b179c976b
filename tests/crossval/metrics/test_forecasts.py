from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from fold_guard.crossval.metrics.forecasts import brier_losses, log_losses, ranking


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.5, 0.5 + 1e-16, 0.9, 1.0])),
        min_size=2,
        max_size=30,
    ).filter(lambda pairs: len({came for came, _ in pairs}) == 2)
)
def test_ranking_agrees_with_scikit_learn_however_many_ties(
    pairs: list[tuple[bool, float]],
) -> None:
    came, scores = (np.array(column) for column in zip(*pairs, strict=True))
    area, precision = ranking(came, scores)
    # By its definition: the share of pairs won, and half of those that are tied.
    wins = [(a > b) + (a == b) / 2 for a in scores[came] for b in scores[~came]]
    assert area == pytest.approx(np.mean(wins), abs=1e-12)
    expected = reference.average_precision_score(came, scores)
    assert precision == pytest.approx(expected, abs=1e-12)


def test_ranking_of_many_rows_counts_pairs_exactly() -> None:
    rng = np.random.default_rng(0)
    came = rng.random(100_000) < 0.3
    scores = np.round(rng.random(100_000) + came / 4, 3)
    area, precision = ranking(came, scores)
    assert area == pytest.approx(reference.roc_auc_score(came, scores), abs=1e-12)
    expected = reference.average_precision_score(came, scores)
    assert precision == pytest.approx(expected, abs=1e-12)


def test_certain_and_right_costs_nothing() -> None:
    certain = np.array([[0.0, 1.0, 0.0]])
    assert brier_losses(np.array([1]), certain)[0] == 0.0
    assert brier_losses(np.array([0]), certain)[0] == 2.0
    assert log_losses(np.array([1]), certain)[0] == pytest.approx(0.0, abs=1e-15)
    assert log_losses(np.array([0]), certain)[0] == pytest.approx(-np.log(np.finfo(float).eps))
