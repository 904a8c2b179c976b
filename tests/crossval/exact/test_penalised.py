from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fold_guard.crossval.exact.family import NotExact
from fold_guard.crossval.exact.penalised import TallDowndate, WideDowndate, spd_inverse


def systems(n: int, p: int, seed: int, spread: float) -> Any:
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(n, p))
    loss = generator.random(n) * 1.2
    penalties = 0.5 * (1 + spread * generator.random((n, p)))
    return rows, loss, penalties, generator.normal(size=(n, p))


@given(st.integers(2, 30), st.integers(1, 6), st.integers(0, 999), st.sampled_from([0, 0.01, 1, 9]))
def test_every_system_as_solved_alone(n: int, p: int, seed: int, spread: float) -> None:
    rows, loss, penalties, right = systems(n, p, seed, spread)
    # Twice the rows: leaving one out keeps the system positive definite.
    gram = 2 * rows.T @ rows
    around = penalties.mean(axis=0)
    for system in (TallDowndate.of(gram, around), WideDowndate.of(np.sqrt(2) * rows, around)):
        solutions, converged = system.solve(rows, loss, penalties, right)
        assert converged.all()
        for i in range(n):
            alone = gram - loss[i] * np.outer(rows[i], rows[i]) + np.diag(penalties[i])
            np.testing.assert_allclose(
                solutions[i], np.linalg.solve(alone, right[i]), rtol=1e-8, atol=1e-10
            )


def test_a_row_that_carries_the_system_is_not_solved() -> None:
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    penalties = np.full((3, 2), 1e-12)
    system = TallDowndate.of(rows.T @ rows, penalties[0])
    _, converged = system.solve(rows, np.ones(3), penalties, np.ones((3, 2)))
    assert converged.tolist() == [False, True, True]


def test_nothing_on_the_right_gives_nothing() -> None:
    rows, loss, penalties, _ = systems(5, 3, 0, 1.0)
    system = TallDowndate.of(2 * rows.T @ rows, penalties.mean(axis=0))
    solutions, converged = system.solve(rows, loss, penalties, np.zeros((5, 3)))
    assert converged.all()
    assert not solutions.any()


def test_wide_systems_need_a_penalty() -> None:
    with pytest.raises(NotExact, match="no penalty"):
        WideDowndate.of(np.ones((2, 3)), np.array([1.0, 0.0, 1.0]))


def test_inverse_of_columns_of_any_scale() -> None:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(30, 4))
    scale = np.array([1e-9, 1.0, 1e5, 1e9])
    inverse, condition = spd_inverse((X * scale).T @ (X * scale))
    plain = np.linalg.inv(X.T @ X) / np.outer(scale, scale)
    np.testing.assert_allclose(inverse, plain, rtol=1e-10)
    # That of the correlations, whatever the scales.
    assert 1 < condition < 10


@pytest.mark.parametrize(
    "matrix",
    [
        [[1.0, 1.0], [1.0, 1.0]],
        [[1.0, 0.0], [0.0, 0.0]],
        [[1.0, 2.0], [2.0, 1.0]],
        [[1.0, 1.0 - 1e-9], [1.0 - 1e-9, 1.0]],
        [[np.nan, 0.0], [0.0, 1.0]],
        [[1.0, np.nan], [np.nan, 1.0]],
    ],
)
def test_no_inverse_of_what_has_none(matrix: Any) -> None:
    with pytest.raises(NotExact, match=r"singular|ill-conditioned"):
        spd_inverse(np.array(matrix))
