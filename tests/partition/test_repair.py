"""The fewest rows moved, against every assignment there is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from fold_guard.errors import InfeasibleError
from fold_guard.partition.repair import gather_units, rows_to_gather


def story(seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Few units, some hardly torn, some folds with next to nothing in them."""
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 5))
    n_units = int(rng.integers(k, 7))
    rows = int(rng.integers(n_units, 16))
    units = np.concatenate([np.arange(n_units), rng.integers(0, n_units, rows - n_units)])
    weights = rng.dirichlet(np.full(k, 0.5))
    folds = rng.choice(k, rows, p=weights)
    if seed % 3 == 0:
        folds = np.where(rng.random(rows) < 0.3, -1, folds)
    if seed % 4 == 0:
        folds = np.where(rng.random(rows) < 0.2, -2, folds)
    return units, folds, k


def cheapest(units: np.ndarray, folds: np.ndarray, k: int) -> int | None:
    """Try every fold for every unit that is tested somewhere."""
    torn = [u for u in np.unique(units).tolist() if (folds[units == u] >= 0).any()]
    best: int | None = None
    for choice in product(range(-1, k), repeat=len(torn)):
        if not set(range(k)) <= set(choice):
            continue
        cost = 0
        for unit, to in zip(torn, choice, strict=True):
            mine = folds[(units == unit) & (folds != -2)]
            cost += int((mine != to).sum())
        best = cost if best is None else min(best, cost)
    return best


def assert_clean(units: np.ndarray, before: np.ndarray, after: np.ndarray, k: int) -> None:
    assert set(range(k)) <= set(after.tolist())
    assert ((after == -2) == (before == -2)).all()
    for unit in np.unique(units):
        mine = units == unit
        assert len(set(after[mine & (before != -2)].tolist())) <= 1
        if not (before[mine] >= 0).any():
            assert (after[mine] == before[mine]).all()


def test_no_assignment_moves_fewer_rows() -> None:
    filled = infeasible = 0
    for seed in range(400):
        units, folds, k = story(seed)
        least = cheapest(units, folds, k)
        if least is None:
            infeasible += 1
            with pytest.raises(InfeasibleError):
                gather_units(units, folds, k)
            continue
        after = gather_units(units, folds, k)
        assert_clean(units, folds, after, k)
        assert int((after != folds).sum()) == rows_to_gather(units, folds, k) == least
        apart = sum(
            min(int((folds[(units == u) & (folds != -2)] != f).sum()) for f in range(-1, k))
            for u in np.unique(units)
            if (folds[units == u] >= 0).any()
        )
        filled += least > apart
    # The instances ask for both hard cases.
    assert filled > 40
    assert infeasible > 5


def test_a_chain_is_cheaper_than_a_whole_unit() -> None:
    # Fold 2 is empty-handed: unit 0 has nearly half its rows there, and unit 1 can take its place
    # in fold 0 for one row; the two units of fold 1 are large.
    units = np.repeat([0, 1, 2, 3], [9, 9, 20, 20])
    folds = np.concatenate([[0] * 5 + [2] * 4, [1] * 5 + [0] * 4, [1] * 40])
    after = gather_units(units, folds, 3)
    assert [int(after[units == u][0]) for u in range(4)] == [2, 0, 1, 1]
    assert int((after != folds).sum()) == cheapest(units, folds, 3) == 10


def test_what_is_clean_stays_as_it_is() -> None:
    folds = np.array([0, 0, 1, 1, -1, -2])
    assert gather_units(np.array([0, 0, 1, 1, 2, 2]), folds, 2).tolist() == folds.tolist()


@pytest.mark.parametrize(("test_rows", "to"), [(1, -1), (2, -1), (3, 1)])
def test_fewest_rows_decide_between_training_and_testing(test_rows: int, to: int) -> None:
    # Two of the unit's rows always train; one excluded row has no say.
    units = np.array([0, 1, 1, *[2] * (test_rows + 3)])
    folds = np.array([0, 1, 1, -1, -1, -2, *[1] * test_rows])
    after = gather_units(units, folds, 2)
    assert after[3:].tolist() == [to, to, -2, *[to] * test_rows]


def test_ties_are_decided_for_balance() -> None:
    # 60 pairs torn between two folds, of two classes, whichever way their numbers run.
    units = np.repeat(np.arange(60), 2)
    folds = np.tile([0, 1], 60)
    classes = np.repeat(np.arange(60) % 2, 2)
    after = gather_units(units, folds, 2, classes)
    for fold in (0, 1):
        for each in (0, 1):
            assert int(((after == fold) & (classes == each)).sum()) == 30


def test_ties_do_not_depend_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(5)
    units = np.concatenate([np.arange(40), rng.integers(0, 40, 160)])
    folds, classes = rng.integers(0, 4, 200), rng.integers(-1, 3, 200)
    after = gather_units(units, folds, 4, classes)
    order = rng.permutation(200)
    assert (gather_units(units[order], folds[order], 4, classes[order]) == after[order]).all()


def test_evening_out_costs_nothing_and_helps() -> None:
    gained = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        units = np.concatenate([np.arange(50), rng.integers(0, 50, 100)])
        folds, classes = rng.integers(0, 3, 150), rng.integers(0, 2, 150)
        after = gather_units(units, folds, 3, classes)
        assert int((after != folds).sum()) == rows_to_gather(units, folds, 3)
        # The same with every tie to the lowest fold.
        plain = folds.copy()
        for unit in range(50):
            plain[units == unit] = np.bincount(folds[units == unit], minlength=3).argmax()
        spread = [int(np.bincount(each, minlength=3).std() * 100) for each in (after, plain)]
        assert spread[0] <= spread[1]
        gained += spread[0] < spread[1]
    assert gained > 50


def test_a_fold_without_any_row_is_filled() -> None:
    # Folds 0 and 2: nothing was ever in fold 1.
    units, folds = np.array([0, 0, 1, 2, 2]), np.array([0, 0, 0, 2, 2])
    after = gather_units(units, folds, 3)
    assert after.tolist() == [0, 0, 1, 2, 2]


def test_too_few_units_say_how_many_folds_there_can_be() -> None:
    with pytest.raises(InfeasibleError, match="2 units have rows") as caught:
        gather_units(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 2, 1, -1]), 3)
    assert "n_splits <= 2" in caught.value.remedy
    with pytest.raises(InfeasibleError, match="hangs together"):
        rows_to_gather(np.zeros(4, dtype=np.int64), np.array([0, 1, 0, 1]), 2)
