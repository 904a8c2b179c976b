from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import expit
from sklearn._loss.loss import HalfBinomialLoss, HalfMultinomialLoss
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model._linear_loss import LinearModelLoss

from fold_guard.crossval.exact import logistic_newton
from fold_guard.crossval.exact.family import Problem
from fold_guard.crossval.exact.logistic_bend import Bend
from fold_guard.crossval.exact.logistic_design import Design, make_design
from fold_guard.crossval.exact.logistic_fit import minimise
from fold_guard.crossval.exact.logistic_loss import BinaryLoss, LogisticLoss, MultinomialLoss


def laid_out(
    n: int, p: int, n_classes: int = 2, *, scaled: bool = True
) -> tuple[Design, LogisticLoss]:
    generator = np.random.default_rng(n + p)
    codes = (np.arange(n) % n_classes).astype(np.int64)
    X = generator.normal(size=(n, p)) + 0.7 * codes[:, None]
    problem = Problem(LogisticRegression(C=2.0), X, codes, None, scaled, scaled)
    design = make_design(problem, codes, np.ones(n_classes), possible=np.ones(n, dtype=bool))
    return design, (BinaryLoss if n_classes == 2 else MultinomialLoss)(design)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_gradients_are_those_of_scikit_learn(n_classes: int) -> None:
    # More rows than a tile holds.
    design, loss = laid_out(900, 3, n_classes)
    generator = np.random.default_rng(0)
    parameters = generator.normal(size=(300, loss.m, design.width))
    found = loss.sums(parameters, None)
    base = HalfBinomialLoss() if n_classes == 2 else HalfMultinomialLoss(n_classes=n_classes)
    theirs = LinearModelLoss(base_loss=base, fit_intercept=False)
    target = design.codes.astype(np.float64)
    for each in (0, 150, 299):
        coefficients = parameters[each]
        if n_classes > 2:
            assert isinstance(loss, MultinomialLoss)
            coefficients = loss.contrasts @ coefficients
        gradient = (
            theirs.gradient(
                np.asfortranarray(coefficients if n_classes > 2 else coefficients[0]),
                design.rows,
                target,
                sample_weight=design.weight,
            )
            * design.weight.sum()
        )
        if n_classes > 2:
            gradient = loss.contrasts.T @ gradient.reshape(n_classes, -1, order="F")  # type: ignore[attr-defined]
        np.testing.assert_allclose(found[each], np.atleast_2d(gradient), atol=1e-9)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_factors_weigh_the_classes(n_classes: int) -> None:
    design, loss = laid_out(700, 3, n_classes)
    parameters = np.random.default_rng(1).normal(size=(300, loss.m, design.width))
    factors = np.random.default_rng(2).random((300, n_classes))
    found = loss.sums(parameters, factors)
    for each in (0, 299):
        logits = design.rows @ parameters[each].T
        pulls = loss.residuals(logits, design.codes) * design.weight[:, None]
        pulls *= factors[each][design.codes][:, None]
        np.testing.assert_allclose(found[each], pulls.T @ design.rows, atol=1e-9)


def test_the_bend_is_the_second_order_change_without_the_own_row() -> None:
    design, _ = laid_out(500, 3)
    logits = design.rows @ np.array([0.3, -0.5, 0.2, 0.1])
    step = np.random.default_rng(0).normal(size=(2, 1, design.width)) * 1e-2
    which = np.array([3, 400])
    found = Bend(design, logits).change(step, which)
    share = expit(logits)
    third = design.weight * share * (1 - share) * (1 - 2 * share) / 2
    for each, row in enumerate(which):
        along = design.rows @ step[each, 0]
        along[row] = 0.0
        expected = design.rows.T @ (third * along**2)
        # Single precision.
        np.testing.assert_allclose(found[each, 0], expected, atol=1e-5 * np.abs(expected).max())


def test_the_remainder_is_a_bound() -> None:
    # What is let go without a pass over the data is as near as the bound says, and is some.
    design, loss = laid_out(800, 4, scaled=True)
    full = minimise(loss, design.rows, design.weight, design.penalty, np.zeros((1, design.width)))
    assert full is not None
    base = logistic_newton._Base(design, loss, full)
    which = np.arange(0, 800, 16)
    parameters = np.broadcast_to(full, (len(which), *full.shape)).copy()
    gradient = logistic_newton._first_gradient(design, loss, base, parameters, which)
    step = base.solve(gradient, which)
    first = base.size(step, gradient, which)
    bent = Bend(design, base.logits[:, 0]).change(-step, which)
    assert design.penalties is not None
    bent -= (design.penalties[which] - design.penalty)[:, None, :] * step
    more = base.solve(bent, which)
    bounds = base.remainder(first, base.size(more, bent, which), which)
    for each, row in enumerate(which):
        found = minimise(loss, *design.alone(int(row)), full)
        assert found is not None
        error = design.rows[row] @ (full - step[each] - more[each] - found)[0]
        assert abs(error) <= bounds[each] + 1e-13
    assert bounds.min() < logistic_newton.CLOSE


@pytest.mark.parametrize("n_classes", [2, 3])
def test_steps_without_a_row_solve_its_hessian(n_classes: int) -> None:
    design, loss = laid_out(60, 3, n_classes, scaled=False)
    full = minimise(
        loss, design.rows, design.weight, design.penalty, np.zeros((loss.m, design.width))
    )
    assert full is not None
    base = logistic_newton._Base(design, loss, full)
    which = np.array([2, 33])
    gradient = np.random.default_rng(0).normal(size=(2, loss.m, design.width))
    found = base.solve(gradient, which)
    for each, row in enumerate(which):
        rows, weight, penalty = design.alone(int(row))
        curvature = loss.curvatures(rows @ full.T)
        hessian: Any = logistic_newton.hessian_of(rows, weight, curvature, penalty)
        expected = np.linalg.solve(hessian, gradient[each].ravel()).reshape(gradient[each].shape)
        np.testing.assert_allclose(found[each], expected, atol=1e-10)


def test_no_optimum_is_no_result() -> None:
    design, loss = laid_out(20, 2)
    concave = np.full(design.width, -1e3)
    assert minimise(loss, design.rows, design.weight, concave, np.zeros((1, design.width))) is None


def test_stragglers_and_passes_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    design, loss = laid_out(60, 3)
    easy = logistic_newton.leave_each_out(design, loss)
    monkeypatch.setattr(logistic_newton, "_SLOW", 0.0)
    alone = logistic_newton.leave_each_out(design, loss)
    assert easy is not None
    assert alone is not None
    assert alone.alone.sum() > easy.alone.sum()
    np.testing.assert_allclose(alone.logits, easy.logits, atol=1e-7)
