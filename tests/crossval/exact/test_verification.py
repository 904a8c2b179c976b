from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsClassifier

from fold_guard.crossval import leave_one_out
from fold_guard.crossval.exact import recognise
from fold_guard.crossval.exact.family import HeldOut, NotExact, Problem
from fold_guard.crossval.exact.verification import require_agreement, samples_to_check
from fold_guard.errors import FoldGuardError
from tests.crossval.exact.brute import brute_force


class Lying:
    """Ridge regression that is off by so much for one sample."""

    name = "a family that lies"

    def __init__(self, sample: int, by: float, leverage: float = 0.0) -> None:
        self.sample = sample
        self.by = by
        self.pull = leverage

    def refuses(self, problem: Problem, method: str) -> str | None:
        return None

    def held_out(self, problem: Problem, method: str) -> HeldOut:
        outputs = brute_force(Ridge(), problem.X, problem.y).astype(float)
        outputs[self.sample] += self.by * np.abs(problem.y).max()
        leverage = np.zeros(len(outputs))
        leverage[self.sample] = self.pull
        refit = np.zeros(len(outputs), dtype=bool)
        return HeldOut(outputs, refit, leverage, 1e-8, True, "made up")

    def reference(self, model: Any) -> tuple[Any, str]:
        return model, ""


@pytest.fixture
def data() -> tuple[Any, Any]:
    generator = np.random.default_rng(6)
    return generator.normal(size=(60, 3)), generator.normal(size=60) + 5


def test_a_lie_about_the_sample_of_highest_leverage(
    data: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for by in (1e-6, -3.0, np.nan):
        monkeypatch.setitem(recognise.FAMILIES, "Ridge", Lying(17, by, leverage=1.0))  # type: ignore[arg-type]
        with pytest.raises(FoldGuardError) as caught:
            leave_one_out(Ridge(), *data, verify=1)
        text = str(caught.value)
        truth = brute_force(Ridge(), *data)[17]
        assert text.startswith("sample 17: the exact leave-one-out of a family that lies gives ")
        assert f"{truth:.12g}"[:-2] in text
        assert 'route="honest"' in text
        assert "allowed are 1e-08" in text
        # Not looked at, not found.
        assert leave_one_out(Ridge(), *data, verify=0).exact


def test_a_lie_below_the_tolerance(data: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(recognise.FAMILIES, "Ridge", Lying(17, 1e-9, leverage=1.0))  # type: ignore[arg-type]
    done = leave_one_out(Ridge(), *data)
    assert 5e-10 < done.largest_difference < 2e-9


def test_a_lie_about_every_sample_is_found_at_random(data: Any) -> None:
    found = sum(
        sample in samples_to_check(20, np.zeros(60), np.zeros(60, dtype=bool), 3)
        for sample in range(60)
    )
    assert found == 25


def test_a_family_that_gives_up_is_followed_by_n_fits(
    data: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class GivesUp(Lying):
        def held_out(self, problem: Problem, method: str) -> HeldOut:
            raise NotExact("too hard")

    class HoldsForNobody(Lying):
        def held_out(self, problem: Problem, method: str) -> HeldOut:
            nobody = np.ones(60, dtype=bool)
            return HeldOut(np.full(60, np.nan), nobody, np.zeros(60), 1e-8, True, "made up")

    for family, reason in (
        (GivesUp(0, 0.0), "too hard"),
        (HoldsForNobody(0, 0.0), "the formula holds for no sample"),
    ):
        monkeypatch.setitem(recognise.FAMILIES, "Ridge", family)  # type: ignore[arg-type]
        done = leave_one_out(Ridge(), *data)
        assert done.path == f"honest: 60 fits (a family that lies: {reason})"
        np.testing.assert_array_equal(done.predictions, brute_force(Ridge(), *data))


def test_samples_for_which_the_formula_fails_are_refitted(
    data: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class HalfTrue(Lying):
        def held_out(self, problem: Problem, method: str) -> HeldOut:
            held = super().held_out(problem, method)
            held.refit[[3, 9]] = True
            held.outputs[[3, 9]] = np.nan
            return held

    monkeypatch.setitem(recognise.FAMILIES, "Ridge", HalfTrue(0, 0.0))  # type: ignore[arg-type]
    done = leave_one_out(Ridge(), *data)
    assert done.refitted.tolist() == [3, 9]
    assert not {3, 9} & set(done.checked.tolist())
    assert "2 of 60 samples by real fits" in done.path
    np.testing.assert_array_equal(done.predictions, brute_force(Ridge(), *data))


def test_the_choice_depends_on_the_shape_alone() -> None:
    nobody = np.zeros(500, dtype=bool)
    pull = np.arange(500.0)
    first = samples_to_check(20, pull, nobody, 7)
    assert len(first) == 25
    assert set(first[-5:].tolist()) == {495, 496, 497, 498, 499}
    np.testing.assert_array_equal(first, samples_to_check(20, pull * 3, nobody, 7))
    assert first.tolist() != samples_to_check(20, pull, nobody, 8).tolist()
    assert len(samples_to_check(0, pull, nobody, 7)) == 0
    assert samples_to_check(9, pull[:3], nobody[:3], 7).tolist() == [0, 1, 2]


def test_leverage_that_is_no_number_is_looked_at_first() -> None:
    pull = np.zeros(100)
    pull[50] = np.nan
    assert 50 in samples_to_check(1, pull, np.zeros(100, dtype=bool), 2)


def held(outputs: Any, tolerance: float = 1e-6, *, relative: bool = False) -> HeldOut:
    values = np.asarray(outputs)
    n = len(values)
    return HeldOut(values, np.zeros(n, dtype=bool), np.zeros(n), tolerance, relative, "so")


@pytest.mark.parametrize(
    ("ours", "theirs", "agree"),
    [
        ([[0.25, 0.75]], [[0.25 + 9e-7, 0.75 - 9e-7]], True),
        ([[0.25, 0.75]], [[0.25 + 2e-6, 0.75 - 2e-6]], False),
        ([[0.25, 0.75]], [[np.nan, 0.75]], False),
        ([[0.25, 0.75]], [[1.0]], False),
        (["a"], ["a"], True),
        (["a"], ["b"], False),
        ([-np.inf], [-np.inf], True),
    ],
)
def test_agreement(ours: Any, theirs: Any, agree: bool) -> None:
    samples, truth = np.array([0]), [np.asarray(theirs)]
    if agree:
        require_agreement(held(ours), samples, truth, family="f", size=1.0)
    else:
        with pytest.raises(FoldGuardError, match=r"sample 0: .*f gives"):
            require_agreement(held(ours), samples, truth, family="f", size=1.0)


def test_relative_to_the_largest_of_a_column() -> None:
    ours = held([[1e6, 1.0], [0.0, 0.5]], 1e-8, relative=True)
    truth = [np.array([[0.001, 0.5]])]
    assert require_agreement(ours, np.array([1]), truth, family="f", size=0.0) == 1e-9
    with pytest.raises(FoldGuardError):
        require_agreement(ours, np.array([1]), [np.array([[0.0, 0.501]])], family="f", size=0.0)


def test_classes_are_compared_as_they_are(data: Any) -> None:
    X, _ = data
    y = np.array(["x", "y", "z"])[np.arange(60) % 3]
    done = leave_one_out(KNeighborsClassifier(), X, y)
    assert done.largest_difference == 0.0
    assert done.predictions.dtype == y.dtype
