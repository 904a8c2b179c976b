from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from fold_guard.crossval.intervals.nested import Dealing, nested_interval, pairs
from tests.crossval.intervals.simulated import logistic


def by_the_paper(each: Dealing, confidence: float) -> tuple[float, float, float, float]:
    """Algorithm 1 in plain loops: estimate, half width by the squared error, bias, plain error."""
    rows, k = range(len(each.folds)), int(each.folds.max()) + 1
    a, b, inner_all = [], [], []
    for fold in range(k):
        out = [each.outer[r] for r in rows if each.folds[r] == fold]
        inner = [each.inner[r, fold] for r in rows if each.folds[r] != fold]
        inner_all += inner
        a.append((sum(inner) / len(inner) - sum(out) / len(out)) ** 2)
        b.append(np.var(out, ddof=1) / len(out))
    squared = sum(a) / k - sum(b) / k
    estimate = sum(inner_all) / len(inner_all)
    bias = (1 + (k - 2) / k) * (estimate - each.outer.mean())
    quantile = stats.t.ppf(0.5 + confidence / 2, k - 1)
    half = quantile * math.sqrt((k - 1) / k * squared) if squared > 0 else math.nan
    plain = quantile * each.outer.std(ddof=1) / math.sqrt(len(each.outer))
    return estimate - bias, half, bias, plain


def test_against_plain_loops() -> None:
    draw, random = logistic(60, k=6, p=6).draw, np.random.default_rng(2)
    between = 0
    for _ in range(40):
        dealing = draw(random).dealing
        assert dealing is not None
        estimate, half, bias, plain = by_the_paper(dealing, 0.9)
        band = nested_interval([dealing], confidence=0.9)
        assert (band.estimate, band.bias) == pytest.approx((estimate, bias), abs=1e-12)
        found = (band.high - band.low) / 2
        wanted = plain if math.isnan(half) else min(max(half, plain), math.sqrt(6) * plain)
        assert found == pytest.approx(wanted)
        assert band.inflation == pytest.approx(found / plain)
        assert math.isnan(band.measured_inflation) == math.isnan(half)
        between += plain < found < math.sqrt(6) * plain
    # Held at neither limit in many of them, else nothing was compared.
    assert between >= 10


def test_what_stands_at_the_own_fold_is_not_looked_at() -> None:
    dealing = logistic(60, k=6, p=6).draw(np.random.default_rng(2)).dealing
    assert dealing is not None
    filled = np.where(np.isnan(dealing.inner), 1e9, dealing.inner)
    other = Dealing(dealing.folds, dealing.outer, filled)
    assert nested_interval([other]) == nested_interval([dealing])


def test_the_bias_of_fewer_rows_is_taken_off() -> None:
    """A loss of 1 + c/n in the mean: what is left is the loss at all n rows."""
    n, k, c = 120, 6, 30.0
    folds = np.arange(n) % k
    noise = np.random.default_rng(0).normal(size=n)
    noise -= noise.mean()
    outer = 1 + c / (n * (k - 1) / k) + noise
    inner = np.repeat((1 + c / (n * (k - 2) / k) + noise)[:, None], k, axis=1)
    inner[np.arange(n), folds] = np.nan
    band = nested_interval([Dealing(folds, outer, inner)])
    assert band.estimate == pytest.approx(1 + c / n)
    assert band.bias == pytest.approx(c / (n * (k - 2) / k) - c / n)


def test_repeats_are_averaged_and_narrow_student_s_t() -> None:
    draw, random = logistic(60, k=6, p=6).draw, np.random.default_rng(7)
    dealing = draw(random).dealing
    assert dealing is not None
    once, thrice = nested_interval([dealing]), nested_interval([dealing] * 3)
    assert thrice.estimate == pytest.approx(once.estimate)
    widths = [band.high - band.low for band in (once, thrice)]
    assert widths[1] / widths[0] == pytest.approx(stats.t.ppf(0.975, 15) / stats.t.ppf(0.975, 5))


def test_rows_of_one_unit_are_no_evidence_of_each_other() -> None:
    """Every row four times over, as units of four: nothing more is known than from one each."""
    dealing = logistic(60, k=6, p=6).draw(np.random.default_rng(3)).dealing
    assert dealing is not None
    units = np.repeat(np.arange(60), 4)
    copied = Dealing(
        *(np.repeat(x, 4, axis=0) for x in (dealing.folds, dealing.outer, dealing.inner))
    )
    whole = Dealing(copied.folds, copied.outer, copied.inner, units)
    alone, known, naive = (nested_interval([each]) for each in (dealing, whole, copied))
    assert known.estimate == pytest.approx(alone.estimate)
    assert known.high - known.low == pytest.approx(alone.high - alone.low)
    assert naive.high - naive.low != pytest.approx(alone.high - alone.low)


def test_pairs_are_one_fit_for_each_two_folds() -> None:
    assert len(list(pairs(10))) == 45
    assert set(pairs(4)) == {(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)}


def test_what_cannot_be_computed_raises() -> None:
    folds, outer = np.arange(12) % 3, np.arange(12) * 0.1
    inner = np.repeat(outer[:, None], 3, axis=1)
    good = Dealing(folds, outer, inner)
    holes = np.where(inner > 1, np.nan, inner)
    for bad, says in [
        ([], "at least one dealing"),
        ([Dealing(folds % 2, outer, inner[:, :2])], "at least 3 folds"),
        ([Dealing(folds, outer[:9], inner)], "as many losses"),
        ([Dealing(folds + 1, outer, inner)], "numbered 0 to 2"),
        ([Dealing(folds, outer, holes)], "finite"),
        ([Dealing(np.array([0] + [1, 2] * 5 + [1]), outer, inner)], "two rows in each fold"),
        ([Dealing(folds, outer, inner, folds)], "two units in each fold"),
        ([good, Dealing(folds, outer, inner[:, :2])], "as many columns as folds"),
    ]:
        with pytest.raises(ValueError, match=says):
            nested_interval(bad)
