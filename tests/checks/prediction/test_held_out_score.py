from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.metrics import r2_score, roc_auc_score

from fold_guard.checks.prediction.held_out_score import (
    Parts,
    Tally,
    attainable_auc,
    r_squared,
    roc_auc,
)

Array = npt.NDArray[np.float64]


def tally_of(
    bins: npt.NDArray[np.int64],
    label: Array,
    folds: npt.NDArray[np.int64],
    *,
    ordered: bool,
    missing: int | None = None,
    forward: bool = False,
) -> Tally:
    parts = Parts.of_folds(folds, forward=forward)
    rows = np.zeros((parts.n + 1, bins.max() + 1))
    sums = np.zeros((parts.n + 1, bins.max() + 1, 1))
    for part, b, value in zip(parts.codes, bins, label, strict=True):
        if part <= parts.n:
            rows[part, b] += 1
            sums[part, b, 0] += value
    return Tally(rows, sums, forward, ordered, missing)


def predicted(
    bins: npt.NDArray[np.int64],
    label: Array,
    train: npt.NDArray[np.bool_],
    *,
    ordered: bool,
    missing: int | None,
    prior: float = 1.0,
) -> Array:
    """Predict every row from train rows, bin by bin, in plain words."""
    mean = label[train].sum() / train.sum()
    seen = [b for b in range(bins.max() + 1) if (train & (bins == b)).any()]
    found = {}
    for b in range(bins.max() + 1):
        near = b
        candidates = [s for s in seen if s != missing]
        if ordered and b not in seen and b != missing and candidates:
            near = min(candidates, key=lambda s: (abs(s - b), s))
        inside = train & (bins == near)
        found[b] = (label[inside].sum() + prior * mean) / (inside.sum() + prior)
    return np.array([found[b] for b in bins])


@pytest.mark.parametrize("forward", [False, True])
@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("n_bins", [2, 12, 90])
def test_the_area_is_that_of_scikit_learn(n_bins: int, *, ordered: bool, forward: bool) -> None:
    for seed in range(5):
        draw = np.random.default_rng(seed)
        bins = draw.integers(0, n_bins, 120)
        bins[0] = n_bins - 1
        label = (draw.random(120) < 0.2 + 0.6 * bins / n_bins).astype(float)
        folds = draw.integers(-2, 4, 120)
        missing = n_bins - 1 if seed % 2 else None
        tally = tally_of(bins, label, folds, ordered=ordered, missing=missing, forward=forward)
        areas, pairs = [], []
        for fold in range(1 if forward else 0, 4):
            test = folds == fold
            train = (folds >= 0) & (folds < fold) if forward else (folds != fold) & (folds != -2)
            guess = predicted(bins, label, train, ordered=ordered, missing=missing)
            areas.append(roc_auc_score(label[test], guess[test]))
            pairs.append(label[test].sum() * (1 - label[test]).sum())
        found = roc_auc(tally).values[0]
        assert found == pytest.approx(np.average(areas, weights=pairs), abs=1e-12)


def test_r_squared_is_that_of_scikit_learn() -> None:
    for seed in range(5):
        draw = np.random.default_rng(seed)
        bins = draw.integers(0, 9, 200)
        bins[0] = 8
        label = np.rint(bins * 3 + 10 * draw.normal(size=200))
        folds = draw.integers(-1, 3, 200)
        tally = tally_of(bins, label, folds, ordered=False)
        squares = np.array(
            [(label[folds == fold] ** 2).sum() for fold in range(3)]
            + [(label[folds == -1] ** 2).sum()]
        )
        scores, weights = [], []
        for fold in range(3):
            test = folds == fold
            guess = predicted(bins, label, ~test, ordered=False, missing=None, prior=0.1)
            scores.append(r2_score(label[test], guess[test]))
            weights.append(((label[test] - label[test].mean()) ** 2).sum())
        found = r_squared(tally, squares).values[0]
        assert found == pytest.approx(np.average(scores, weights=weights), abs=1e-9)


def test_a_row_is_never_predicted_from_its_own_fold() -> None:
    folds = np.arange(60)
    parts = Parts.of_folds(folds)
    assert parts.n == 5
    assert np.bincount(parts.codes).tolist() == [12] * 5
    # Each bin holds one row: from its own fold it would be told without fault.
    tally = tally_of(folds, (folds % 2).astype(float), folds, ordered=False)
    assert roc_auc(tally).values.tolist() == [0.5]


def test_every_fifth_fold_is_joined_to_one_part() -> None:
    parts = Parts.of_folds(np.array([-2, -1, *range(11)]))
    assert parts.codes.tolist() == [6, 5, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0]


def test_missing_values_are_no_neighbours() -> None:
    # Bin 2 has no train row; bin 3, of missing values, lies nearer than bin 0.
    rows = np.array([[0.0, 0, 1, 1], [4, 0, 0, 4], [0, 0, 0, 0]])
    sums = np.array([[0.0, 0, 0, 0], [4, 0, 0, 0], [0, 0, 0, 0]])[:, :, None]
    found, _ = Tally(rows, sums, ordered=True, missing=3).predicted(1.0)
    assert found[0, :, 0].tolist() == [0.9, 0.9, 0.9, 0.1]


def test_folds_in_time_are_joined_to_neighbours() -> None:
    parts = Parts.of_folds(np.array([-2, -1, *range(11)]), forward=True)
    assert parts.codes.tolist() == [6, 6, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


def test_fold_numbers_may_have_gaps() -> None:
    assert Parts.of_folds(np.array([7, 3, -1, 3])).codes.tolist() == [1, 0, 2, 0]


def test_no_class_is_told_where_each_part_has_one_alone() -> None:
    tally = tally_of(
        np.array([0, 0, 1, 1]), np.array([1.0, 1, 0, 0]), np.array([0, 0, 1, 1]), ordered=False
    )
    assert np.isnan(roc_auc(tally).values).all()
    assert attainable_auc(Tally(tally.rows[:, :1], tally.sums[:, :1])) == 0


@pytest.mark.parametrize("positives", [3, 10, 40])
def test_chance_stays_below_the_bound(positives: int) -> None:
    """Of features that tell nothing, hardly any is two standard errors above one half."""
    above = 0
    for seed in range(150):
        draw = np.random.default_rng(seed)
        label = np.zeros(200)
        label[:positives] = 1
        folds = draw.permutation(200) % 5
        above += roc_auc(tally_of(draw.integers(0, 8, 200), label, folds, ordered=True)).lower[
            0
        ] > (0.5)
    assert above / 150 < 0.07


def test_the_error_is_that_of_hanley_and_mcneil() -> None:
    # One part with 6 and 9 rows, ranked by chance; the formula by its definition in the paper.
    bins, label = np.zeros(30, dtype=np.int64), np.array(([1.0] * 6 + [0.0] * 9) * 2)
    folds = np.array([0] * 15 + [-1] * 15)
    found = roc_auc(tally_of(bins, label, folds, ordered=False))
    q1, q2 = 0.5 / 1.5, 2 * 0.25 / 1.5
    error = np.sqrt((0.25 + 5 * (q1 - 0.25) + 8 * (q2 - 0.25)) / 54)
    assert found.lower[0] == pytest.approx(0.5 - 2 * error, abs=1e-12)
