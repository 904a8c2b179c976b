from __future__ import annotations

import numpy as np
import pytest

from fold_guard.crossval.exact import nearest as module
from fold_guard.crossval.exact.nearest import nearest
from fold_guard.crossval.exact.rulers import Euclidean, Minkowski, Ruler


def plainly(X: np.ndarray, k: int, scales: np.ndarray, order: float) -> tuple[list, list]:
    """Loop over pairs."""
    positions, distances = [], []
    for i in range(len(X)):
        apart = np.abs((X - X[i]) / scales[i])
        longest = apart.max(axis=1)
        each = longest if np.isinf(order) else (apart**order).sum(axis=1) ** (1 / order)
        ranked = sorted((d, j) for j, d in enumerate(each) if j != i)[:k]
        positions.append([j for _, j in ranked])
        distances.append([d for d, _ in ranked])
    return positions, distances


@pytest.mark.parametrize("order", [1.0, 2.0, 3.0, np.inf])
@pytest.mark.parametrize("n", [6, 90])
@pytest.mark.parametrize("block", [1, 10_000, 4_000_000])
def test_as_a_loop_over_pairs(
    order: float, n: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BLOCK_BYTES", block)
    generator = np.random.default_rng(n)
    X = generator.normal(size=(n, 3)) * [1, 50, 0.2] + 7
    variances = generator.random((n, 3)) + 0.5
    kinds = np.arange(n)
    for moving in (False, True):
        scales = np.sqrt(variances) if moving else np.ones((n, 3))
        ruler: Ruler = (
            Euclidean.of(X, variances if moving else None, centred=True)
            if order == 2
            else Minkowski(X, order, scales if moving else None)
        )
        for k in (1, 4, n - 1):
            found = nearest(ruler, k, kinds)
            positions, distances = plainly(X, k, scales, order)
            assert found.positions.tolist() == positions
            np.testing.assert_allclose(found.distances, distances, rtol=1e-12)
            assert not found.open.any()
            assert not found.coarse.any()


def test_ties_beyond_the_candidates_are_seen() -> None:
    # Eighty neighbours at one distance: more than are looked at first.
    angles = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    X = np.vstack([[[0.0, 0.0]], np.c_[np.cos(angles), np.sin(angles)]])
    kinds = np.zeros(81, dtype=np.int64)
    assert not nearest(Euclidean.of(X, None, centred=True), 3, kinds).open.any()
    for odd in (1, 40, 80):
        kinds[:] = 0
        kinds[odd] = 1
        found = nearest(Euclidean.of(X, None, centred=True), 3, kinds)
        assert found.open[0]


def test_ties_that_are_settled_are_not_open() -> None:
    X = np.array([[0.0], [1.0], [1.0], [3.0]])
    kinds = np.array([0, 0, 1, 1])
    # Both of the tied are taken.
    assert not nearest(Euclidean.of(X, None, centred=True), 2, kinds).open[0]
    assert nearest(Euclidean.of(X, None, centred=True), 1, kinds).open[0]
    # All others are neighbours.
    assert not nearest(Euclidean.of(X, None, centred=True), 3, kinds).open.any()


def test_neighbours_so_near_that_their_distance_has_few_digits() -> None:
    X = np.array([[1.0], [1.0 + 1e-9], [2.0], [3.0]])
    found = nearest(Euclidean.of(X, None, centred=False), 1, np.arange(4))
    assert found.coarse.tolist() == [True, True, False, False]
    X[1] = 1.0
    assert not nearest(Euclidean.of(X, None, centred=False), 1, np.arange(4)).coarse.any()


@pytest.mark.parametrize("moving", [False, True])
def test_clusters_that_are_too_tight_for_single_precision(moving: bool) -> None:
    generator = np.random.default_rng(4)
    X = generator.integers(0, 3, (80, 1)) * 1e4 + generator.normal(size=(80, 2))
    scales = np.sqrt(generator.random((80, 2)) + 0.5) if moving else np.ones((80, 2))
    ruler = Euclidean.of(X, np.square(scales) if moving else None, centred=True)
    apart = ruler.rough(slice(0, 80), single=True)[0] - ruler.rough(slice(0, 80), single=False)[0]
    # Single precision is off by more than neighbours are apart.
    assert np.abs(apart).max() > 1.0
    found = nearest(ruler, 5, np.arange(80))
    positions, distances = plainly(X, 5, scales, 2.0)
    assert found.positions.tolist() == positions
    np.testing.assert_allclose(found.distances, distances, rtol=1e-9)


@pytest.mark.parametrize("factor", [1e-25, 1e25])
def test_numbers_that_single_precision_does_not_hold(factor: float) -> None:
    X = np.random.default_rng(5).normal(size=(90, 3))
    assert Euclidean.of(X, None, centred=True).single is not None
    ruler = Euclidean.of(X * factor, None, centred=True)
    assert ruler.single is None
    positions, _ = plainly(X, 5, np.ones((90, 3)), 2.0)
    assert nearest(ruler, 5, np.arange(90)).positions.tolist() == positions
