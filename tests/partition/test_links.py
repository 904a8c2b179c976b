from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from fold_guard.partition.links import FREE, fewest_links, torn_units
from fold_guard.partition.units import connected_units


def together(keys: list[np.ndarray], held: np.ndarray, out: tuple[int, ...]) -> bool:
    """Whether two folds are linked when some rows are out; by merging sets."""
    rows = [i for i in range(len(held)) if i not in out]
    units: list[set[int]] = [{i} for i in rows]
    for key in keys:
        for value in {int(key[i]) for i in rows} - {-1}:
            sharing = {i for i in rows if key[i] == value}
            merged = set().union(*(unit for unit in units if unit & sharing))
            units = [unit for unit in units if not unit & sharing] + [merged]
    return any(len({int(held[i]) for i in unit} - {FREE}) > 1 for unit in units)


def story(seed: int) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Old rows of eight units in four folds, and new rows with two random keys."""
    rng = np.random.default_rng(seed)
    n_old, n_new = int(rng.integers(6, 12)), int(rng.integers(3, 9))
    unit = rng.permutation(np.arange(n_old) % 8)
    fold_of = rng.integers(0, 4, 8)
    patient = np.concatenate([unit, rng.integers(-1, 12, n_new)])
    houses = np.where(rng.random(n_old) < 0.3, unit + 10, -1)
    house = np.concatenate(
        [houses, np.where(rng.random(n_new) < 0.8, rng.integers(0, 8, n_new), -1)]
    )
    held = np.concatenate([fold_of[unit], np.full(n_new, FREE)])
    return [patient, house], held, np.arange(n_old + n_new) < n_old


def left_out(keys: list[np.ndarray], held: np.ndarray, fixed: np.ndarray) -> tuple[int, ...]:
    units = connected_units(len(held), keys)
    return tuple(link.row for link in fewest_links(keys, units, held, fixed, np.arange(len(held))))


def test_what_is_left_out_is_enough_and_every_row_of_it_is_needed() -> None:
    torn = least = 0
    total = [0, 0]
    for seed in range(600):
        keys, held, fixed = story(seed)
        out = left_out(keys, held, fixed)
        assert not together(keys, held, out)
        assert not fixed[list(out)].any()
        for row in out:
            assert together(keys, held, tuple(set(out) - {row}))
        if not out:
            assert not together(keys, held, ())
            continue
        torn += 1
        fewest = next(
            size
            for size in range(1, len(out) + 1)
            if any(
                not together(keys, held, each)
                for each in combinations(np.flatnonzero(~fixed).tolist(), size)
            )
        )
        least += len(out) == fewest
        total = [total[0] + len(out), total[1] + fewest]
    # It is a heuristic: nearly always there is no shorter list.
    assert torn > 80
    assert least / torn > 0.97
    assert total[0] <= 1.02 * total[1]


def test_the_larger_side_of_a_new_unit_stays() -> None:
    # New patient 9: four rows in house 0 (fold 0), one in house 1 (fold 1).
    patient = np.array([0, 1, 9, 9, 9, 9, 9])
    house = np.array([0, 1, 1, 0, 0, 0, 0])
    held = np.array([0, 1, *[FREE] * 5])
    assert left_out([patient, house], held, np.arange(7) < 2) == (2,)


def test_a_hub_between_many_folds_goes_alone() -> None:
    # Row 4 shares a key with new rows that each lean on another fold.
    patient = np.array([0, 1, 2, 3, 9, 9, 9, 9])
    house = np.array([0, 1, 2, 3, -1, 0, 1, 2])
    held = np.array([0, 1, 2, 3, *[FREE] * 4])
    # Of the three that carry patient 9 into houses of three folds, two have to go.
    assert len(left_out([patient, house], held, np.arange(8) < 4)) == 2
    chain = [np.array([0, 1, 0, 5, 1]), np.array([-1, -1, 7, 7, 7])]
    held = np.array([0, 1, FREE, FREE, FREE])
    assert len(left_out(chain, held, np.arange(5) < 2)) == 1


def test_a_changed_old_row_that_links_is_named_with_its_own_fold() -> None:
    patient = np.array([0, 1, 1])
    held = np.array([0, 1, 0])
    units = connected_units(3, [patient])
    fixed = np.array([True, True, False])
    [link] = fewest_links([patient], units, held, fixed, np.arange(3))
    assert (link.row, link.ends) == (2, ((0, 1), (-1, 0)))


@pytest.mark.parametrize(
    ("units", "held", "torn"),
    [
        ([0, 0, 1], [0, 1, 0], [0]),
        ([0, 0, 1], [0, FREE, 1], []),
        ([0, 0, 1], [-1, 0, 1], [0]),
        ([0, 0, 1], [-2, 0, 1], []),
        ([], [], []),
    ],
)
def test_torn_units(units: list[int], held: list[int], torn: list[int]) -> None:
    """Fold -1 always trains, and so is a fold; -2 is in no round, and is none."""
    found = torn_units(np.array(units, dtype=np.int64), np.array(held, dtype=np.int64))
    assert found.tolist() == torn
